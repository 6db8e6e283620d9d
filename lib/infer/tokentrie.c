/* tokentrie.c - the tokens of a vocabulary as a tree of their bytes */
#include "infer/tokentrie.h"

#include <stdlib.h>

#include "base/mem.h"

/* ---- the bytes ---- */

void
tokentrie_words_read(struct tokentrie_words *w, const struct tokenizer *t)
{
    size_t n = tokenizer_size(t), *at = mem_alloc((n + 1) * sizeof *at);
    struct err e;

    *w = (struct tokentrie_words){ .n = n };
    for (size_t i = 0; i < n; i++) {
        at[i] = w->text.n;
        if (!tokenizer_is_special(t, (int32_t)i))
            tokenizer_put(t, (int32_t)i, 0, &w->text, &e);
        if (w->text.n - at[i] > TOKENTRIE_BYTES)
            w->text.n = at[i];
        if (w->text.n - at[i] > w->longest)
            w->longest = w->text.n - at[i];
    }
    at[n] = w->text.n;
    w->word = mem_alloc(mem_mul(n + 1, sizeof *w->word));
    for (size_t i = 0; i < n; i++)
        w->word[i] = (struct str){ w->text.p + at[i], at[i + 1] - at[i] };
    mem_free(at);
}

void
tokentrie_words_release(struct tokentrie_words *w)
{
    mem_free(w->word);
    buf_free(&w->text);
    *w = (struct tokentrie_words){ 0 };
}

/* ---- the tree ---- */

struct entry {
    uint64_t head; /* the first bytes, as they compare */
    struct str word;
    int32_t id;
};

static uint64_t
head_of(struct str word)
{
    uint64_t head = 0;

    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (i < word.n ? (unsigned char)word.p[i] : 0);
    return head;
}

static int
by_bytes(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order;

    if (x->head != y->head)
        return x->head < y->head ? -1 : 1;
    order = str_order(x->word, y->word);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static struct entry *
sort_words(const struct tokentrie_words *w, const uint8_t *want, uint32_t *n)
{
    struct entry *all = mem_alloc(mem_mul(w->n + 1, sizeof *all));

    *n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->word[i].n > 0 && (want == NULL || want[i]))
            all[(*n)++] = (struct entry){ head_of(w->word[i]), w->word[i], (int32_t)i };
    qsort(all, *n, sizeof *all, by_bytes);
    return all;
}

static size_t
common(struct str a, struct str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

static void
reserve(struct tokentrie *t, const struct entry *all)
{
    size_t n = 0;

    for (uint32_t i = 0; i < t->n_token; i++)
        n += all[i].word.n - (i ? common(all[i - 1].word, all[i].word) : 0);
    t->byte = mem_alloc(n + 1);
    t->depth = mem_alloc(n + 1);
    t->skip = mem_alloc(mem_mul(n + 1, sizeof *t->skip));
    t->first = mem_alloc(mem_mul(n + 1, sizeof *t->first));
    t->token = mem_alloc(mem_mul(t->n_token + 1, sizeof *t->token));
}

/* Nodes below depth `from` of the branch that is open have no more nodes. */
static void
close_branch(struct tokentrie *t, const uint32_t *open, size_t from, size_t to)
{
    for (size_t d = from; d < to; d++)
        t->skip[open[d]] = t->n_node;
}

struct tokentrie *
tokentrie_make(const struct tokentrie_words *w, const uint8_t *want)
{
    struct tokentrie *t = mem_zero(1, sizeof *t);
    struct entry *all = sort_words(w, want, &t->n_token);
    uint32_t open[TOKENTRIE_BYTES]; /* the node at each depth */
    size_t depth = 0;

    reserve(t, all);
    for (uint32_t i = 0; i < t->n_token; i++) {
        struct str word = all[i].word;
        size_t same = i ? common(all[i - 1].word, word) : 0;
        close_branch(t, open, same, depth);
        for (depth = same; depth < word.n; depth++) {
            open[depth] = t->n_node;
            t->byte[t->n_node] = (uint8_t)word.p[depth];
            t->depth[t->n_node] = (uint8_t)depth;
            t->first[t->n_node++] = i;
        }
        t->token[i] = all[i].id;
    }
    close_branch(t, open, 0, depth);
    t->first[t->n_node] = t->n_token;
    mem_free(all);
    return t;
}

void
tokentrie_free(struct tokentrie *t)
{
    if (t == NULL)
        return;
    mem_free(t->byte);
    mem_free(t->depth);
    mem_free(t->skip);
    mem_free(t->first);
    mem_free(t->token);
    mem_free(t);
}

int32_t
tokentrie_longest(const struct tokentrie *t, struct str text, size_t *n)
{
    int32_t best = -1;
    size_t depth = 0;

    *n = 0;
    for (uint32_t i = 0; i < t->n_node && depth < text.n && t->depth[i] == depth;) {
        if (t->byte[i] != (uint8_t)text.p[depth]) {
            i = t->skip[i];
            continue;
        }
        depth++;
        if (t->first[i + 1] > t->first[i]) {
            best = t->token[t->first[i]];
            *n = depth;
        }
        i++;
    }
    return best;
}

uint32_t
tokentrie_find(const struct tokentrie *t, struct str text)
{
    size_t depth = 0;

    for (uint32_t i = 0; i < t->n_node && t->depth[i] == depth;) {
        if (t->byte[i] != (uint8_t)text.p[depth]) {
            i = t->skip[i];
            continue;
        }
        if (++depth == text.n)
            return i;
        i++;
    }
    return t->n_node;
}
