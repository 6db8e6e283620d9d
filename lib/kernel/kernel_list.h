/*
 * kernel_list.h - every kernel, once
 *
 * KERNEL(name, return type, parameters) makes the member of struct kernels and the list
 * of tests: what is not here does not exist, what has no test does not link.
 * No include guard: included with KERNEL defined, as often as needed.
 */
#ifndef KERNEL
#error "define KERNEL(name, ret, params) before including kernel_list.h"
#endif

/* ---- matrix product ---- */

/* c[m, n] = a[m, k] * panel[k, n], or c += that when `more`. The panel is what pack_f32
 * writes: k rows of gemm_nr floats, of which n <= gemm_nr columns count. Every output
 * is one fma chain over k in order that begins with +0 (or with c). */
KERNEL(gemm_f32, void,
       (const float *a, size_t lda, const float *panel, size_t k, float *c, size_t ldc,
        size_t m, size_t n, int more))

/* panel[k, gemm_nr] = transpose of w[n, k]; columns from n on are zero. */
KERNEL(pack_f32, void, (const float *w, size_t ldw, size_t n, size_t k, float *panel))

/* ---- the same in 8 bits ---- */

/* x[m, k], after what `first` says, to 8 bits, row by row and block by block. In a
 * block: low = min, range = max - min, step = range * (1 / 254f), and q = (x - low) *
 * (254 / range) rounded to nearest even, 0 when range < 2^-100. Where one is not
 * finite, or the range is not, low is NaN and q anything. Bytes of q from k on, up to a
 * multiple of 4, are written with anything. k > 0.
 * If to->pairs, row r becomes row 2r, and fma(-step, q, x - low) row 2r + 1. */
KERNEL(rows_q8, void,
       (const float *x, size_t ldx, size_t m, size_t k,
        const struct kernel_q8_first *first, const struct kernel_q8 *to))

/* c[m, n] = bias[n] + a[m, k] * w[k, n], n <= q8_nr; bias NULL: +0. Every output is one
 * chain over the blocks b of k in order, which begins with the bias: c = fma(low[b],
 * w.sum[b], c), then c = fma(the sum of q * w.q, an integer, a.step[b] * w.step[b], c).
 */
KERNEL(gemm_q8, void,
       (const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k,
        const float *bias, float *c, size_t ldc, size_t m, size_t n))

/* ---- the same with weights in the blocks that they are stored in ---- */

/* x[m, k], after what `first` says, to 8 bits, row by row and block by block of 32. In
 * a block: mid = smallest / 2 + largest / 2, but 0 if that is below 2^-100; v = x -
 * mid, max = the largest |v|, step = max * (1 / 127f), q = v * (127 / max) rounded to
 * nearest even; where max < 2^-100 all are 0. Where one is not finite step is NaN, q
 * anything, mid, start and sum 0. k > 0 is a multiple of 32.
 * If to->wide, to 16 bits, in blocks of KERNEL_WIDE_STEP, the last of which may be
 * shorter, by the same rules: mid is 0 and not written, 32512 stands for 127, and where
 * the low byte would be -128 q is one more. */
KERNEL(rows_qb, void,
       (const float *x, size_t ldx, size_t m, size_t k,
        const struct kernel_q8_first *first, const struct kernel_qb *to))

/* c[m, n] = bias[n] + (a[m, k] - mid) * w[k, n], n <= qb_nr; bias NULL: +0: what mid
 * adds is a product with the sums of blocks of weights. Every output is one chain over
 * the groups g of k in order, which begins with the bias: t = the sum of q *
 * (u - zero), an integer, * d; with mins t = fma(a.sum, m, t); c = fma(a.step, t, c).
 * If a->wide, a chain for each step of a's, which begins with +0: t = fma(the sum, d,
 * t); with mins t = fma(a.sum, m, t); behind its last group c = fma(a.step, t, c). */
KERNEL(gemm_qb, void,
       (const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
        const float *bias, float *c, size_t ldc, size_t m, size_t n))

/* ---- rows of a matrix y[m, n], in place ---- */

KERNEL(bias, void, (float *y, size_t ldy, size_t m, size_t n, const float *b))

/* y[m, n] = (x[2r] + x[2r + 1]) + b of x[2 * m, n]; b NULL: the sum of both. */
KERNEL(add_pairs, void,
       (const float *x, size_t ldx, float *y, size_t ldy, size_t m, size_t n,
        const float *b))

