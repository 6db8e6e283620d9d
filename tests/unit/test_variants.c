/* test_variants.c - the best ways to choose, against all of them */
#include <string.h>

#include "infer/variants.h"
#include "tap.h"

#define PARTS 4
#define EACH  3
#define WAYS  81 /* EACH to the power of PARTS */
#define MOST  7

static double gain[PARTS][EACH] = {
    { 0, -1.25, -3 }, { 0, -0.5, -0.75 }, { 0, -2, -2.25 }, { 0, -1, -4 }
};

static double
sum_of(size_t way)
{
    double sum = 0;

    for (size_t i = 0; i < PARTS; i++, way /= EACH)
        sum += gain[i][way % EACH];
    return sum;
}

/* The sum of the way that has i better ones */
static double
ith_best(size_t i)
{
    for (size_t w = 0; w < WAYS; w++) {
        size_t better = 0, same = 0;

        for (size_t k = 0; k < WAYS; k++) {
            better += sum_of(k) > sum_of(w);
            same += sum_of(k) == sum_of(w);
        }
        if (better <= i && i < better + same)
            return sum_of(w);
    }
    return 0;
}

int
main(void)
{
    struct arena mem = { 0 };
    struct variants v = { .most = MOST, .mem = &mem }, one = { .most = 1, .mem = &mem };
    size_t pick[PARTS];

    for (size_t i = 0; i < PARTS; i++) {
        variants_add(&v, gain[i], EACH);
        variants_add(&one, gain[i], EACH);
    }
    tap_ok(v.n == MOST && v.parts == PARTS, "as many as were asked for");
    for (size_t i = 0; i < v.n; i++) {
        double sum = variants_read(&v, i, pick), own = 0;

        for (size_t k = 0; k < PARTS; k++)
            own += gain[k][pick[k]];
        tap_ok(sum == ith_best(i) && own == sum, "way %zu: %g", i, sum);
    }
    tap_ok(one.n == 1 && variants_read(&one, 0, pick) == 0, "one alone is the best");
    arena_release(&mem);
    return tap_done();
}
