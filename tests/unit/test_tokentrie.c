/* test_tokentrie.c - the tokens of a vocabulary as a tree of their bytes */
#include "infer/tokentrie.h"

#include "base/mem.h"
#include "tap.h"

/* Walk all of it: each token of the words once, at a node of its bytes. */
static long
count_found(const struct tokentrie *t, const struct tokentrie_words *w)
{
    char text[TOKENTRIE_BYTES + 1];
    long found = 0;

    for (uint32_t i = 0; i < t->n_node; i++) {
        text[t->depth[i]] = (char)t->byte[i];
        for (uint32_t k = t->first[i]; k < t->first[i + 1]; k++)
            found += str_eq(w->word[t->token[k]],
                            (struct str){ text, (size_t)t->depth[i] + 1 });
    }
    return found;
}

/* A jump goes to the next node that is no deeper. */
static int
jumps(const struct tokentrie *t)
{
    int good = 1;

    for (uint32_t i = 0; i < t->n_node; i++) {
        uint32_t k = i + 1;
        while (k < t->n_node && t->depth[k] > t->depth[i])
            k++;
        good &= t->skip[i] == k;
    }
    return good;
}

/* The longest word that text begins with, by looking at all. */
static size_t
longest(const struct tokentrie_words *w, struct str text)
{
    size_t best = 0;

    for (size_t i = 0; i < w->n; i++)
        if (w->word[i].n <= text.n && w->word[i].n > best &&
            memcmp(w->word[i].p, text.p, w->word[i].n) == 0)
            best = w->word[i].n;
    return best;
}

static void
test_vocabulary(const char *path)
{
    static const char text[] =
        "{\"name\":\"The man   who was  Thursday\",\"n\":1234} \xc3\xa4";
    struct err e = { 0 };
    struct tokenizer *t = tokenizer_open(path, &e);
    struct tokentrie_words w;
    struct tokentrie *tree;
    long all = 0, same = 0;
    size_t n;

    if (t == NULL) {
        tap_ok(0, "%s", e.msg);
        return;
    }
    tokentrie_words_read(&w, t);
    tree = tokentrie_make(&w, NULL);
    for (size_t i = 0; i < w.n; i++)
        all += w.word[i].n > 0;
    tap_ok(all > 300 && tree->n_token == all && count_found(tree, &w) == all,
           "%s: all %ld tokens are there", path, all);
    tap_ok(jumps(tree), "and all jumps are right");
    for (size_t i = 0; i < sizeof text - 1; i++) {
        struct str rest = { text + i, sizeof text - 1 - i };
        int32_t id = tokentrie_longest(tree, rest, &n);
        same += n == longest(&w, rest) && (n == 0 || w.word[id].n == n);
    }
    tap_ok(same == sizeof text - 1, "%ld longest tokens", same);
    tokentrie_free(tree);
    tokentrie_words_release(&w);
    tokenizer_close(t);
}

static void
test_words(void)
{
    struct str word[] = { STR("ab"), STR(""), STR("abc"), STR("ab"), STR("b") };
    struct tokentrie_words w = { .word = word, .n = 5 };
    const uint8_t want[] = { 0, 1, 1, 1, 1 };
    struct tokentrie *t = tokentrie_make(&w, NULL);
    size_t n;

    tap_ok(t->n_node == 4 && t->n_token == 4, "twins share a node");
    tap_ok(tokentrie_longest(t, STR("abd"), &n) == 0 && n == 2, "the first of twins");
    tap_ok(tokentrie_longest(t, STR("abcd"), &n) == 2 && n == 3, "the longest");
    tap_ok(tokentrie_longest(t, STR("ca"), &n) == -1 && n == 0, "none");
    tap_ok(tokentrie_longest(t, STR(""), &n) == -1 && n == 0, "of nothing none");
    tokentrie_free(t);
    t = tokentrie_make(&w, want);
    tap_ok(tokentrie_longest(t, STR("ab"), &n) == 3 && t->n_token == 3,
           "only those wanted");
    tokentrie_free(t);
    w.n = 0;
    t = tokentrie_make(&w, NULL);
    tap_ok(tokentrie_longest(t, STR("ab"), &n) == -1 && t->n_node == 0, "of no words");
    tokentrie_free(t);
}

int
main(void)
{
    test_words();
    test_vocabulary("tests/golden/bpe/smollm.json");
    test_vocabulary("tests/golden/bpe/qwen2.json");
    return tap_done();
}