/* y = gelu(y + b) with gelu(x) = x/2 * (1 + erf(x / sqrt(2))) */
KERNEL(bias_gelu, void, (float *y, size_t ldy, size_t m, size_t n, const float *b))

/* y = layer norm of (y + bias) + residual; see struct kernel_norm. n > 0. */
KERNEL(add_norm, void,
       (float *y, size_t ldy, size_t m, size_t n, const struct kernel_norm *p))

/* y[m, n] = x * (1 / sqrt(sum(x^2) / n + eps)) * gamma, row by row; y may be x. n > 0.
 * Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019. */
KERNEL(rms_norm, void,
       (float *y, size_t ldy, const float *x, size_t ldx, size_t m, size_t n,
        const float *gamma, float eps))

/* y = softmax of each row of y * scale. A NaN makes its whole row NaN, and so does a
 * row without a finite maximum. */
KERNEL(softmax, void, (float *y, size_t ldy, size_t m, size_t n, float scale))

/* ---- attention ---- */

/* out[n, dim] = softmax(scale * q key^T) value of one head, scale > 0. A score is one
 * fma chain over dim in order; its weight exp((score - max) * scale), not below 2^-126;
 * with `relative` the score is fma(it, scale, relative[i - j]), its weight exp(score
 * - max);
 * the weights are added in order, KERNEL_ATTEND_SUM at a time, and then these sums; an
 * output is one fma chain over the keys in order, times 1 / the sum. Chains begin with
 * +0. A NaN among the scores of a query, or no finite maximum, makes its row NaN. */
KERNEL(attend, void, (const struct kernel_attend *h))

/* most[c] = the largest |x| of column c of x[m, n]; 0 for none, NaN for one. */
KERNEL(largest, void, (const float *x, size_t ldx, size_t m, size_t n, float *most))

/* `attend` in whole numbers, without `relative`; work is kernel_attend16_work(n, dim)
 * words. up = limit / the largest of most_q, 0 when that is below 2^-100, limit = the
 * root of 2^22 / dim, rounded down; q becomes q * up, rounded to nearest even; keys
 * alike, and a value with a limit of KERNEL_ATTEND16_VALUE and the largest of its
 * column.
 * A score is an integer s, its weight 2^14 * exp((s - max) * scale / up_q / up_key) in
 * whole numbers, as attend_ref.c has it; sums of weights and of weights times values
 * are integers for KERNEL_ATTEND16_KEYS keys at a time, then floats, added in order; an
 * output is the latter times 1 / the former, times 1 / up of the value. Where a number
 * is not finite, all are NaN. */
KERNEL(attend16, void, (const struct kernel_attend *h))

/* ---- vectors ---- */

/* In place. exp: results below 2^-126 are +0. */
KERNEL(exp, void, (float *y, size_t n))
KERNEL(erf, void, (float *y, size_t n))
KERNEL(tanh, void, (float *y, size_t n))

/* y = x / (1 + exp(-x)), times `up` where that is not NULL; y may be x. Source:
 * Shazeer, "GLU Variants Improve Transformer", 2020. */
KERNEL(silu, void, (float *y, const float *x, const float *up, size_t n))

/* The same with x/2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))). */
KERNEL(gelu_tanh, void, (float *y, const float *x, const float *up, size_t n))

KERNEL(axpy, void, (float *y, const float *x, float a, size_t n)) /* y = fma(a, x, y) */
KERNEL(scale, void, (float *y, float a, size_t n))                /* y = a * y */
KERNEL(dot, float, (const float *x, const float *y, size_t n))
KERNEL(max, float, (const float *x, size_t n)) /* NaN for one; none: -infinity */

/* To binary16, to nearest even; what is beyond its range becomes its largest number.
 * And back, exact. */
KERNEL(f16_put, void, (uint16_t * h, const float *x, size_t n))
KERNEL(f16_get, void, (float *x, const uint16_t *h, size_t n))

/* ---- bytes; nothing outside [p, p + n) is read ---- */

/* Bit i % 64 of stop[i / 64] says whether byte i < n cannot stand in a JSON string as
 * it is: < 0x20, '"' or '\\'. Bits from n on are 0. Returns whether one is >= 0x80. */
KERNEL(text_stops, int, (const char *p, size_t n, uint64_t *stop))

/* How many bytes at p are ASCII: up to the first byte >= 0x80. */
KERNEL(text_ascii, size_t, (const char *p, size_t n))

/* Whether p is well-formed UTF-8 (Unicode 15.0, table 3-7). */
KERNEL(text_utf8, int, (const char *p, size_t n))
