/* test_qsplit.c - blocks taken apart are, put together, what quant_to_f32() says */
#include "quant/qsplit.h"

#include <math.h>
#include <string.h>

#include "qblocks.h"
#include "tap.h"

enum { N = 1024 };

/* w = d * (u - zero) + m, rounded as quant.h says: one by one */
static float
together(const struct qsplit_form *f, const struct qsplit *x, size_t i)
{
    int u = f->levels ? qsplit_level(x->u[i]) : x->u[i];
    float w = qsplit_d(f, x, i / f->group) * (float)(u - f->zero);

    return f->mins ? w + qsplit_m(f, x, i / f->group) : w;
}

static int
same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void
test_type(size_t t, const unsigned char *raw, const char *what)
{
    enum quant_type type = qblocks[t].type;
    const struct qsplit_form *f = qsplit_form(type);
    float want[N];
    int good = 1, small = 1;

    quant_to_f32(type, raw, want, N);
    /* Also fewer than QSPLIT_MOST at once */
    for (size_t i = 0, n; i < N; i += n) {
        struct qsplit x;

        n = i % 512 || quant_block(type) == QSPLIT_MOST ? QSPLIT_MOST
                                                        : QSPLIT_MOST - 32;
        n = n < N - i ? n : N - i;
        qsplit_take(type, raw + quant_bytes(type, i), n, &x);
        for (size_t k = 0; k < n; k++) {
            good &= same(together(f, &x, k), want[i + k]);
            small &= x.u[k] >> f->bits == 0;
        }
    }
    tap_ok(good, "%s, %s: together they are what they were", quant_name(type), what);
    tap_ok(small, "%s, %s: integers of %d bits", quant_name(type), what, f->bits);
}

int
main(void)
{
    for (size_t t = 0; t < QBLOCKS; t++) {
        unsigned char *raw = qblocks_random(t, 1, N, (uint32_t)t);
        uint32_t seed = 7;

        test_type(t, raw, "harmless");
        for (size_t i = 0; i < quant_bytes(qblocks[t].type, N); i++) {
            seed = seed * 1664525 + 1013904223;
            raw[i] = (unsigned char)(seed >> 24);
        }
        test_type(t, raw, "any bytes");
        mem_free(raw);
    }
    tap_ok(!qsplit_form(QUANT_F32) && !qsplit_form(QUANT_F16) &&
               !qsplit_form(QUANT_BF16),
           "floats have no form");
    return tap_done();
}
