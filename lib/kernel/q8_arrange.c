/* q8_arrange.c - panels in 8 bits for CPUs that add products by two in 16 bits */
#include "kernel/q8_arrange.h"

#include <string.h>

#define NR   Q8_ARRANGED_NR
#define HALF (NR / 2 * 4) /* bytes of 8 columns of a four */
#define MOST 129          /* 254 * 129 fits into 16 bits */

size_t
q8_arrange_bytes(size_t k)
{
    return 2 * ((k + 3) / 4 * 4 * NR);
}

static int
too_much(const int8_t w[2])
{
    int sum = w[0] + w[1];

    return (w[0] > 0) == (w[1] > 0) && (sum > MOST || sum < -MOST);
}

static unsigned
kind_of(const int8_t four[2 * HALF])
{
    unsigned kind = 0;

    for (size_t i = 0; i < 2 * HALF; i += 2)
        kind |= (unsigned)too_much(four + i) << i / HALF;
    return kind;
}

/* Half a four, and what its columns begin with; returns what is behind it. */
static int8_t *
put_half(const int8_t w[HALF], int masks, int8_t *q, int32_t start[NR / 2])
{
    memcpy(q, w, HALF);
    if (!masks)
        return q + HALF;
    memset(q + HALF, 0, HALF);
    for (size_t i = 0; i < HALF; i += 2)
        if (too_much(w + i)) {
            q[i + 1] = (int8_t)-w[i + 1];
            q[HALF + i + 1] = -1;
            start[i / 4] += 255 * w[i + 1];
        }
    return q + 2 * HALF;
}

void
q8_arrange(const int8_t *w, size_t k, size_t block, const struct q8_arranged *to)
{
    int8_t *q = to->q;
    uint16_t *order = to->order;

    for (size_t b = 0, l = 0; l < k; b++, l += block) {
        size_t fours = ((k - l < block ? k - l : block) + 3) / 4;
        int32_t *start = to->start + b * NR;

        memset(start, 0, NR * sizeof *start);
        for (unsigned kind = 0; kind < Q8_KINDS; kind++) {
            uint16_t *first = order;

            for (size_t i = 0; i < fours; i++) {
                const int8_t *four = w + (l / 4 + i) * 2 * HALF;

                if (kind_of(four) != kind)
                    continue;
                *order++ = (uint16_t)i;
                q = put_half(four, kind & 1, q, start);
                q = put_half(four + HALF, kind & 2, q, start + NR / 2);
            }
            to->count[b * Q8_KINDS + kind] = (uint16_t)(order - first);
        }
    }
}

/* Column i of half a four; returns what is behind it. */
static const int8_t *
get_half(const int8_t *q, int masks, size_t i, int8_t w[4])
{
    memcpy(w, q + 4 * i, 4);
    for (size_t l = 0; masks && l < 4; l++)
        w[l] = (int8_t)(q[HALF + 4 * i + l] ? -w[l] : w[l]);
    return q + (masks ? 2 : 1) * HALF;
}

void
q8_arrange_get(const struct q8_arranged *from, size_t k, size_t block, size_t i,
               int8_t *w, size_t at)
{
    const int8_t *q = from->q;
    const uint16_t *order = from->order;
    int8_t unused[4];

    for (size_t b = 0, l = 0; l < k; b++, l += block)
        for (int kind = 0; kind < Q8_KINDS; kind++)
            for (size_t n = from->count[b * Q8_KINDS + (size_t)kind]; n > 0; n--) {
                int8_t *four = w + (l / 4 + *order++) * 2 * HALF + 4 * at;

                q = get_half(q, kind & 1, i % (NR / 2), i < NR / 2 ? four : unused);
                q = get_half(q, kind & 2, i % (NR / 2), i < NR / 2 ? unused : four);
            }
}
