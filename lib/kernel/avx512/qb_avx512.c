/*
 * qb_avx512.c - the matrix product with weights in blocks by VNNI, in tiles of 6 x 64
 *
 * Weights are the bytes without a sign of vpdpbusd, activations those with one. 24 sums
 * in integers, 4 registers of the chunk and 1 of a.
 */
#include "kernel/avx512/qb_wide_zmm.h"
#include "kernel/kernel_fill.h"

#define MR 6

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)

/* ---- many rows, by chunks ---- */

/* 16 columns of a row: what the group adds to what is at c */
INLINE void
finish(int mins, __m512i dot, float row_step, float row_sum, __m512 d, __m512 m,
       float *c)
{
    __m512 t = _mm512_mul_ps(_mm512_cvtepi32_ps(dot), d);

    if (mins)
        t = _mm512_fmadd_ps(_mm512_set1_ps(row_sum), m, t);
    _mm512_store_ps(c, _mm512_fmadd_ps(_mm512_set1_ps(row_step), t, _mm512_load_ps(c)));
}

/* Group g of the chunk, of so many steps from u on; m and mins are constants. */
INLINE void
group(size_t m, size_t steps, int mins, const struct kernel_qb *a, const int8_t *q,
      size_t g, const uint8_t *u, const struct qb_chunk *w, float *c)
{
    const __m512i zero = _mm512_setzero_si512();
    const int32_t *start = a->start + g;
    const float *step = a->step + g * steps / STEPS, *sum = a->sum + g;
    const float *d = w->d + g * NR, *min = w->m + g * NR;

#define START(r)                                                                       \
    __m512i s##r##0 = zero, s##r##1 = zero, s##r##2 = zero, s##r##3 = zero;            \
    if (m > r) {                                                                       \
        s##r##0 = zmm_start(start + r * a->ld_group);                                  \
        s##r##1 = zmm_start(start + r * a->ld_group);                                  \
        s##r##2 = zmm_start(start + r * a->ld_group);                                  \
        s##r##3 = zmm_start(start + r * a->ld_group);                                  \
    }
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m512i x = zmm_four(q + r * a->ld);                                           \
        s##r##0 = zmm_dot4(s##r##0, w0, x);                                            \
        s##r##1 = zmm_dot4(s##r##1, w1, x);                                            \
        s##r##2 = zmm_dot4(s##r##2, w2, x);                                            \
        s##r##3 = zmm_dot4(s##r##3, w3, x);                                            \
    }
#define FINISH(r, i)                                                                   \
    if (m > r)                                                                         \
        finish(mins, s##r##i, step[r * a->ld_step], mins ? sum[r * a->ld_group] : 0,   \
               w_d, w_m, c + r * NR + 16 * i);
#define FINISH_COLUMN(i)                                                               \
    {                                                                                  \
        __m512 w_d = _mm512_load_ps(d + 16 * i);                                       \
        __m512 w_m = mins ? _mm512_load_ps(min + 16 * i) : w_d;                        \
        FINISH(0, i) FINISH(1, i) FINISH(2, i) FINISH(3, i) FINISH(4, i) FINISH(5, i)  \
    }
    EACH_ROW(START)
    for (size_t i = steps; i > 0; i--, q += 4, u += 4 * NR) {
        __m512i w0 = _mm512_loadu_si512(u), w1 = _mm512_loadu_si512(u + 64);
        __m512i w2 = _mm512_loadu_si512(u + 128), w3 = _mm512_loadu_si512(u + 192);
        EACH_ROW(STEP)
    }
    FINISH_COLUMN(0)
    FINISH_COLUMN(1)
    FINISH_COLUMN(2)
    FINISH_COLUMN(3)
#undef FINISH_COLUMN
}

INLINE void
groups(size_t m, int mins, const struct qsplit_form *f, const struct kernel_qb *a,
       const struct qb_chunk *w, float *c)
{
    const size_t of = f->group, per = QB_BLOCK / of;
    size_t g = 0;

    for (size_t b = 0; b < w->blocks; b++)
        for (size_t i = 0; i < per; i++, g++) {
            group(m, of / 4, mins, a, a->q + g * of, g,
                  w->u + b * w->stride + i * of * NR, w, c);
            /* gcc would copy c to the stack for the time of the loop. */
            __asm__ volatile("" ::: "memory");
        }
}

#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

/* Each height is code of its own, with mins and without. */
static void
tile(size_t m, const struct qsplit_form *f, const struct kernel_qb *a,
     const struct qb_chunk *w, float *c)
{
    switch (m * 2 + (f->mins != 0)) {
#define HEIGHT(h)                                                                      \
    case 2 * h: groups(h, 0, f, a, w, c); break;                                       \
    case 2 * h + 1: groups(h, 1, f, a, w, c); break;
        EACH_HEIGHT(HEIGHT)
#undef HEIGHT
    }
}

