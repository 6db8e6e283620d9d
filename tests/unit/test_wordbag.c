/* test_wordbag.c - words and pairs, as Python's re finds them */
#include "text/wordbag.h"

#include "goldwords.h"
#include "tap.h"

static int
same_features(const struct wordbag *b, const struct str *want, size_t n)
{
    if (wordbag_count(b) != n)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!str_eq(wordbag_feature(b, i), want[i]))
            return 0;
    return 1;
}

static void
test_golden(void)
{
    struct arena a = { 0 };
    struct buf text = { 0 };
    struct jfloats j;
    size_t lines = 0, right = 0;

    if (jfloats_open(&j, GOLDWORDS))
        jfloats_die(GOLDWORDS);
    for (; goldwords_next(&j, "bag"); lines++) {
        struct wordbag b;
        struct str *want;
        size_t n;
        int ok;
        jfloats_text(&j, "text", &text);
        b = wordbag_split((struct str){ text.p, text.n }, &a);
        want = goldwords_list(&j, "features", &a, &n);
        right += ok = same_features(&b, want, n);
        if (!ok)
            printf("# %.*s\n", (int)text.n, text.p);
        arena_reset(&a);
    }
    tap_ok(lines > 80 && right == lines, "%zu of %zu texts as by Python", right, lines);
    jfloats_close(&j);
    buf_free(&text);
    arena_release(&a);
}

static void
test_known(void)
{
    struct arena a = { 0 };
    struct map *m = map_new(4);
    struct wordbag b = wordbag_split(STR("Disk full; a disk, full DISK!"), &a);
    size_t n;
    int32_t *id;

    map_put(m, STR("full disk"), 0);
    map_put(m, STR("disk"), 7);
    map_put(m, STR("disk full"), 3);
    map_put(m, STR("other"), 1);
    id = wordbag_known(&b, m, &a, &n);
    tap_ok(n == 3 && id[0] == 0 && id[1] == 3 && id[2] == 7, "known: ascending, once");
    b = wordbag_split(STR("x 1"), &a);
    wordbag_known(&b, m, &a, &n);
    tap_ok(wordbag_count(&b) == 0 && n == 0, "nothing in it");
    map_free(m);
    arena_release(&a);
}

/* 4 MB of the shortest words: memory as the header says. */
static void
test_bounds(void)
{
    struct arena a = { 0 };
    struct map *m = map_new(1);
    size_t bytes = 4 << 20, n;
    char *p = malloc(bytes);
    struct wordbag b;

    for (size_t i = 0; i < bytes; i++)
        p[i] = "ab "[i % 3];
    b = wordbag_split((struct str){ p, bytes }, &a);
    map_put(m, STR("ab ab"), 0);
    wordbag_known(&b, m, &a, &n);
    tap_ok(b.n == (bytes + 1) / 3 && n == 1 && a.total < 16 * bytes,
           "%zu words, %.1f bytes a byte", b.n, (double)a.total / (double)bytes);
    map_free(m);
    free(p);
    arena_release(&a);
}

int
main(void)
{
    test_golden();
    test_known();
    test_bounds();
    return tap_done();
}
