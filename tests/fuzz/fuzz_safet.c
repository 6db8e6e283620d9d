/* fuzz_safet.c - a safetensors file of any bytes: read it, then read every tensor */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/safet.h"
#include "format/weights_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static volatile float sink; /* so that the reads are not dropped */

static void
read_all(const struct weights *w)
{
    for (size_t i = 0; i < weights_count(w); i++) {
        const struct weight *t = weights_at(w, i);
        struct err e;
        float v;
        char name[64];

        if (t->type == QUANT_TYPES)
            continue;
        for (size_t k = 0, one = quant_bytes(t->type, 1); k < t->bytes / one; k++) {
            quant_to_f32(t->type, (const char *)t->data + k * one, &v, 1);
            sink = v;
        }
        if (t->name.n >= sizeof name)
            continue;
        memcpy(name, t->name.p, t->name.n);
        name[t->name.n] = '\0';
        if (strlen(name) == t->name.n &&
            weights_get(w, name, t->n_dim, t->dim, &e) != t)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct weights *w = weights_new("fuzz");
    struct err e = { 0 };

    if (safet_read(w, p, n, &e) == 0)
        read_all(w);
    else if (e.code != ERR_MODEL || e.msg[0] == '\0')
        abort();
    weights_close(w);
    return 0;
}
