/* masktokens.c - a vocabulary made ready for masks */
#include "infer/masktokens.h"

#include "base/mem.h"
#include "text/utf8.h"

/* What a token does inside of a string: characters that it begins, or -1: it leaves
 * (*quote), or cannot be there. */
static int
count_chars(struct str word, int *quote)
{
    enum schemastr at = SCHEMASTR_PLAIN;
    int n = 0;

    *quote = 0;
    for (size_t i = 0; i < word.n; i++) {
        n += at == SCHEMASTR_PLAIN;
        at = schemastr_step(at, (unsigned char)word.p[i]);
        *quote = at == SCHEMASTR_QUOTE;
        if (*quote || at == SCHEMASTR_NONE)
            return -1;
    }
    return n;
}

/* by_chars, by counting. */
static void
sort_inside(struct masktokens *m)
{
    uint32_t place[TOKENTRIE_BYTES + 2] = { 0 };

    for (size_t i = 0; i < m->words.n; i++)
        for (size_t k = 1; k <= m->chars[i]; k++)
            m->longer[k]++;
    memcpy(place, m->longer + 1, sizeof place - sizeof *place);
    m->by_chars = mem_alloc(mem_mul(m->longer[1] + 1, sizeof *m->by_chars));
    for (size_t i = 0; i < m->words.n; i++)
        if (m->chars[i] > 0)
            m->by_chars[place[m->chars[i]]++] = (int32_t)i;
}

struct masktokens *
masktokens_make(const struct tokenizer *t)
{
    struct masktokens *m = mem_zero(1, sizeof *m);
    uint8_t *leaves;

    m->tokenizer = t;
    tokentrie_words_read(&m->words, t);
    m->n_word = (m->words.n + 63) / 64;
    m->inside = mem_zero(m->n_word + 1, sizeof *m->inside);
    m->chars = mem_zero(m->words.n + 1, 1);
    leaves = mem_zero(m->words.n + 1, 1);
    for (size_t i = 0; i < m->words.n; i++) {
        int quote, n = count_chars(m->words.word[i], &quote);
        leaves[i] = (uint8_t)quote;
        if (n <= 0)
            continue;
        m->chars[i] = (uint8_t)n;
        m->inside[i / 64] |= (uint64_t)1 << i % 64;
    }
    sort_inside(m);
    m->leaving = tokentrie_make(&m->words, leaves);
    m->all = tokentrie_make(&m->words, NULL);
    mem_free(leaves);
    return m;
}

void
masktokens_free(struct masktokens *m)
{
    if (m == NULL)
        return;
    mem_free(m->inside);
    mem_free(m->chars);
    mem_free(m->by_chars);
    tokentrie_free(m->all);
    tokentrie_free(m->leaving);
    tokentrie_words_release(&m->words);
    mem_free(m);
}

/* ---- a mask ---- */

static void
set_bits(const struct tokentrie *t, uint32_t node, uint64_t *bits)
{
    for (uint32_t i = t->first[node]; i < t->first[node + 1]; i++)
        bits[t->token[i] / 64] |= (uint64_t)1 << t->token[i] % 64;
}

/* Add the tokens of the nodes [from, to) that can follow, where `at` is before the byte
 * of node `from`. Returns whether there are any; that is all where bits is NULL. */
static int
add_tokens(const struct masktokens *m, const struct tokentrie *t, uint32_t from,
           uint32_t to, const struct schema *s, const struct schemawalk *at,
           uint64_t *bits)
{
    /* the state before the byte at each depth */
    struct schemawalk *state = mem_alloc(mem_mul(m->words.longest + 1, sizeof *state));
    int some = 0;

    schemawalk_copy(&state[0], at);
    for (uint32_t i = from; i < to && (bits || !some);) {
        struct schemawalk *next = &state[t->depth[i] - t->depth[from] + 1];
        schemawalk_copy(next, next - 1);
        if (!schemawalk_step(s, next, t->byte[i])) {
            i = t->skip[i];
            continue;
        }
        some |= t->first[i + 1] > t->first[i];
        if (bits)
            set_bits(t, i, bits);
        i++;
    }
    mem_free(state);
    return some;
}

static void
add_all(const struct masktokens *m, const struct tokentrie *t, const struct schema *s,
        const struct schemawalk *at, uint64_t *bits)
{
    if (t->n_node > 0)
        add_tokens(m, t, 0, t->n_node, s, at, bits);
}

void
masktokens_fill(const struct masktokens *m, const struct schema *s,
                const struct schemawalk *at, uint64_t *bits)
{
    size_t room;

    if (!schemawalk_in_string(s, at, &room)) {
        memset(bits, 0, m->n_word * sizeof *bits);
        add_all(m, m->all, s, at, bits);
        return;
    }
    memcpy(bits, m->inside, m->n_word * sizeof *bits);
    if (room < TOKENTRIE_BYTES)
        for (uint32_t i = 0; i < m->longer[room + 1]; i++)
            bits[m->by_chars[i] / 64] &= ~((uint64_t)1 << m->by_chars[i] % 64);
    add_all(m, m->leaving, s, at, bits);
}

/* ---- text that is known ---- */

int
masktokens_goes_on(const struct masktokens *m, struct str text, const struct schema *s,
                   const struct schemawalk *end)
{
    uint32_t node = tokentrie_find(m->all, text);

    return node + 1 < m->all->n_node && m->all->skip[node] > node + 1 &&
           add_tokens(m, m->all, node + 1, m->all->skip[node], s, end, NULL);
}

size_t
masktokens_cut(const struct masktokens *m, struct str text, struct buf *ids)
{
    size_t count = 0, n;

    for (; text.n > 0; count++) {
        int32_t id = tokentrie_longest(m->all, text, &n);
        if (id < 0)
            break;
        if (ids)
            buf_add(ids, &id, sizeof id);
        text.p += n;
        text.n -= n;
    }
    return count;
}

static int
is_text(const struct masktokens *m, const struct tokenizer_work *w, struct str text)
{
    for (size_t i = 0; i < w->n; i++) {
        struct str word = m->words.word[w->id[i]];
        if (word.n == 0 || word.n > text.n || memcmp(word.p, text.p, word.n) != 0)
            return 0;
        text.p += word.n;
        text.n -= word.n;
    }
    return text.n == 0;
}

void
masktokens_encode(const struct masktokens *m, struct str text, struct buf *ids)
{
    struct tokenizer_work w = { 0 };
    struct err e;

    if (utf8_valid(text.p, text.n) == text.n &&
        tokenizer_encode(m->tokenizer, text, TOKENIZER_NO_SPECIAL, &w, &e) == 0 &&
        is_text(m, &w, text))
        buf_add(ids, w.id, w.n * sizeof *w.id);
    else
        masktokens_cut(m, text, ids);
    tokenizer_work_release(&w);
}
