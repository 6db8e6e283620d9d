/*
 * ggufbuild.h - GGUF files of metadata alone, made in memory
 *
 *     struct ggufbuild g = { 0 };
 *     ggufbuild_str(&g, "tokenizer.ggml.model", "gpt2");
 *     struct weights *w = ggufbuild_read(&g, &e);        then weights_meta(w)
 *     weights_close(w);
 *     ggufbuild_free(&g);
 */
#ifndef TESTS_UNIT_GGUFBUILD_H
#define TESTS_UNIT_GGUFBUILD_H

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "format/gguf.h"
#include "format/weights_build.h"

struct ggufbuild {
    struct buf pairs, file;
    uint64_t n;
};

static inline void
ggufbuild_number(struct buf *b, int n, uint64_t v)
{
    for (int i = 0; i < n; i++, v >>= 8)
        buf_char(b, (char)(v & 255));
}

static inline void
ggufbuild_text(struct buf *b, struct str s)
{
    ggufbuild_number(b, 8, s.n);
    buf_str(b, s);
}

static inline void
ggufbuild_key(struct ggufbuild *g, const char *key, enum meta_type type)
{
    ggufbuild_text(&g->pairs, str_of(key));
    ggufbuild_number(&g->pairs, 4, type);
    g->n++;
}

static inline void
ggufbuild_str(struct ggufbuild *g, const char *key, const char *value)
{
    ggufbuild_key(g, key, META_STRING);
    ggufbuild_text(&g->pairs, str_of(value));
}

static inline void
ggufbuild_u32(struct ggufbuild *g, const char *key, uint32_t value)
{
    ggufbuild_key(g, key, META_U32);
    ggufbuild_number(&g->pairs, 4, value);
}

static inline void
ggufbuild_bool(struct ggufbuild *g, const char *key, int value)
{
    ggufbuild_key(g, key, META_BOOL);
    ggufbuild_number(&g->pairs, 1, (uint64_t)value);
}

/* n strings that lie in `all` as ggufbuild_text() writes them. */
static inline void
ggufbuild_strs(struct ggufbuild *g, const char *key, const struct buf *all, size_t n)
{
    ggufbuild_key(g, key, META_ARRAY);
    ggufbuild_number(&g->pairs, 4, META_STRING);
    ggufbuild_number(&g->pairs, 8, n);
    buf_add(&g->pairs, all->p, all->n);
}

static inline void
ggufbuild_i32s(struct ggufbuild *g, const char *key, const int32_t *v, size_t n)
{
    ggufbuild_key(g, key, META_ARRAY);
    ggufbuild_number(&g->pairs, 4, META_I32);
    ggufbuild_number(&g->pairs, 8, n);
    for (size_t i = 0; i < n; i++)
        ggufbuild_number(&g->pairs, 4, (uint32_t)v[i]);
}

static inline void
ggufbuild_f32s(struct ggufbuild *g, const char *key, const float *v, size_t n)
{
    uint32_t bits;

    ggufbuild_key(g, key, META_ARRAY);
    ggufbuild_number(&g->pairs, 4, META_F32);
    ggufbuild_number(&g->pairs, 8, n);
    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, &v[i], sizeof bits);
        ggufbuild_number(&g->pairs, 4, bits);
    }
}

/* The file, read; its bytes are g's. NULL: refused. */
static inline struct weights *
ggufbuild_read(struct ggufbuild *g, struct err *e)
{
    struct weights *w = weights_new("memory");

    g->file.n = 0;
    buf_puts(&g->file, "GGUF");
    ggufbuild_number(&g->file, 4, 3);
    ggufbuild_number(&g->file, 8, 0);
    ggufbuild_number(&g->file, 8, g->n);
    buf_add(&g->file, g->pairs.p, g->pairs.n);
    if (gguf_read(w, (unsigned char *)g->file.p, g->file.n, e) == 0)
        return w;
    weights_close(w);
    return NULL;
}

static inline void
ggufbuild_free(struct ggufbuild *g)
{
    buf_free(&g->pairs);
    buf_free(&g->file);
    g->n = 0;
}

#endif
