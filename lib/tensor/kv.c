/*
 * kv.c - the keys and values that a sequence remembers, and attention to them
 *
 * A block has for each layer, in this order,
 *     keys    [n_kv][KV_BLOCK / nr][dim][nr]            panels of a product in f32
 *     values  [n_kv][panels of dim][KV_BLOCK][nr]
 *     scales  [2][n_kv][KV_BLOCK] f32                    KV_I8: of keys, of values
 * with nr columns as the level's gemm_f32 wants them, so that a panel becomes f32 in
 * one sweep and is multiplied as it is.
 */
#include "tensor/kv.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

/* Positions whose queries of one key head are worked on together, at most; where their
 * scores are more than would stay in L2, fewer, but no fewer than LEAST of a part. */
#define TILE   64
#define LEAST  8
#define SCORES ((size_t)256 << 10)

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
    l.layer = mem_add(l.scales, scales);
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

/* Some neighbouring positions of one part, in a tile */
struct span {
    void *const *block;
    size_t at, n;    /* positions */
    size_t from, to; /* keys that are looked at; from is a block's first */
    size_t token;    /* in the call, of position `at` */
    size_t row;      /* in the tile, of its first query */
};

/* Queries of one key head at some positions. Spans may share blocks: a panel is made
 * once for all neighbours that do. */
struct tile {
    const struct kernels *k;
    const struct kv_shape *s;
    const struct kv_attend *a;
    const struct layout *l;
    struct span span[TILE];
    size_t n_span;
    size_t h;           /* key head */
    size_t group, rows; /* query heads of a key head; rows = positions * group */
    size_t from, to;    /* of all spans */
    float *query, *out; /* [rows, dim] */
    float *score;       /* [rows, to - from] */
    float *panel;       /* [max(dim, KV_BLOCK), nr] */
};

static int
needs(const struct span *span, size_t key)
{
    return span->from <= key && key < span->to;
}

/* Where the spans end that need, as span i does, the block that begins with `key`, and
 * have the same one */
static size_t
find_run(const struct tile *t, size_t i, size_t key)
{
    size_t end = i + 1, b = key / KV_BLOCK;

    while (end < t->n_span && needs(t->span + end, key) &&
           t->span[end].block[b] == t->span[i].block[b])
        end++;
    return end;
}

/* The spans from i to end look at a block: its keys, counted, and the rows of queries
 * that see key `key` of it; those of the first span that are before it do not. */
struct run {
    const unsigned char *from;
    size_t key, n;   /* the block's first, and how many there are */
    size_t row, end; /* rows */
};

static struct run
open_run(const struct tile *t, size_t i, size_t end, size_t key)
{
    const struct span *last = t->span + end - 1;
    struct run r = { .key = key, .row = t->span[i].row };

    r.from = (const unsigned char *)t->span[i].block[key / KV_BLOCK] +
             t->a->layer * t->l->layer;
    r.end = last->row + last->n * t->group;
    for (; i < end; i++) {
        size_t n = t->span[i].to - key;

        n = n < KV_BLOCK ? n : KV_BLOCK;
        r.n = n > r.n ? n : r.n;
    }
    return r;
}

/* The first row of the run, which begins in the span, that sees the key */
static size_t
first_row(const struct tile *t, const struct span *span, size_t key)
{
    return span->row + (key > span->at ? key - span->at : 0) * t->group;
}

static void
multiply_keys(const struct tile *t, const struct span *span, const struct run *r)
{
    size_t nr = t->l->nr, dim = t->s->dim, ld = t->to - t->from;

    for (size_t i = 0; i < r->n; i += nr) {
        size_t n = r->n - i < nr ? r->n - i : nr;
        size_t row = first_row(t, span, r->key + i);

        get_keys(t->k, t->s, t->l, r->from, t->h, i / nr, t->panel);
        t->k->gemm_f32(t->query + row * dim, dim, t->panel, dim,
                       t->score + row * ld + (r->key + i - t->from), ld, r->end - row,
                       n, 0);
    }
}

static void
multiply_values(const struct tile *t, const struct span *span, const struct run *r)
{
    size_t nr = t->l->nr, dim = t->s->dim, ld = t->to - t->from;
    size_t row = first_row(t, span, r->key);

    for (size_t p = 0; p < t->l->panels; p++) {
        size_t n = dim - p * nr < nr ? dim - p * nr : nr;

        get_values(t->k, t->s, t->l, r->from, t->h, p, r->n, t->panel);
        t->k->gemm_f32(t->score + row * ld + (r->key - t->from), ld, t->panel, r->n,
                       t->out + row * dim + p * nr, dim, r->end - row, n, 1);
    }
}