/* Each height and form is code of its own. */
static void
wide_tile(size_t m, const struct qsplit_form *f, const struct kernel_qb *a,
          const struct qb_chunk *w, float *c)
{
    enum wide_form form = (f->zero ? WIDE_ZERO : 0) | (f->mins ? WIDE_MINS : 0);

    switch (m * 4 + form) {
#define WIDE_HEIGHT(h)                                                                 \
    case 4 * h: wide_groups(h, 0, f, a, w, c); break;                                  \
    case 4 * h + 1: wide_groups(h, 1, f, a, w, c); break;                              \
    case 4 * h + 2: wide_groups(h, 2, f, a, w, c); break;                              \
    case 4 * h + 3: wide_groups(h, 3, f, a, w, c); break;
        EACH_HEIGHT(WIDE_HEIGHT)
#undef WIDE_HEIGHT
    }
}

/* ---- few rows, straight from the panel ---- */

/* They wait for memory, so it is read from one end to the other, once, and nothing is
 * written. */
#define FEW   4
#define AHEAD 8192 /* bytes that memory is asked for in advance */

#define EACH_FEW(X) X(0) X(1) X(2) X(3)

/* A block: its first byte, that of its chunk, and its number */
struct few {
    const struct kernel_qb *a;
    const struct qsplit_form *f;
    const unsigned char *block, *chunk;
    size_t b;
};

/* d (which 0) or m (1) of 16 columns from j on, in group g of the block */
INLINE __m512
few_scale(const struct few *t, size_t g, size_t which, size_t j)
{
    const size_t each = qb_scale_bytes(t->f);
    const unsigned char *p =
        t->block + g * qb_group_bytes(t->f, NR) + (which * NR + j) * each;

    if (t->f->scale == QSPLIT_F16)
        return zmm_scale(QSPLIT_F16, p, _mm512_setzero_ps());
    if (t->f->scale == QSPLIT_F32)
        return zmm_scale(QSPLIT_F32, p, _mm512_setzero_ps());
    return zmm_scale(QSPLIT_SUPER, p, zmm_halves(t->chunk + 2 * (which * NR + j)));
}

/* Rows of sums: 2r and 2r + 1 are of the high and of the low bytes of a wide row. */
#define FEW_START(r)                                                                   \
    __m512i s##r##0 = zero, s##r##1 = zero, s##r##2 = zero, s##r##3 = zero;            \
    if (m > r && (!wide || r % 2 == 1)) {                                              \
        const int32_t *from = start + (wide ? r / 2 : r) * a->ld_group;                \
        s##r##0 = zmm_start(from);                                                     \
        s##r##1 = zmm_start(from);                                                     \
        s##r##2 = zmm_start(from);                                                     \
        s##r##3 = zmm_start(from);                                                     \
    }
