/* test_rope.c - rotary positions beside their definition in double */
#include "tensor/rope.h"

#include "tap.h"
#include "tensors.h"

static const struct rope_stretch llama3 = { 1.0, 4.0, 8192.0 };
static const float factors[] = { 1.0f, 1.5f, 4.0f, 8.0f };

static const struct {
    const char *name;
    struct rope_opt opt;
} kinds[] = {
    { "Llama 2", { .dim = 128, .base = 10000, .factor = 1 } },
    { "pairs of neighbours", { .dim = 64, .base = 1e5, .factor = 1, .next = 1 } },
    { "linear", { .dim = 20, .base = 1e6, .factor = 8 } },
    { "Llama 3", { .dim = 128, .base = 5e5, .factor = 32, .stretch = &llama3 } },
    { "factors", { .dim = 8, .base = 1e4, .factor = 1, .factors = factors } },
    { "base 1", { .dim = 6, .base = 1, .factor = 1 } },
    { "two numbers", { .dim = 2, .base = 1e4, .factor = 1, .next = 1 } },
};

/* Radians a token of pair i, as transformers' modeling_rope_utils.py has them */
static double
speed(const struct rope_opt *o, size_t i)
{
    const struct rope_stretch *s = o->stretch;
    double v = 1.0 / pow(o->base, 2.0 * (double)i / (double)o->dim);
    double length = 2.0 * acos(-1.0) / v, smooth;

    if (o->factors)
        v /= (double)o->factors[i];
    if (s == NULL || length > s->context / s->low)
        return v / o->factor;
    if (length < s->context / s->high)
        return v;
    smooth = (s->context / length - s->low) / (s->high - s->low);
    return (1.0 - smooth) * v / o->factor + smooth * v;
}

/* x [dim] at a position, to y */
static void
define(const struct rope_opt *o, size_t position, const float *x, double *y)
{
    for (size_t i = 0; i < o->dim / 2; i++) {
        size_t at = o->next ? 2 * i : i, mate = o->next ? at + 1 : i + o->dim / 2;
        double angle = (double)position * speed(o, i);
        double a = (double)x[at], b = (double)x[mate];

        y[at] = a * cos(angle) - b * sin(angle);
        y[mate] = b * cos(angle) + a * sin(angle);
    }
}

static void
test_kind(const char *name, const struct rope_opt *o)
{
    enum { HEADS = 3 };
    static const size_t positions[] = { 0, 1, 63, 4095, 131071, 1 << 20 };
    struct arena mem = { 0 };
    struct rope r;
    double want[128], most = 0;
    int exact = 1;

    rope_init(&r, o, &mem);
    for (size_t p = 0; p < sizeof positions / sizeof *positions; p++) {
        float *x = tensors_random(HEADS * o->dim, (uint32_t)p);
        float *y = tensors_random(HEADS * o->dim, (uint32_t)p);
        float *turn = tensors_zero(o->dim);

        rope_angles(&r, positions[p], turn);
        rope_apply(&r, turn, y, HEADS);
        exact &= positions[p] > 0 || tensors_same(x, y, HEADS * o->dim);
        for (size_t h = 0; h < HEADS; h++) {
            define(o, positions[p], x + h * o->dim, want);
            most = fmax(most, tensors_apart(y + h * o->dim, want, o->dim));
        }
        mem_free(x);
        mem_free(y);
        mem_free(turn);
    }
    tap_ok(exact, "%s: position 0 turns nothing", name);
    tap_ok(most < 4e-7, "%s: within %.1e up to position 2^20", name, most);
    arena_release(&mem);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        test_kind(kinds[i].name, &kinds[i].opt);
    return tap_done();
}