/* All blocks of all spans, in the order of their keys */
static void
walk(const struct tile *t,
     void multiply(const struct tile *t, const struct span *span, const struct run *r))
{
    for (size_t key = t->from; key < t->to; key += KV_BLOCK)
        for (size_t i = 0, end; i < t->n_span; i = end) {
            struct run r;

            end = i + 1;
            if (!needs(t->span + i, key))
                continue;
            end = find_run(t, i, key);
            r = open_run(t, i, end, key);
            multiply(t, t->span + i, &r);
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

/* The first token that a query at a position sees */
static size_t
first_seen(const struct kv_attend *a, size_t position)
{
    return a->window && position + 1 > a->window ? position + 1 - a->window : 0;
}

/* The scores of the query at a position to weights; those it does not see weigh 0, as
 * far as its span's blocks go. The sum begins at a multiple of 16, so that keys keep
 * their lanes. score is that of key 0. */
static void
weigh(const struct tile *t, const struct span *span, size_t position, float *score)
{
    const struct kv_attend *a = t->a;
    size_t first = first_seen(a, position), even = first / 16 * 16, n = position + 1;
    size_t end = (span->to + KV_BLOCK - 1) / KV_BLOCK * KV_BLOCK;
    float scale = a->scale;

    if (a->cap > 0.0f) {
        limit(t->k, score + even, n - even, scale, a->cap);
        scale = 1.0f;
    }
    for (size_t i = even; i < first; i++)
        score[i] = -INFINITY;
    t->k->softmax(score + even, 0, 1, n - even, scale);
    for (size_t i = span->from; i < first; i++)
        score[i] = 0.0f;
    end = end < t->to ? end : t->to;
    memset(score + n, 0, (end - n) * sizeof *score);
}

static void
weigh_all(const struct tile *t)
{
    size_t ld = t->to - t->from;

    for (size_t i = 0; i < t->n_span; i++) {
        const struct span *span = t->span + i;

        for (size_t r = 0; r < span->n * t->group; r++)
            weigh(t, span, span->at + r / t->group,
                  t->score + (span->row + r) * ld - t->from);
    }
}

/* ---- tiles ---- */

/* Where the next tile begins: a token of a part, and of the call */
struct place {
    size_t part, done, token;
};

/* The next positions of the part as a span of the tile; 0: that would be too much. */
static int
add_span(struct tile *t, struct place *at)
{
    const struct kv_part *part = t->a->part + at->part;
    size_t first = part->first + at->done, left = part->n - at->done;
    size_t from = first_seen(t->a, first) / KV_BLOCK * KV_BLOCK;
    size_t lo = from < t->from ? from : t->from, room = TILE - t->rows / t->group;
    size_t to, n = left < room ? left : room;

    while (n > LEAST && (t->rows / t->group + n) * t->group * (first + n - lo) > SCORES)
        n /= 2;
    to = first + n > t->to ? first + n : t->to;
    if (t->n_span && (t->rows + n * t->group) * (to - lo) > SCORES)
        return 0;
    t->span[t->n_span++] =
        (struct span){ part->block, first, n, from, first + n, at->token, t->rows };
    t->from = lo;
    t->to = to;
    t->rows += n * t->group;
    at->token += n;
    at->done += n;
    if (at->done == part->n) {
        at->part++;
        at->done = 0;
    }
    return 1;
}

static void
fill_tile(struct tile *t, struct place *at)
{
    t->n_span = t->rows = t->to = 0;
    t->from = SIZE_MAX;
    while (at->part < t->a->n_part && t->rows < TILE * t->group)
        if (t->a->part[at->part].n == 0)
            at->part++;
        else if (!add_span(t, at))
            break;
}

static void
run_head(struct tile *t, float *out)
{
    size_t d = t->s->n_head * t->s->dim, part = t->group * t->s->dim;
    size_t i = 0;

    for (size_t s = 0; s < t->n_span; s++)
        for (size_t p = 0; p < t->span[s].n; p++, i++)
            memcpy(t->query + i * part,
                   t->a->query + (t->span[s].token + p) * t->a->ld + t->h * part,
                   part * sizeof *out);
    walk(t, multiply_keys);
    weigh_all(t);
    memset(t->out, 0, t->rows * t->s->dim * sizeof *out);
    walk(t, multiply_values);
    i = 0;
    for (size_t s = 0; s < t->n_span; s++)
        for (size_t p = 0; p < t->span[s].n; p++, i++)
            memcpy(out + (t->span[s].token + p) * d + t->h * part, t->out + i * part,
                   part * sizeof *out);
}

static float *
floats(struct arena *work, size_t m, size_t n)
{
    return arena_alloc(work, mem_mul(mem_mul(m, n), sizeof(float)));
}

size_t
kv_attend_bytes(const struct kv_shape *s, size_t n_ctx)
{
    size_t group = s->n_head / s->n_kv, most = mem_mul(LEAST * group, n_ctx);
    size_t panel = (s->dim > KV_BLOCK ? s->dim : KV_BLOCK) * KERNEL_MAX_NR;
    size_t rest = 2 * TILE * group * s->dim + panel;

    most = most > SCORES ? most : SCORES;
    return mem_mul(mem_add(most, rest), sizeof(float));
}

void
kv_attend(const struct kernels *k, const struct kv_shape *s, const struct kv_attend *a,
          float *out, struct arena *work)
{
    struct layout l = lay_out(k, s);
    struct tile t = { .k = k, .s = s, .a = a, .l = &l, .group = s->n_head / s->n_kv };
    struct place at = { 0, 0, 0 };

    for (fill_tile(&t, &at); t.rows > 0; fill_tile(&t, &at)) {
        arena_reset(work);
        t.query = floats(work, t.rows, s->dim);
        t.out = floats(work, t.rows, s->dim);
        t.panel = floats(work, s->dim > KV_BLOCK ? s->dim : KV_BLOCK, l.nr);
        t.score = floats(work, t.rows, t.to - t.from);
        for (t.h = 0; t.h < s->n_kv; t.h++)
            run_head(&t, out);
    }
}
