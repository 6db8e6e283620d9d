/* fuzz_yamlkeys.c - settings of any bytes */
#include <stdint.h>
#include <stdlib.h>

#include "format/yamlkeys.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct err e = { 0 };
    struct yamlkeys *y = yamlkeys_parse((struct str){ (const char *)p, n }, "f", &e);
    double x = 1;
    int v = 1;

    if (y == NULL) {
        if (e.code != ERR_MODEL || e.msg[0] == '\0')
            abort();
        return 0;
    }
    if (yamlkeys_int(y, "a", -5, 5, &v, &e) == 0 && (v < -5 || v > 5))
        abort();
    if (yamlkeys_item(y, "a", 2, -5, 5, &v, &e) == 0 && (v < -5 || v > 5))
        abort();
    if (yamlkeys_opt_double(y, "b", 0, 9, &x, &e) == 0 && !(x >= 0 && x <= 9))
        abort();
    yamlkeys_close(y);
    return 0;
}