#define FEW_WIDE(r, low, i)                                                            \
    if (m > r)                                                                         \
        wide_finish(                                                                   \
            mins ? WIDE_MINS : 0, _mm512_add_epi32(zmm_up(s##r##i, NULL), s##low##i),  \
            mins ? sum[r / 2 * a->ld_group] : 0, w_d, w_m, c + r / 2 * NR + 16 * i);
#define FEW_COLUMN(i)                                                                  \
    {                                                                                  \
        __m512 w_d = few_scale(t, g, 0, 16 * i);                                       \
        __m512 w_m = mins ? few_scale(t, g, 1, 16 * i) : w_d;                          \
        if (wide) {                                                                    \
            FEW_WIDE(0, 1, i) FEW_WIDE(2, 3, i)                                        \
        } else {                                                                       \
            FINISH(0, i) FINISH(1, i) FINISH(2, i) FINISH(3, i)                        \
        }                                                                              \
    }

/* Group g of the block, whose u are the next steps of s; m, wide and kind are
 * constants. */
INLINE void
few_group(size_t m, int wide, enum zmm_kind kind, const struct few *t, size_t g,
          struct zmm_source *s, float *c)
{
    const struct kernel_qb *a = t->a;
    const size_t of = t->f->group, at = t->b * (QB_BLOCK / of) + g;
    const __m512i zero = _mm512_setzero_si512();
    const int32_t *start = a->start + at;
    const float *step = a->step + t->b, *sum = a->sum + at;
    const int8_t *q = a->q + at * of;

    EACH_FEW(FEW_START)
    for (size_t i = of / 4; i > 0; i--, q += 4) {
        __m512i w0 = zmm_take(kind, s, 0), w1 = zmm_take(kind, s, 1);
        __m512i w2 = zmm_take(kind, s, 2), w3 = zmm_take(kind, s, 3);

        EACH_FEW(STEP)
        zmm_next(kind, s);
    }
    if (t->f->mins) {
        const int mins = 1;
        FEW_COLUMN(0) FEW_COLUMN(1) FEW_COLUMN(2) FEW_COLUMN(3)
    } else {
        const int mins = 0;
        FEW_COLUMN(0) FEW_COLUMN(1) FEW_COLUMN(2) FEW_COLUMN(3)
    }
}

/* c [m, NR] += the first rows of a times the panel: m rows of q, half as many of a if
 * they are wide */
INLINE void
few_rows(size_t m, int wide, enum zmm_kind kind, const struct kernel_qb *a,
         const struct kernel_qb_panel *w, size_t k, float *c)
{
    const struct qsplit_form form = *w->form;
    const size_t head = qb_head_bytes(&form, NR), block = qb_block_bytes(&form, NR);
    const size_t scales = qb_scales_bytes(&form, NR), per = QB_CHUNK / QB_BLOCK;
    float sum[FEW / 2 * NR] __attribute__((aligned(64)));
    struct few t = { .a = a, .f = &form, .block = w->p };
    struct zmm_source s = { 0 };

    for (size_t blocks = k / QB_BLOCK; t.b < blocks; t.block += block) {
        if (t.b % per == 0) {
            t.chunk = t.block;
            t.block += head;
            memset(sum, 0, sizeof sum);
        }
        zmm_source(kind, t.block + scales, &s);
        for (size_t i = 0; i < block; i += 64)
            _mm_prefetch((const char *)t.block + AHEAD + i, _MM_HINT_T1);
        for (size_t g = 0; g < QB_BLOCK / form.group; g++)
            few_group(m, wide, kind, &t, g, &s, wide ? sum : c);
        __asm__ volatile("" ::: "memory"); /* as in groups() */
        if (++t.b % per != 0 && t.b < blocks)
            continue;
        if (wide) {
            struct kernel_qb at = *a;
            at.step += (t.b - 1) / per;
            wide_end(m / 2, &at, sum, c);
        }
    }
}

INLINE void
few_heights(size_t m, enum zmm_kind kind, const struct kernel_qb *a,
            const struct kernel_qb_panel *w, size_t k, float *c)
{
    switch (a->wide ? 2 * m : m + 10) {
    case 2: few_rows(2, 1, kind, a, w, k, c); break;
    case 4: few_rows(4, 1, kind, a, w, k, c); break;
    case 11: few_rows(1, 0, kind, a, w, k, c); break;
    case 12: few_rows(2, 0, kind, a, w, k, c); break;
    case 13: few_rows(3, 0, kind, a, w, k, c); break;
    case 14: few_rows(4, 0, kind, a, w, k, c); break;
    }
}

static void
few(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
    const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    float sum[FEW * NR] __attribute__((aligned(64)));

    qb_begin(sum, NR, bias, m, n);
    switch (zmm_kind(w->form)) {
    case ZMM_BYTES: few_heights(m, ZMM_BYTES, a, w, k, sum); break;
    case ZMM_FOURS: few_heights(m, ZMM_FOURS, a, w, k, sum); break;
    case ZMM_LEVELS: few_heights(m, ZMM_LEVELS, a, w, k, sum); break;
    case ZMM_FIVES: few_heights(m, ZMM_FIVES, a, w, k, sum); break;
    case ZMM_SIXES: few_heights(m, ZMM_SIXES, a, w, k, sum); break;
    }
    qb_end(sum, NR, c, ldc, m, n);
}

/* Tiles of four that read the panel again from L1 cost less than a chunk that is taken
 * apart, if that is cheap. */
static size_t
count_few(const struct qsplit_form *f)
{
    return zmm_kind(f) == ZMM_FOURS ? 2 * FEW : FEW;
}

static void
gemm(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    const size_t each = a->wide ? 2 : 1, at_once = FEW / each;
    size_t row = 0;

    if (m > count_few(w->form) / each) {
        if (a->wide)
            qb_gemm(zmm_unpack, wide_tile, NR, WIDE_MR, a, w, k, bias, c, ldc, m, n);
        else
            qb_gemm(zmm_unpack, tile, NR, MR, a, w, k, bias, c, ldc, m, n);
        return;
    }
    for (size_t tiles = (m + at_once - 1) / at_once; tiles > 0; tiles--) {
        size_t now = (m - row + tiles - 1) / tiles;
        struct kernel_qb at = qb_at(a, row, 0);

        few(&at, w, k, bias, c + row * ldc, ldc, now, n);
        row += now;
    }
}

void
qb_avx512_fill(struct kernels *k)
{
    k->qb_nr = NR;
    k->qb_mr = MR;
    k->gemm_qb = gemm;
}
