/*
 * fuzz_headfile.c - a head file of any bytes: what is read can be written, and is the
 * same when it is read again
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/headfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(int ok)
{
    if (!ok)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct headfile h, again;
    struct err e = { 0 };
    struct buf b = { 0 };
    size_t numbers;

    if (headfile_parse(&h, (const char *)p, n, "head", &e)) {
        check((e.code == ERR_MODEL || e.code == ERR_NOMEM) && e.msg[0] != '\0');
        return 0;
    }
    check(h.n_label >= 2 && h.dim >= 1 && h.n_label * h.dim <= n);
    numbers = h.n_label * h.dim;
    headfile_write(&h, STR("{}"), &b);
    check(headfile_parse(&again, b.p, b.n, "again", &e) == 0);
    check(again.n_label == h.n_label && again.dim == h.dim &&
          again.temperature == h.temperature &&
          memcmp(again.weights, h.weights, numbers * sizeof(float)) == 0 &&
          memcmp(again.bias, h.bias, h.n_label * sizeof(float)) == 0 &&
          (again.word == NULL) == (h.word == NULL));
    for (size_t i = 0; h.word && i < h.dim; i++)
        check(h.word[i].n > 0 && str_eq(again.word[i], h.word[i]));
    headfile_release(&again);
    headfile_release(&h);
    buf_free(&b);
    return 0;
}
