/* test_overlong.c - chunks: all tokens, in order, of nearly equal length */
#include "infer/overlong.h"

#include "tap.h"

static int
holds(size_t n, size_t limit)
{
    size_t count = overlong_count(n, limit), at = 0, least = limit, most = 0;

    for (size_t i = 0; i < count; i++) {
        struct overlong_chunk c = overlong_cut(n, count, i);
        if (c.at != at)
            return 0;
        at += c.n;
        least = c.n < least ? c.n : least;
        most = c.n > most ? c.n : most;
    }
    return at == n && most <= limit && most - least <= 1 &&
           (n == 0 || (least > 0 && (count - 1) * limit < n));
}

int
main(void)
{
    int bad = 0;

    for (size_t n = 0; n < 2000; n++)
        for (size_t limit = 1; limit < 300; limit += limit < 8 ? 1 : 41)
            bad += !holds(n, limit);
    tap_ok(bad == 0, "fewest chunks that hold all tokens, lengths differ by 1 at most");
    tap_ok(overlong_count(0, 254) == 1 && overlong_count(254, 254) == 1 &&
               overlong_count(255, 254) == 2,
           "counts at the limit");
    tap_ok(overlong_cut(255, 2, 0).n == 128 && overlong_cut(255, 2, 1).at == 128,
           "255 tokens are 128 and 127");
    for (int i = OVERLONG_ERROR; i < OVERLONG_HOWS; i++)
        tap_ok(overlong_find(overlong_name((enum overlong)i)) == (enum overlong)i,
               "%s is found by its name", overlong_name((enum overlong)i));
    tap_ok(overlong_find("none") == OVERLONG_NONE, "none is no policy");
    return tap_done();
}
