/* stops.c - where the plain run of a JSON string ends */
#include "json/stops.h"

#include "kernel/kernel.h"
#include "text/utf8.h"

void
stops_fill(struct stops *s, const char *p)
{
    size_t left = (size_t)(s->end - p), n = left < STOPS_SPAN ? left : STOPS_SPAN;

    s->from = p;
    s->to = p + n;
    if (kernel_best()->text_stops(p, n, s->bit) && !s->checked) {
        s->bad = p + utf8_valid(p, left);
        s->checked = 1;
    }
}
