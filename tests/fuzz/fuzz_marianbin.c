/* fuzz_marianbin.c - a Marian model of any bytes: read it, then every tensor */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/marianbin.h"
#include "format/yamlkeys.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static volatile float sink; /* so that the reads are not dropped */

/* The first and the last row, both ways; rows too long for us are left out. */
static void
read_tensor(const struct marianbin_tensor *t)
{
    static float row[1 << 16];

    if (t->type == MARIANBIN_BYTES)
        return;
    if (t->cols <= 1 << 16) {
        marianbin_row(t, 0, row);
        marianbin_row(t, t->rows - 1, row);
        sink = row[t->cols - 1];
    }
    if (t->rows <= 1 << 16) {
        marianbin_output(t, 0, row);
        marianbin_output(t, t->cols - 1, row);
        sink = row[t->rows - 1];
    }
}

static void
read_all(const struct marianbin *m)
{
    struct str config = marianbin_config(m);
    struct err e = { 0 };
    struct yamlkeys *y;

    for (size_t i = 0; i < marianbin_count(m); i++)
        read_tensor(marianbin_at(m, i));
    if (config.p == NULL)
        return;
    y = yamlkeys_parse(config, "fuzz", &e);
    if (y == NULL && e.code != ERR_MODEL)
        abort();
    yamlkeys_close(y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct err e = { 0 };
    struct marianbin *m = marianbin_parse(p, n, &e);

    if (m)
        read_all(m);
    else if (e.code != ERR_MODEL || e.msg[0] == '\0')
        abort();
    marianbin_close(m);
    return 0;
}
