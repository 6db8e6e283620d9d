/*
 * qb_avx512.c - the matrix product with weights in blocks by VNNI, in tiles of 6 x 64
 *
 * Weights are the bytes without a sign of vpdpbusd, activations those with one. 24 sums
 * in integers, 4 registers of the chunk and 1 of a.
 */
#include "kernel/avx512/qb_zmm.h"
#include "kernel/kernel_fill.h"

#define MR 6

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)

/* ---- many rows, by chunks ---- */

/* sum + the four products of each lane. gcc 12 copies and spills the sums of
 * _mm512_dpbusd_epi32() in a loop: half the speed. */
INLINE __m512i
dot4(__m512i sum, __m512i w, __m512i x)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
}

INLINE __m512i
broadcast4(const int8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

/* A load for every register that begins with *p: copies of one register take the place
 * of products. */
INLINE __m512i
broadcast(const int32_t *p)
{
    __m512i x;

    __asm__ volatile("vpbroadcastd %1, %0" : "=v"(x) : "m"(*p));
    return x;
}

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
        s##r##0 = broadcast(start + r * a->ld_group);                                  \
        s##r##1 = broadcast(start + r * a->ld_group);                                  \
        s##r##2 = broadcast(start + r * a->ld_group);                                  \
        s##r##3 = broadcast(start + r * a->ld_group);                                  \
    }
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m512i x = broadcast4(q + r * a->ld);                                         \
        s##r##0 = dot4(s##r##0, w0, x);                                                \
        s##r##1 = dot4(s##r##1, w1, x);                                                \
        s##r##2 = dot4(s##r##2, w2, x);                                                \
        s##r##3 = dot4(s##r##3, w3, x);                                                \
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

/* Group g of the block, whose u are the next steps of s; m and kind are constants. */
INLINE void
few_group(size_t m, enum zmm_kind kind, const struct few *t, size_t g,
          struct zmm_source *s, float *c)
{
    const struct kernel_qb *a = t->a;
    const size_t of = t->f->group, at = t->b * (QB_BLOCK / of) + g;
    const __m512i zero = _mm512_setzero_si512();
    const int32_t *start = a->start + at;
    const float *step = a->step + t->b, *sum = a->sum + at;
    const int8_t *q = a->q + at * of;

    EACH_FEW(START)
    for (size_t i = of / 4; i > 0; i--, q += 4) {
        __m512i w0 = zmm_take(kind, s, 0), w1 = zmm_take(kind, s, 1);
        __m512i w2 = zmm_take(kind, s, 2), w3 = zmm_take(kind, s, 3);

        EACH_FEW(STEP)
        zmm_next(kind, s);
    }
#define FINISH_FEW(mins, i)                                                            \
    {                                                                                  \
        __m512 w_d = few_scale(t, g, 0, 16 * i);                                       \
        __m512 w_m = mins ? few_scale(t, g, 1, 16 * i) : w_d;                          \
        FINISH(0, i) FINISH(1, i) FINISH(2, i) FINISH(3, i)                            \
    }
    if (t->f->mins) {
        const int mins = 1;
        FINISH_FEW(mins, 0)
        FINISH_FEW(mins, 1)
        FINISH_FEW(mins, 2)
        FINISH_FEW(mins, 3)
    } else {
        const int mins = 0;
        FINISH_FEW(mins, 0)
        FINISH_FEW(mins, 1)
        FINISH_FEW(mins, 2)
        FINISH_FEW(mins, 3)
    }
#undef FINISH_FEW
}

/* c [m, NR] += the first m rows of a times the panel */
INLINE void
few_rows(size_t m, enum zmm_kind kind, const struct kernel_qb *a,
         const struct kernel_qb_panel *w, size_t k, float *c)
{
    const struct qsplit_form form = *w->form;
    const size_t head = qb_head_bytes(&form, NR), block = qb_block_bytes(&form, NR);
    const size_t scales = qb_scales_bytes(&form, NR);
    struct few t = { .a = a, .f = &form, .block = w->p };
    struct zmm_source s = { 0 };

    for (; t.b < k / QB_BLOCK; t.b++, t.block += block) {
        if (t.b % (QB_CHUNK / QB_BLOCK) == 0) {
            t.chunk = t.block;
            t.block += head;
        }
        zmm_source(kind, t.block + scales, &s);
        for (size_t i = 0; i < block; i += 64)
            _mm_prefetch((const char *)t.block + AHEAD + i, _MM_HINT_T1);
        for (size_t g = 0; g < QB_BLOCK / form.group; g++)
            few_group(m, kind, &t, g, &s, c);
        __asm__ volatile("" ::: "memory"); /* as in groups() */
    }
}

INLINE void
few_heights(size_t m, enum zmm_kind kind, const struct kernel_qb *a,
            const struct kernel_qb_panel *w, size_t k, float *c)
{
    switch (m) {
    case 1: few_rows(1, kind, a, w, k, c); break;
    case 2: few_rows(2, kind, a, w, k, c); break;
    case 3: few_rows(3, kind, a, w, k, c); break;
    case 4: few_rows(4, kind, a, w, k, c); break;
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
    size_t row = 0;

    if (m > count_few(w->form)) {
        qb_gemm(zmm_unpack, tile, NR, MR, a, w, k, bias, c, ldc, m, n);
        return;
    }
    for (size_t tiles = (m + FEW - 1) / FEW; tiles > 0; tiles--) {
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
