/* wave.c - the sinusoids that tell a network where a token stands */
#include "tensor/wave.h"

#include "tensor/trig.h"

#define LN_10000 0x1.26bb1bbb55516p+3

void
wave_fill(float *to, size_t n, size_t d, double over)
{
    size_t half = d / 2;

    for (size_t i = 0; i < half; i++) {
        double w = trig_exp(-(double)i * LN_10000 / over);

        for (size_t t = 0; t < n; t++) {
            to[t * d + i] = (float)trig_sin((double)t * w, 0);
            to[t * d + half + i] = (float)trig_sin((double)t * w, 1);
        }
    }
}
