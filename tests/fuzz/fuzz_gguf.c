/* fuzz_gguf.c - a GGUF file of any bytes: read it, its tensors and its values */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/gguf.h"
#include "format/weights_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static volatile unsigned sink; /* so that the reads are not dropped */

static void
read_tensor(const struct weight *t)
{
    size_t block, bytes;
    float v[256];

    if (t->type == QUANT_TYPES) {
        if (t->bytes > 0)
            sink += ((const unsigned char *)t->data)[t->bytes - 1];
        return;
    }
    block = quant_block(t->type);
    bytes = quant_bytes(t->type, block);
    if (t->bytes % bytes)
        abort();
    for (size_t k = 0; k < t->bytes / bytes; k++) {
        quant_to_f32(t->type, (const char *)t->data + k * bytes, v, block);
        sink += v[block - 1] > 0;
    }
}

static void
read_array(const struct meta_value *value)
{
    struct meta_array a = meta_walk(value);
    struct str s;
    int64_t i;
    double d;

    if (value->of == META_STRING)
        while (meta_next_str(&a, &s))
            sink += s.n > 0 ? (unsigned char)s.p[s.n - 1] : 0;
    else if (value->of == META_F32 || value->of == META_F64)
        while (meta_next_double(&a, &d))
            sink += d > 0;
    else if (value->of != META_BOOL)
        while (meta_next_int(&a, &i))
            sink += i > 0;
}

static void
read_value(const struct meta *m, const struct meta_item *item)
{
    uint64_t u;
    double d;
    int neg;

    if (item->value.type == META_ARRAY)
        read_array(&item->value);
    else if (item->value.type == META_STRING)
        sink += item->value.n > 0 ? item->value.p[item->value.n - 1] : 0;
    else if (!meta_get_int(&item->value, &u, &neg) &&
             !meta_get_double(&item->value, &d))
        sink += item->value.p[0];
    if (meta_count(m) == 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct weights *w = weights_new("fuzz");
    struct err e = { 0 };
    const struct meta *m;

    if (gguf_read(w, p, n, &e) == 0) {
        m = weights_meta(w);
        for (size_t i = 0; i < weights_count(w); i++)
            read_tensor(weights_at(w, i));
        for (size_t i = 0; i < meta_count(m); i++)
            read_value(m, meta_at(m, i));
    } else if (e.code != ERR_MODEL || e.msg[0] == '\0')
        abort();
    weights_close(w);
    return 0;
}
