/*
 * arith_i8.c - weights and activations in 8 bits, blocks of inputs with a scale of
 * their own, sums in f32
 *
 * Weights: in each block of a row, step = max |w| / 127, q = w / step to the nearest;
 * of a matrix that has a step already, that step, as long as no q is more than 127.
 * Activations: see rows_q8 in kernel_list.h; the product: gemm_q8. In i16 an activation
 * has 16 bits, as two rows of 8 whose products are added; what is lost is lost on the
 * weights' side then, so nothing is balanced.
 *
 * Where it is known how large each input usually is, and no step, input l is divided,
 * and its column of the weights multiplied, by s[l] = sqrt(usual[l] / max |w[., l]|):
 * both sides share what a large input costs its block. Where the weights shall bear
 * less of it, 1/s is max^3/4 / usual^1/4, where more, max^1/4 / usual^3/4. Source: Xiao
 * et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large
 * Language Models", 2023, at strength 0.5, 0.25 and 0.75, with the norm's own weights
 * in place of samples.
 *
 * Head: [n_in] floats, what an activation is multiplied by, or nothing.
 * Panel: q [n_in / 4][nr][4], then step and sum [blocks][nr]: kernel.h. Where the level
 * has them arranged, twice the room for q, and start, order and count: q8_arrange.h.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/q8_arrange.h"
#include "tensor/arith.h"

/* Inputs that are packed at once: whole blocks, and whole ARITH_CHUNKs */
#define CHUNK 768

static size_t
round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static size_t
count_blocks(const struct pack *p)
{
    return (p->n_in + p->ops->block - 1) / p->ops->block;
}

/* Of q in a panel: arranged weights may take twice the room. */
static size_t
weight_bytes(const struct pack *p)
{
    return mem_mul(round_up(p->n_in, 4), (p->k->q8_arranged ? 2 : 1) * p->nr);
}

/* What a panel has beside q, step and sum */
static size_t
arranged_bytes(const struct pack *p)
{
    size_t n = count_blocks(p), start = n * p->nr * sizeof(int32_t);

    return round_up(start + (n * Q8_KINDS + round_up(p->n_in, 4) / 4) * 2, MEM_ALIGN);
}

/* nr times 4 bytes are whole cache lines. */
static void
measure(struct pack *p, const struct pack_matrix *w)
{
    size_t scale = 2 * sizeof(float) * count_blocks(p);
    int balanced = w->usual && w->step == 0 && !p->ops->pairs;

    p->nr = p->k->q8_nr;
    p->head_bytes = balanced ? round_up(p->n_in * sizeof(float), MEM_ALIGN) : 0;
    p->panel_bytes = mem_add(weight_bytes(p), mem_mul(scale, p->nr));
    if (p->k->q8_arranged)
        p->panel_bytes = mem_add(p->panel_bytes, arranged_bytes(p));
}

/* ---- pack ---- */

/* One panel's arrays */
struct panel {
    int8_t *q; /* before it is arranged, if it is */
    float *step, *sum;
    struct q8_arranged to; /* NULL where the level has no such thing */
};

static struct panel
panel_at(const struct pack *p, size_t j)
{
    unsigned char *at = arith_panel(p, j);
    size_t n = count_blocks(p) * p->nr;
    struct panel t = { .q = (int8_t *)at };

    t.step = (float *)(void *)(at + weight_bytes(p));
    t.sum = t.step + n;
    if (p->k->q8_arranged) {
        t.to.q = t.q;
        t.to.start = (int32_t *)(void *)(t.sum + n);
        t.to.count = (uint16_t *)(void *)(t.to.start + n);
        t.to.order = t.to.count + count_blocks(p) * Q8_KINDS;
    }
    return t;
}

/* Panel j, empty, to be filled and closed: its weights lie plain until then. */
static struct panel
open_panel(const struct pack *p, size_t j)
{
    struct panel t = panel_at(p, j);

    memset(arith_panel(p, j), 0, p->panel_bytes);
    if (p->k->q8_arranged)
        t.q = mem_zero(round_up(p->n_in, 4), p->nr);
    return t;
}

static void
close_panel(const struct pack *p, struct panel *t)
{
    if (!p->k->q8_arranged)
        return;
    q8_arrange(t->q, p->n_in, p->ops->block, &t->to);
    mem_free(t->q);
}

