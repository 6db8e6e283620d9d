/* test_wordlist.c - vocabularies, as Python counts them */
#include "text/wordlist.h"

#include "goldwords.h"
#include "tap.h"

static void
test_golden(const struct jfloats *j)
{
    struct arena a = { 0 };
    size_t n, n_want, bad = 0, min;
    struct str *text = goldwords_list(j, "texts", &a, &n);
    struct str *want = goldwords_list(j, "list", &a, &n_want);
    struct wordbag *bag = arena_alloc(&a, n * sizeof *bag);
    struct wordlist_opt opt = { .max = 1 << 20 };
    struct wordlist l;
    int64_t least;

    if (!json_int(jfloats_member(j, "min"), 1, 9, &least))
        jfloats_die("min");
    opt.min = min = (size_t)least;
    for (size_t i = 0; i < n; i++)
        bag[i] = wordbag_split(text[i], &a);
    wordlist_make(&l, bag, n, &opt);
    for (size_t i = 0; i < l.n && i < n_want; i++)
        bad += !str_eq(l.word[i], want[i]) ||
               map_find(l.number, want[i], -1) != (int32_t)i;
    tap_ok(l.n == n_want && l.min == min && bad == 0, "in %zu texts: %zu of %zu words",
           min, l.n, n_want);
    opt.max = n_want - 1; /* one too many: only what is in more texts */
    wordlist_release(&l);
    wordlist_make(&l, bag, n, &opt);
    tap_ok(l.min > min && l.n > 0 && l.n < n_want, "fewer: in %zu texts, %zu words",
           l.min, l.n);
    wordlist_release(&l);
    arena_release(&a);
}

int
main(void)
{
    struct jfloats j;
    int lines = 0;

    if (jfloats_open(&j, GOLDWORDS))
        jfloats_die(GOLDWORDS);
    for (; goldwords_next(&j, "list"); lines++)
        test_golden(&j);
    tap_ok(lines == 3, "%d vocabularies", lines);
    jfloats_close(&j);
    return tap_done();
}
