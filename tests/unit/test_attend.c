/* test_attend.c - attention: in double, huge scores, at all levels, sequences alone */
#include "tensor/attend.h"

#include "tap.h"
#include "tensors.h"

#define N_SEQ 7

static const size_t start[N_SEQ + 1] = { 0, 1, 14, 14, 47, 111, 240, 753 };
static const struct attend_shape shapes[] = { { 12, 32, 0 }, { 2, 64, 0 },
                                              { 3, 20, 0 },  { 1, 1, 0 },
                                              { 12, 32, 1 }, { 2, 64, 1 },
                                              { 3, 20, 1 },  { 1, 1, 1 } };

static float *
run(enum cpu_level level, const struct attend_shape *s, const float *qkv, size_t from,
    size_t n_seq)
{
    size_t d = s->n_head * s->head_dim, n_tok = start[from + n_seq] - start[from];
    float *out = tensors_zero(n_tok * d);
    struct arena work = { 0 };
    size_t local[N_SEQ + 1];

    for (size_t i = 0; i <= n_seq; i++)
        local[i] = start[from + i] - start[from];
    attend(kernel_get(level), s, qkv + start[from] * 3 * d, local, n_seq, out, &work);
    arena_release(&work);
    return out;
}

/* Token t of a sequence of n tokens, one head, in double */
static void
define(const struct attend_shape *s, const float *seq, size_t n, size_t t, size_t head,
       double *out)
{
    size_t d = s->n_head * s->head_dim, dim = s->head_dim;
    const float *q = seq + t * 3 * d + head * dim, *k = seq + d + head * dim;
    const float *v = k + d;
    double sum = 0;

    for (size_t c = 0; c < dim; c++)
        out[c] = 0;
    for (size_t i = 0; i < n; i++) {
        double score = 0, weight;
        for (size_t c = 0; c < dim; c++)
            score += (double)q[c] * (double)k[i * 3 * d + c];
        weight = exp(score / sqrt((double)dim));
        sum += weight;
        for (size_t c = 0; c < dim; c++)
            out[c] += weight * (double)v[i * 3 * d + c];
    }
    for (size_t c = 0; c < dim; c++)
        out[c] /= sum;
}

static double
worst(const struct attend_shape *s, const float *qkv, const float *out)
{
    size_t d = s->n_head * s->head_dim;
    double want[64], most = 0;

    for (size_t q = 0; q < N_SEQ; q++)
        for (size_t t = start[q]; t < start[q + 1]; t += 5) {
            size_t head = t % s->n_head;
            define(s, qkv + start[q] * 3 * d, start[q + 1] - start[q], t - start[q],
                   head, want);
            most = fmax(most, tensors_apart(out + t * d + head * s->head_dim, want,
                                            s->head_dim));
        }
    return most;
}

static void
test_alone(const struct attend_shape *s, const float *qkv, const float *all)
{
    size_t d = s->n_head * s->head_dim;
    int good = 1;

    for (size_t q = 0; q < N_SEQ; q++) {
        float *one = run(cpu_level(), s, qkv, q, 1);
        good &= tensors_same(all + start[q] * d, one, (start[q + 1] - start[q]) * d);
        mem_free(one);
    }
    tap_ok(good, "%zu x %zu: a sequence does not depend on its neighbours", s->n_head,
           s->head_dim);
}

/* A bias by distance, so strong that each query sees one key: the one behind it, the
 * last one itself. And the same bits alone as with a neighbour. */
static void
test_relative(enum cpu_level level)
{
    enum { N = 40, HEADS = 2, DIM = 3, D = HEADS * DIM };
    struct attend_shape s = { HEADS, DIM, 1 }; /* it is with floats all the same */
    float add[HEADS * (2 * N - 1)] = { 0 }, *qkv = tensors_random(N * 3 * D, 1);
    float *out = tensors_zero(N * D), *alone = tensors_zero(N * D);
    struct attend_distance distance = { add, N };
    struct arena work = { 0 };
    int good = 1;

    add[N - 2] = 300;                    /* of head 0, i - j = -1: the key behind */
    add[2 * N - 1 + 2 * N - 2] = 300.0f; /* of head 1, i - j = N - 1 */
    attend_relative(kernel_get(level), &s, &distance, qkv, (const size_t[]){ 0, N }, 1,
                    out, &work);
    for (size_t i = 0; i + 1 < N; i++)
        good &= tensors_same(out + i * D, qkv + (i + 1) * 3 * D + 2 * D, DIM);
    good &= tensors_same(out + (N - 1) * D + DIM, qkv + 2 * D + DIM, DIM);
    tap_ok(good, "%s: the distance decides", cpu_name(level));
    attend_relative(kernel_get(level), &s, &distance, qkv, (const size_t[]){ 0, 19, N },
                    2, out, &work);
    attend_relative(kernel_get(level), &s, &distance, qkv + 19 * 3 * D,
                    (const size_t[]){ 0, N - 19 }, 1, alone, &work);
    tap_ok(tensors_same(out + 19 * D, alone, (N - 19) * D),
           "%s: a bias does not see neighbours", cpu_name(level));
    mem_free(qkv);
    mem_free(out);
    mem_free(alone);
    arena_release(&work);
}

