/* test_gather.c - rows of many threads, in the order of the input */
#include "cli/gather.h"

#include <stdio.h>

#include "base/pool.h"
#include "tap.h"

#define PARTS 200

/* Batch i has i % 3 rows "i.k", "" each. */
static void
add(void *arg, int i)
{
    char text[3][16];
    struct str field[6];

    for (int k = 0; k < i % 3; k++) {
        snprintf(text[k], sizeof text[k], "%d.%d", i, k);
        field[2 * k] = str_of(text[k]);
        field[2 * k + 1] = (struct str){ NULL, 0 };
    }
    gather_add(arg, (unsigned long long)i, field, (size_t)(i % 3));
}

int
main(void)
{
    struct gather *g = gather_new(2);
    struct pool *pool = pool_new(4);
    const struct str *row;
    size_t n, at = 0, right = 0;
    char want[16];

    pool_run(pool, PARTS, add, g);
    row = gather_rows(g, &n);
    for (int i = 0; i < PARTS; i++)
        for (int k = 0; k < i % 3; k++, at++) {
            snprintf(want, sizeof want, "%d.%d", i, k);
            right += at < n && str_is(row[2 * at], want) && row[2 * at + 1].n == 0;
        }
    tap_ok(n == at && right == n, "%zu rows of %d batches, in order", n, PARTS);
    gather_free(g);
    g = gather_new(3);
    gather_rows(g, &n);
    tap_ok(n == 0, "nothing is no row");
    gather_free(g);
    pool_free(pool);
    return tap_done();
}