/* What each activation is multiplied by, or NULL */
static float *
balance(const struct pack *p)
{
    return p->head_bytes ? (float *)(void *)p->head : NULL;
}

/* max[i] = the largest |w[., l + i]|, for n inputs */
static void
column_max(const struct pack *p, const struct pack_matrix *w, size_t l, size_t n,
           float *max)
{
    float row[ARITH_CHUNK];

    memset(max, 0, n * sizeof *max);
    for (size_t r = 0; r < p->n_out; r++) {
        arith_read(w, r, 1, l, n, row, ARITH_CHUNK);
        for (size_t i = 0; i < n; i++)
            max[i] = fabsf(row[i]) > max[i] ? fabsf(row[i]) : max[i];
    }
}

static void
pack_head(struct pack *p, const struct pack_matrix *w)
{
    float *to = balance(p), max[ARITH_CHUNK];

    if (to == NULL)
        return;
    memset(p->head, 0, p->head_bytes);
    for (size_t l = 0; l < p->n_in; l += ARITH_CHUNK) {
        size_t n = p->n_in - l < ARITH_CHUNK ? p->n_in - l : ARITH_CHUNK;

        column_max(p, w, l, n, max);
        for (size_t i = 0; i < n; i++) {
            float s = sqrtf(max[i] / w->usual[l + i]);
            if (w->bears != PACK_HALF) /* to the power of 1/4 or 3/4 in place of 1/2 */
                s = sqrtf(s) * (w->bears == PACK_LESS ? sqrtf(max[i])
                                                      : 1 / sqrtf(w->usual[l + i]));
            /* An input that is never there, or that nobody looks at, or nonsense */
            to[l + i] = s >= 0x1p-20f && s <= 0x1p20f ? s : 1.0f;
        }
    }
}

/* Column i of the panel: n weights of block b; theirs: the step of all weights, or 0 */
static void
pack_block(const struct pack *p, struct panel *t, const float *w, size_t n,
           float theirs, size_t b, size_t i)
{
    size_t first = b * p->ops->block, at = b * p->nr + i;
    float max = 0.0f, bad = 0.0f, factor;
    int32_t sum = 0;
    int keep;

    for (size_t l = 0; l < n; l++) {
        max = fabsf(w[l]) > max ? fabsf(w[l]) : max;
        bad += w[l] * 0.0f; /* NaN after an infinity or a NaN */
    }
    keep = max > 0.0f && max < 127.5f * theirs;
    t->step[at] = keep ? theirs + bad : max * (1.0f / 127.0f) + bad;
    factor = keep ? 1.0f / theirs : 127.0f / max;
    for (size_t l = 0; l < n && max > 0.0f && max <= 0x1.fffffep127f; l++) {
        float x = rintf(w[l] * factor); /* a tiny max: infinite, or NaN */
        int8_t q = (int8_t)(x >= 127.0f ? 127 : x <= -127.0f ? -127 : x == x ? x : 0);

        t->q[(first + l) / 4 * p->nr * 4 + i * 4 + (first + l) % 4] = q;
        sum += q;
    }
    t->sum[at] = t->step[at] * (float)sum;
}

/* Inputs [l, l + n) of panel j */
static void
pack_chunk(struct pack *p, const struct pack_matrix *w, struct panel *t, size_t j,
           size_t l, size_t n)
{
    const float *balanced = balance(p);
    size_t block = p->ops->block;
    float row[CHUNK];

    for (size_t i = 0; i < arith_width(p, j); i++) {
        arith_read(w, j * p->nr + i, 1, l, n, row, CHUNK);
        for (size_t k = 0; balanced && k < n; k++)
            row[k] /= balanced[l + k];
        for (size_t k = 0; k < n; k += block)
            pack_block(p, t, row + k, n - k < block ? n - k : block, w->step,
                       (l + k) / block, i);
    }
}

static void
pack(struct pack *p, const struct pack_matrix *w, size_t j)
{
    struct panel t = open_panel(p, j);

    for (size_t l = 0; l < p->n_in; l += CHUNK)
        pack_chunk(p, w, &t, j, l, p->n_in - l < CHUNK ? p->n_in - l : CHUNK);
    close_panel(p, &t);
}