/* Scores near the largest float, whose differences decide, and one not finite */
static void
test_huge(enum cpu_level level)
{
    struct attend_shape s = { 1, 2, 0 };
    float qkv[] = { 1e18f, 0, 1e18f,    0, 1, 2, /* the key that two queries like */
                    1e18f, 0, 0.99e18f, 0, 3, 4, -1.0f, 0, -1e18f, 0, 5, 6 };
    float out[6], bad[6];
    struct arena work = { 0 };

    attend(kernel_get(level), &s, qkv, (const size_t[]){ 0, 3 }, 1, out, &work);
    tap_ok(out[0] == 1 && out[1] == 2 && out[2] == 1 && out[3] == 2 && out[4] == 5,
           "%s: the largest of huge scores takes all", cpu_name(level));
    qkv[6] = 1e30f; /* the second query */
    attend(kernel_get(level), &s, qkv, (const size_t[]){ 0, 3 }, 1, bad, &work);
    tap_ok(isnan(bad[2]) && isnan(bad[3]) && bad[0] == out[0] && bad[4] == out[4],
           "%s: an infinite score makes its row NaN, and no other", cpu_name(level));
    arena_release(&work);
}

/* In 16 bits: numbers that are all zero, tiny or huge, and one that is not finite */
static void
test_in16(enum cpu_level level)
{
    struct attend_shape s = { 1, 2, 1 };
    float qkv[12] = { 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 6 }, out[4];
    const size_t ends[] = { 0, 2 };
    struct arena work = { 0 };

    attend(kernel_get(level), &s, qkv, ends, 1, out, &work);
    tap_ok(fabsf(out[0] - 2) < 0.01f && fabsf(out[3] - 4) < 0.01f,
           "%s: without a score values are averaged", cpu_name(level));
    qkv[0] = qkv[1] = 1e12f;
    qkv[8] = qkv[9] = 1e12f;
    attend(kernel_get(level), &s, qkv, ends, 1, out, &work);
    tap_ok(fabsf(out[0] - 3) < 0.01f && fabsf(out[1] - 6) < 0.01f &&
               fabsf(out[2] - 2) < 0.01f,
           "%s: the largest of huge scores takes all, in 16 bits", cpu_name(level));
    qkv[5] = NAN;
    attend(kernel_get(level), &s, qkv, ends, 1, out, &work);
    tap_ok(isnan(out[0]) && isnan(out[1]) && isnan(out[2]) && isnan(out[3]),
           "%s: what is not finite makes all NaN, in 16 bits", cpu_name(level));
    arena_release(&work);
}

int
main(void)
{
    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
        test_huge(level);
        test_in16(level);
        test_relative(level);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct attend_shape *s = &shapes[i];
        float *qkv = tensors_random(start[N_SEQ] * 3 * s->n_head * s->head_dim, 1);
        float *ref = run(CPU_REF, s, qkv, 0, N_SEQ);
        double apart = worst(s, qkv, ref);

        tap_ok(apart < (s->in16 ? 2e-3 : 1e-6),
               "%zu x %zu%s: %.2g from the result in double", s->n_head, s->head_dim,
               s->in16 ? " in 16 bits" : "", apart);
        for (enum cpu_level level = CPU_AVX2; level <= cpu_detect(); level++) {
            float *got = run(level, s, qkv, 0, N_SEQ);
            tap_ok(tensors_same(ref, got, start[N_SEQ] * s->n_head * s->head_dim),
                   "%zu x %zu: %s gives the same bits", s->n_head, s->head_dim,
                   cpu_name(level));
            mem_free(got);
        }
        test_alone(s, qkv, ref);
        mem_free(ref);
        mem_free(qkv);
    }
    return tap_done();
}
