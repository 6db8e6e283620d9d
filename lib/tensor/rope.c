/* rope.c - rotary positions */
#include "tensor/rope.h"

#include "base/mem.h"
#include "tensor/trig.h"

#define TWO_PI 0x1.921fb54442d18p+2

/* What an angle is divided by */
static double
divisor(const struct rope_opt *opt, double speed)
{
    const struct rope_stretch *s = opt->stretch;
    double length = TWO_PI / speed, part;

    if (s == NULL || length > s->context / s->low)
        return opt->factor;
    if (length < s->context / s->high)
        return 1.0;
    part = (s->context / length - s->low) / (s->high - s->low);
    return 1.0 / ((1.0 - part) / opt->factor + part);
}

void
rope_init(struct rope *r, const struct rope_opt *opt, struct arena *mem)
{
    double step = -2.0 * trig_log(opt->base) / (double)opt->dim;

    r->dim = opt->dim;
    r->next = opt->next;
    r->speed = arena_alloc(mem, mem_mul(opt->dim / 2, sizeof *r->speed));
    for (size_t i = 0; i < opt->dim / 2; i++) {
        double speed = trig_exp((double)i * step);

        speed /= divisor(opt, speed);
        r->speed[i] = opt->factors ? speed / (double)opt->factors[i] : speed;
    }
}

void
rope_angles(const struct rope *r, size_t position, float *turn)
{
    size_t half = r->dim / 2;

    for (size_t i = 0; i < half; i++) {
        double angle = (double)position * r->speed[i];

        turn[i] = (float)trig_sin(angle, 1);
        turn[half + i] = (float)trig_sin(angle, 0);
    }
}

void
rope_apply(const struct rope *r, const float *turn, float *x, size_t n_head)
{
    size_t half = r->dim / 2, step = r->next ? 2 : 1, mate = r->next ? 1 : half;

    for (size_t h = 0; h < n_head; h++, x += r->dim)
        for (size_t i = 0; i < half; i++) {
            float a = x[i * step], b = x[i * step + mate];
            float cosine = turn[i], sine = turn[half + i];

            x[i * step] = a * cosine - b * sine;
            x[i * step + mate] = a * sine + b * cosine;
        }
}