/* Column `from` of a panel to column `to` of another */
static void
take_column(const struct pack *p, struct panel *a, size_t to, const struct panel *b,
            size_t from)
{
    if (p->k->q8_arranged)
        q8_arrange_get(&b->to, p->n_in, p->ops->block, from, a->q, to);
    else
        for (size_t l = 0; l < round_up(p->n_in, 4) / 4; l++)
            memcpy(a->q + (l * p->nr + to) * 4, b->q + (l * p->nr + from) * 4, 4);
    for (size_t l = 0; l < count_blocks(p); l++) {
        a->step[l * p->nr + to] = b->step[l * p->nr + from];
        a->sum[l * p->nr + to] = b->sum[l * p->nr + from];
    }
}

static void
take(struct pack *p, size_t j, const struct pack *from, const int32_t *row)
{
    struct panel to = open_panel(p, j);

    for (size_t i = 0; i < arith_width(p, j); i++) {
        struct panel t = panel_at(from, (size_t)row[i] / p->nr);

        take_column(p, &to, i, &t, (size_t)row[i] % p->nr);
    }
    close_panel(p, &to);
}

/* ---- multiply ---- */

static struct arith_rows
rows_new(const struct pack *p, size_t m, struct arena *mem)
{
    struct arith_rows to = { .q8 = { .block = p->ops->block, .pairs = p->ops->pairs } };
    struct kernel_q8 *q8 = &to.q8;

    /* Not a multiple of 512 apart, so that rows do not meet in a few sets of L1. */
    q8->ld = round_up(p->n_in, 64) + 64;
    q8->ld_scale = 2 * count_blocks(p);
    m = mem_mul(m, q8->pairs ? 2 : 1);
    q8->q = arena_alloc(mem, mem_mul(m, q8->ld));
    q8->scale = arena_alloc(mem, mem_mul(m, q8->ld_scale * sizeof *q8->scale));
    return to;
}

/* Rows from `row` on and inputs from l on */
static struct kernel_q8
rows_at(const struct arith_rows *rows, size_t row, size_t l)
{
    struct kernel_q8 at = rows->q8;

    row *= at.pairs ? 2 : 1;
    at.q += row * at.ld + l;
    at.scale += row * at.ld_scale + 2 * (l / at.block);
    return at;
}

static void
rows_put(const struct pack *p, struct arith_rows *rows, size_t row, size_t l, float *y,
         size_t ldy, size_t m, size_t n, const float *bias, int gelu)
{
    struct kernel_q8_first first = { gelu, balance(p) };
    struct kernel_q8 to = rows_at(rows, row, l);

    if (first.factor)
        first.factor += l;
    (void)bias; /* the product began with it */
    p->k->rows_q8(y, ldy, m, n, &first, &to);
}

static struct arith_rows
rows(const struct pack *p, const float *x, size_t ldx, size_t m, struct arena *work)
{
    struct arith_rows to = rows_new(p, m, work);
    const struct kernel_q8_first first = { .factor = balance(p) };

    p->k->rows_q8(x, ldx, m, p->n_in, &first, &to.q8);
    return to;
}

static void
multiply(const struct pack *p, size_t j, const struct arith_rows *x, size_t row,
         size_t m, const float *bias, float *y, size_t ldy)
{
    struct panel t = panel_at(p, j);
    struct kernel_q8_panel w = { t.q,        t.step,     t.sum,   t.to.start,
                                 t.to.order, t.to.count, x->ahead };
    struct kernel_q8 at = rows_at(x, row, 0);

    p->k->gemm_q8(&at, &w, p->n_in, bias, y, ldy, m, arith_width(p, j));
}

#define ARITH_I8(label, inputs, two)                                                   \
    {                                                                                  \
        .name = label, .version = 5, .block = inputs, .bytes = two ? 2 : 1,            \
        .pairs = two, .measure = measure, .pack_head = pack_head, .pack = pack,        \
        .take = take, .rows = rows, .rows_new = rows_new, .rows_put = rows_put,        \
        .multiply = multiply, .adds_bias = 1                                           \
    }

const struct arith_ops arith_i8 = ARITH_I8("i8", 192, 0);
const struct arith_ops arith_i8_b32 = ARITH_I8("i8b32", 32, 0);
const struct arith_ops arith_i8_a16 = ARITH_I8("i16", 128, 1);
