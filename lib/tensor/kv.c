/*
 * kv.c - the keys and values that a sequence remembers, and attention to them
 *
 * A block has for each layer, in this order,
 *     keys    [n_kv][KV_BLOCK / nr][dim][nr]            panels of a product in f32
 *     values  [n_kv][panels of dim][KV_BLOCK][nr]
 *     scales  [2][n_kv][KV_BLOCK] f32                    KV_I8: of keys, of values
 * with nr columns as the level's gemm_f32 wants them, so that a panel becomes f32 in one
 * sweep and is multiplied as it is.
 */
#include "tensor/kv.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

/* Positions whose queries of one key head are worked on together */
#define TILE 32

static const char *const names[KV_TYPES] = { "f16", "i8", "f32" };

const char *
kv_name(enum kv_type type)
{
    return names[type];
}

int
kv_find(const char *name)
{
    for (int i = 0; i < KV_TYPES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* ---- the layout ---- */

/* Elements, not bytes */
struct layout {
    size_t nr, panels;    /* of a head's values */
    size_t key, value;    /* of one head */
    size_t size;          /* bytes of an element */
    size_t scales, layer; /* bytes: where the scales begin, and of all */
};

static struct layout
lay_out(const struct kernels *k, const struct kv_shape *s)
{
    static const size_t sizes[KV_TYPES] = { [KV_F16] = 2, [KV_I8] = 1, [KV_F32] = 4 };
    struct layout l = { .nr = k->gemm_nr, .size = sizes[s->type] };
    size_t scales = s->type == KV_I8 ? mem_mul(2 * KV_BLOCK * 4, s->n_kv) : 0;

    l.panels = (s->dim + l.nr - 1) / l.nr;
    l.key = KV_BLOCK * s->dim;
    l.value = KV_BLOCK * l.panels * l.nr;
    l.scales = mem_mul(mem_mul(l.key + l.value, s->n_kv), l.size);
    l.layer = l.scales > SIZE_MAX - scales ? SIZE_MAX : l.scales + scales;
    return l;
}

size_t
kv_block_bytes(const struct kernels *k, const struct kv_shape *s)
{
    return mem_mul(lay_out(k, s).layer, s->n_layer); /* of 64 tokens: aligned */
}

/* ---- one token ---- */

/* x [n] to 8 bits; returns the scale */
static float
round_i8(const float *x, size_t n, int8_t *q)
{
    float most = 0.0f, times;

    for (size_t i = 0; i < n; i++)
        if (fabsf(x[i]) > most)
            most = fabsf(x[i]);
    times = most > 0.0f ? 127.0f / most : 0.0f;
    for (size_t i = 0; i < n; i++) {
        float y = rintf(x[i] * times);
        q[i] = (int8_t)(y >= -127.0f && y <= 127.0f ? y : 0.0f);
    }
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return NAN;
    return most / 127.0f;
}

/* Copies n elements; those of `to` lie `step` elements apart. */
static void
spread(void *to, size_t step, const void *from, size_t n, size_t size)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if (size == 4)
        for (size_t i = 0; i < n; i++)
            memcpy(t + i * step * 4, f + i * 4, 4);
    else if (size == 2)
        for (size_t i = 0; i < n; i++)
            memcpy(t + i * step * 2, f + i * 2, 2);
    else
        for (size_t i = 0; i < n; i++)
            t[i * step] = f[i];
}

/* x [dim] as the cache holds it, to q; KV_I8: and its scale */
static void
round_row(const struct kernels *k, const struct kv_shape *s, const float *x, void *q,
          float *scale)
{
    if (s->type == KV_F32)
        memcpy(q, x, s->dim * sizeof *x);
    else if (s->type == KV_F16)
        k->f16_put(q, x, s->dim);
    else
        *scale = round_i8(x, s->dim, q);
}

void
kv_put(const struct kernels *k, const struct kv_shape *s, void *const *block,
       size_t layer, size_t at, const float *key, const float *value)
{
    struct layout l = lay_out(k, s);
    unsigned char *to = (unsigned char *)block[at / KV_BLOCK] + layer * l.layer;
    float *scales = (float *)(void *)(to + l.scales);
    size_t t = at % KV_BLOCK, panel = t / l.nr * s->dim * l.nr + t % l.nr;
    float q[KV_MAX_DIM];

    for (size_t h = 0; h < s->n_kv; h++) {
        unsigned char *keys = to + h * l.key * l.size;
        unsigned char *values = to + (s->n_kv * l.key + h * l.value) * l.size;

        round_row(k, s, key + h * s->dim, q, scales + h * KV_BLOCK + t);
        spread(keys + panel * l.size, l.nr, q, s->dim, l.size);
        round_row(k, s, value + h * s->dim, q, scales + (s->n_kv + h) * KV_BLOCK + t);
        for (size_t p = 0; p < l.panels; p++) {
            size_t n = s->dim - p * l.nr < l.nr ? s->dim - p * l.nr : l.nr;

            memcpy(values + ((p * KV_BLOCK + t) * l.nr) * l.size,
                   (unsigned char *)q + p * l.nr * l.size, n * l.size);
        }
    }
}

/* ---- panels as f32 ---- */

/* The scales of a head's keys, or of its values */
static const float *
get_scales(const struct kv_shape *s, const struct layout *l, const unsigned char *from,
           size_t h, int of_values)
{
    const float *scales = (const float *)(const void *)(from + l->scales);

    return scales + ((of_values ? s->n_kv : 0) + h) * KV_BLOCK;
}

static void
widen_i8(const unsigned char *q, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(int8_t)q[i];
}

/* Keys of the panel p of a block's layer: x [dim, nr] */
static void
get_keys(const struct kernels *k, const struct kv_shape *s, const struct layout *l,
         const unsigned char *from, size_t h, size_t p, float *x)
{
    const unsigned char *keys = from + (h * l->key + p * s->dim * l->nr) * l->size;

    if (s->type == KV_F32) {
        memcpy(x, keys, s->dim * l->nr * sizeof *x);
        return;
    }
    if (s->type == KV_F16) {
        k->f16_get(x, (const uint16_t *)(const void *)keys, s->dim * l->nr);
        return;
    }
    widen_i8(keys, x, s->dim * l->nr);
    for (size_t i = 0; i < s->dim; i++) {
        const float *scale = get_scales(s, l, from, h, 0) + p * l->nr;

        for (size_t j = 0; j < l->nr; j++)
            x[i * l->nr + j] *= scale[j];
    }
}

/* Values of n tokens, columns of the panel p: x [n, nr] */
static void
get_values(const struct kernels *k, const struct kv_shape *s, const struct layout *l,
           const unsigned char *from, size_t h, size_t p, size_t n, float *x)
{
    const unsigned char *values =
        from + (s->n_kv * l->key + h * l->value + p * KV_BLOCK * l->nr) * l->size;

    if (s->type == KV_F32) {
        memcpy(x, values, n * l->nr * sizeof *x);
        return;
    }
    if (s->type == KV_F16) {
        k->f16_get(x, (const uint16_t *)(const void *)values, n * l->nr);
        return;
    }
    widen_i8(values, x, n * l->nr);
    for (size_t i = 0; i < n; i++)
        k->scale(x + i * l->nr, get_scales(s, l, from, h, 1)[i], l->nr);
}

/* ---- attention ---- */

/* Queries of one key head at some positions */
struct tile {
    const struct kv_attend *a;
    const struct layout *l;
    size_t h;           /* key head */
    size_t at, n;       /* positions */
    size_t group, rows; /* query heads of a key head; rows = n * group */
    size_t from, to;    /* keys that are looked at; from is a block's first */
    float *query, *out; /* [rows, dim] */
    float *score;       /* [rows, to - from] */
    float *panel;       /* [max(dim, KV_BLOCK), nr] */
};

static const unsigned char *
get_block(const struct tile *t, size_t key)
{
    return (const unsigned char *)t->a->block[key / KV_BLOCK] +
           t->a->layer * t->l->layer;
}

static void
multiply_keys(const struct kernels *k, const struct kv_shape *s, struct tile *t)
{
    size_t nr = t->l->nr, ld = t->to - t->from;

    for (size_t i = t->from; i < t->to; i += nr) {
        size_t n = t->to - i < nr ? t->to - i : nr;

        get_keys(k, s, t->l, get_block(t, i), t->h, i % KV_BLOCK / nr, t->panel);
        k->gemm_f32(t->query, s->dim, t->panel, s->dim, t->score + (i - t->from), ld,
                    t->rows, n, 0);
    }
}

static void
multiply_values(const struct kernels *k, const struct kv_shape *s, struct tile *t)
{
    size_t nr = t->l->nr, ld = t->to - t->from;

    for (size_t p = 0; p < t->l->panels; p++)
        for (size_t i = t->from; i < t->to; i += KV_BLOCK) {
            size_t n = t->to - i < KV_BLOCK ? t->to - i : KV_BLOCK;
            size_t c = s->dim - p * nr < nr ? s->dim - p * nr : nr;

            get_values(k, s, t->l, get_block(t, i), t->h, p, n, t->panel);
            k->gemm_f32(t->score + (i - t->from), ld, t->panel, n, t->out + p * nr,
                        s->dim, t->rows, c, i > t->from);
        }
}

/* x [n] = cap * tanh(scale * x / cap) */
static void
limit(const struct kernels *k, float *x, size_t n, float scale, float cap)
{
    k->scale(x, scale / cap, n);
    k->tanh(x, n);
    k->scale(x, cap, n);
}

/* The scores of the query at a position to weights; those it does not see weigh 0. The
 * sum begins at a multiple of 16, so that keys keep their lanes. */
static void
weigh(const struct kernels *k, const struct tile *t, size_t position, float *score)
{
    const struct kv_attend *a = t->a;
    size_t first = a->window && position + 1 > a->window ? position + 1 - a->window : 0;
    size_t even = first / 16 * 16, n = position + 1;
    float scale = a->scale;

    if (a->cap > 0.0f) {
        limit(k, score + (even - t->from), n - even, scale, a->cap);
        scale = 1.0f;
    }
    for (size_t i = even; i < first; i++)
        score[i - t->from] = -INFINITY;
    k->softmax(score + (even - t->from), 0, 1, n - even, scale);
    for (size_t i = t->from; i < first; i++)
        score[i - t->from] = 0.0f;
    memset(score + (n - t->from), 0, (t->to - n) * sizeof *score);
}

static void
run_tile(const struct kernels *k, const struct kv_shape *s, struct tile *t, float *out)
{
    const struct kv_attend *a = t->a;
    size_t d = s->n_head * s->dim, part = t->group * s->dim;

    for (size_t i = 0; i < t->n; i++)
        memcpy(t->query + i * part,
               a->query + (t->at - a->first + i) * a->ld + t->h * part,
               part * sizeof *out);
    multiply_keys(k, s, t);
    for (size_t r = 0; r < t->rows; r++)
        weigh(k, t, t->at + r / t->group, t->score + r * (t->to - t->from));
    multiply_values(k, s, t);
    for (size_t i = 0; i < t->n; i++)
        memcpy(out + (t->at - a->first + i) * d + t->h * part, t->out + i * part,
               part * sizeof *out);
}

static float *
floats(struct arena *work, size_t m, size_t n)
{
    return arena_alloc(work, mem_mul(mem_mul(m, n), sizeof(float)));
}

void
kv_attend(const struct kernels *k, const struct kv_shape *s, const struct kv_attend *a,
          float *out, struct arena *work)
{
    struct layout l = lay_out(k, s);
    struct tile t = { .a = a, .l = &l, .group = s->n_head / s->n_kv };
    size_t most = (a->n < TILE ? a->n : TILE) * t.group, end = a->first + a->n;

    arena_reset(work);
    t.query = floats(work, most, s->dim);
    t.out = floats(work, most, s->dim);
    t.panel = floats(work, s->dim > KV_BLOCK ? s->dim : KV_BLOCK, l.nr);
    t.score = floats(work, most, end);
    for (t.at = a->first; t.at < end; t.at += t.n) {
        size_t seen = a->window && t.at + 1 > a->window ? t.at + 1 - a->window : 0;

        t.n = end - t.at < TILE ? end - t.at : TILE;
        t.rows = t.n * t.group;
        t.from = seen / KV_BLOCK * KV_BLOCK;
        t.to = t.at + t.n;
        for (t.h = 0; t.h < s->n_kv; t.h++)
            run_tile(k, s, &t, out);
    }
}
