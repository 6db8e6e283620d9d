/* ftwords.c - a text as the sum of its words' rows */
#include "infer/ftwords.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define FNV_BEGIN   2166136261u
#define FNV_PRIME   16777619u
#define DECODE_MAX  ((size_t)64 << 20) /* bytes of rows that are decoded at once */
#define CACHE_BYTES ((size_t)2 << 20)
#define CACHE_MAX   16384 /* words */
#define CACHE_WORD  56    /* bytes of the longest word that is kept */
#define LANES       16
#define PENDING     128 /* n-grams that are looked up together */
#define AHEAD       16  /* words, too */
#define PREFIX      STR("__label__")
#define END         STR("</s>")

/* ---- the model's side ---- */

/* The row in the file of row r of ours: kept n-grams are in the order of their buckets,
 * those of the words come first in both. */
static size_t
row_in_file(const struct ftwords *m, size_t r)
{
    size_t n = m->f->n_word;

    return r < n || !m->f->pruned ? r : n + m->kept.row[r - n];
}

/* Rows that fit are decoded once: a word then costs one line of the cache for each
 * n-gram, not a look into the table of centroids for each two numbers. */
static void
decode_rows(struct ftwords *m)
{
    const struct ftbin_matrix *in = &m->f->input;
    size_t rows = m->f->pruned ? m->f->n_word + m->kept.n : in->rows;
    size_t n = mem_mul(rows, m->wide * sizeof *m->rows);

    if (in->dense || n > DECODE_MAX || (m->rows = mem_try(n + 1)) == NULL)
        return;
    memset(m->rows, 0, n);
    for (size_t i = 0; i < rows; i++)
        ftbin_row(in, row_in_file(m, i), m->rows + i * m->wide);
}

int
ftwords_init(struct ftwords *m, const struct ftbin *f, struct err *e)
{
    size_t n = f->n_word + f->n_label;

    *m = (struct ftwords){ .f = f };
    m->wide = (f->dim + LANES - 1) / LANES * LANES;
    m->reciprocal = f->bucket ? UINT64_MAX / f->bucket + 1 : 0;
    if (f->pruned && ftkept_init(&m->kept, f, e))
        return -1;
    decode_rows(m);
    m->number = map_new(n);
    for (size_t i = 0; i < n; i++)
        map_put(m->number, f->word[i].text, (int32_t)i);
    m->end = map_find(m->number, END, -1);
    if (m->end >= 0 && (size_t)m->end >= f->n_word) /* a label of that name */
        m->end = -1;
    return 0;
}

void
ftwords_release(struct ftwords *m)
{
    map_free(m->number);
    ftkept_release(&m->kept);
    mem_free(m->rows);
    *m = (struct ftwords){ 0 };
}

/* ---- a thread's side ---- */

/* Words whose sums are known; a new one takes the place of the one before it. */
struct ftwords_cache {
    size_t mask;
    struct cache_slot {
        uint32_t n, rows; /* bytes of the word, 0: free; how many rows were added */
        char word[CACHE_WORD];
    } * slot;
    float *sum; /* [slots, wide] */
};

static void
work_init(const struct ftwords *m, struct ftwords_work *w)
{
    size_t n = CACHE_MAX;
    struct ftwords_cache *c;

    if (w->cache)
        return;
    w->cache = c = mem_zero(1, sizeof *c);
    while (n > 16 && n * (m->wide * sizeof *c->sum + sizeof *c->slot) > CACHE_BYTES)
        n /= 2;
    c->mask = n - 1;
    c->slot = mem_zero(n, sizeof *c->slot);
    c->sum = mem_zero(n, m->wide * sizeof *c->sum);
    w->sum = mem_zero(3, m->wide * sizeof *w->sum);
}

void
ftwords_work_release(struct ftwords_work *w)
{
    if (w->cache) {
        mem_free(w->cache->slot);
        mem_free(w->cache->sum);
    }
    mem_free(w->cache);
    mem_free(w->sum);
    mem_free(w->hash);
    buf_free(&w->word);
    *w = (struct ftwords_work){ 0 };
}

/* ---- sums of rows ---- */

/* A sum of rows, and n-grams whose rows will be added. */
struct bag {
    const struct ftwords *m;
    float *sum, *row; /* [wide]; row: room for one */
    uint32_t rows, n_pending;
    uint32_t pending[PENDING];
};

/* Lanes are numbers of their own: the same sums whatever the width of a vector. */
static void
add(float *restrict sum, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sum[i + k] += x[i + k];
}

static void
add_row(struct bag *b, size_t r)
{
    const struct ftwords *m = b->m;

    if (m->rows) {
        add(b->sum, m->rows + r * m->wide, m->wide);
    } else {
        ftbin_row(&m->f->input, row_in_file(m, r), b->row);
        add(b->sum, b->row, m->wide);
    }
    b->rows++;
}

/* From buckets to the rows of those that are kept. */
static uint32_t
keep_pending(struct bag *b)
{
    const struct ftkept *kept = &b->m->kept;
    uint32_t n = 0;

    for (uint32_t i = 0; i < b->n_pending; i++) {
        uint32_t bucket = b->pending[i];
        b->pending[n] = bucket;
        n += ftkept_has(kept, bucket);
    }
    for (uint32_t i = 0; i < n; i++)
        b->pending[i] = ftkept_rank(kept, b->pending[i]);
    return n;
}

/* Lookups first, sums then, so that the waits for memory overlap. */
static void
flush(struct bag *b)
{
    uint32_t n = b->m->f->pruned ? keep_pending(b) : b->n_pending;

    for (uint32_t i = 0; i < n; i++)
        add_row(b, b->m->f->n_word + b->pending[i]);
    b->n_pending = 0;
}

/* hash % bucket, which takes two products here (Lemire et al. 2019, "Faster remainder
 * by direct computation"). */
static uint32_t
bucket_of(const struct ftwords *m, uint32_t hash)
{
    return (uint32_t)((unsigned __int128)(m->reciprocal * hash) * m->f->bucket >> 64);
}

static void
add_bucket(struct bag *b, uint32_t bucket)
{
    if (b->m->f->pruned)
        __builtin_prefetch(&b->m->kept.bit[bucket / 64]);
    b->pending[b->n_pending++] = bucket;
    if (b->n_pending == PENDING)
        flush(b);
}

/* ---- n-grams of characters ---- */

/* A byte is taken as a signed number, as fastText does. */
static uint32_t
fnv(uint32_t h, char c)
{
    return (h ^ (uint32_t)(int32_t)(signed char)c) * FNV_PRIME;
}

static int
is_inner(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The n-grams that begin at byte i of s. Each is the one before it and a character
 * more, so its hash goes on from there. */
static void
add_ngrams_at(struct bag *b, struct str s, size_t i)
{
    const struct ftbin *f = b->m->f;
    uint32_t h = FNV_BEGIN;

    for (uint32_t n = 1; n <= f->max_n && i < s.n; n++) {
        size_t begin = i;
        do
            h = fnv(h, s.p[i++]);
        while (i < s.n && is_inner(s.p[i]));
        /* The marks of begin and end alone are none. */
        if (n >= f->min_n && !(n == 1 && (begin == 0 || i == s.n)))
            add_bucket(b, bucket_of(b->m, h));
    }
}

static void
add_ngrams(struct bag *b, struct buf *marked, struct str word)
{
    if (b->m->f->max_n == 0 || b->m->f->bucket == 0)
        return;
    marked->n = 0;
    buf_char(marked, '<');
    buf_str(marked, word);
    buf_char(marked, '>');
    for (size_t i = 0; i < marked->n; i++)
        if (!is_inner(marked->p[i]))
            add_ngrams_at(b, (struct str){ marked->p, marked->n }, i);
}

/* ---- words ---- */

/* A label, or an unknown word that looks like it. */
static int
is_no_word(const struct ftwords *m, struct str word, int32_t id)
{
    if (id < 0)
        return word.n >= PREFIX.n && memcmp(word.p, PREFIX.p, PREFIX.n) == 0;
    return (size_t)id >= m->f->n_word;
}

/* b->sum and b->rows of a word alone. The mark of the text's end has no row where it is
 * written in the text. */
static void
sum_word(struct bag *b, struct ftwords_work *w, struct str word)
{
    int32_t id = map_find(b->m->number, word, -1);

    memset(b->sum, 0, b->m->wide * sizeof *b->sum);
    if (is_no_word(b->m, word, id))
        return;
    if (id >= 0 && !str_eq(word, END))
        add_row(b, (size_t)id);
    add_ngrams(b, &w->word, word);
    flush(b);
}

static void
init_bag(struct bag *b, const struct ftwords *m, float *sum, float *row)
{
    b->m = m;
    b->sum = sum;
    b->row = row;
    b->rows = b->n_pending = 0;
}

/* A word of the text and its place in the cache. */
struct found {
    struct str word;
    size_t at;
};

/* The sum of a word, from the cache or into it; how many rows. */
static uint32_t
find_word(const struct ftwords *m, struct ftwords_work *w, const struct found *f,
          const float **sum)
{
    struct cache_slot *s = &w->cache->slot[f->at];
    int keep = f->word.n <= CACHE_WORD;
    float *to = keep ? w->cache->sum + f->at * m->wide : w->sum + m->wide;
    struct bag b;

    *sum = to;
    if (keep && s->n == f->word.n && memcmp(s->word, f->word.p, f->word.n) == 0)
        return s->rows;
    init_bag(&b, m, to, w->sum + 2 * m->wide);
    sum_word(&b, w, f->word);
    if (keep) {
        s->n = (uint32_t)f->word.n;
        s->rows = b.rows;
        memcpy(s->word, f->word.p, f->word.n);
    }
    return b.rows;
}

/* ---- texts ---- */

static int
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

/* The next word behind *p; 0: none. */
static int
next_word(const char **p, const char *end, struct str *word)
{
    const char *q = *p;

    while (q < end && is_space(*q))
        q++;
    word->p = q;
    while (q < end && !is_space(*q))
        q++;
    word->n = (size_t)(q - word->p);
    *p = q;
    return word->n > 0;
}

size_t
ftwords_count(struct str text)
{
    const char *p = text.p, *end = p + text.n;
    struct str word;
    size_t n = 0;

    while (next_word(&p, end, &word))
        n++;
    return n;
}

static void
note_hash(struct ftwords_work *w, size_t i, struct str word)
{
    uint32_t h = FNV_BEGIN;

    for (size_t k = 0; k < word.n; k++)
        h = fnv(h, word.p[k]);
    if (i >= w->cap_hash) {
        size_t cap = w->cap_hash ? 2 * w->cap_hash : 256;
        w->hash = mem_grow(w->hash, i * sizeof *w->hash, mem_mul(cap, sizeof *w->hash));
        w->cap_hash = cap;
    }
    w->hash[i] = (int32_t)h;
}

/* Two and more words in a row, by the hashes of the n words, the end among them. */
static void
add_word_ngrams(struct bag *b, const int32_t *hash, size_t n)
{
    const struct ftbin *f = b->m->f;

    for (size_t i = 0; i < n; i++) {
        uint64_t h = (uint64_t)(int64_t)hash[i];
        for (size_t j = i + 1; j < n && j < i + f->word_ngrams; j++) {
            h = h * 116049371u + (uint64_t)(int64_t)hash[j];
            add_bucket(b, (uint32_t)(h % f->bucket));
        }
    }
    flush(b);
}

/* Up to AHEAD words behind *p; their places in the cache are on the way meanwhile. */
static size_t
find_ahead(const struct ftwords *m, const struct ftwords_work *w, const char **p,
           const char *end, struct found *found)
{
    size_t n = 0;

    for (; n < AHEAD && next_word(p, end, &found[n].word); n++) {
        found[n].at = hash_bytes(found[n].word) & w->cache->mask;
        __builtin_prefetch(&w->cache->slot[found[n].at]);
        __builtin_prefetch(&w->cache->sum[found[n].at * m->wide]);
    }
    return n;
}

struct ftwords_sum
ftwords_add(const struct ftwords *m, struct ftwords_work *w, struct str text)
{
    const char *p = text.p, *end = p + text.n;
    int grams = m->f->word_ngrams > 1 && m->f->bucket > 0;
    size_t words = 0, hashes = 0, n;
    struct found found[AHEAD];
    const float *sum;
    struct bag all;

    work_init(m, w);
    init_bag(&all, m, w->sum, w->sum + 2 * m->wide);
    memset(all.sum, 0, m->wide * sizeof *all.sum);
    while ((n = find_ahead(m, w, &p, end, found)) > 0) {
        for (size_t i = 0; i < n; i++) {
            struct str word = found[i].word;
            all.rows += find_word(m, w, &found[i], &sum);
            add(all.sum, sum, m->wide);
            if (grams && !is_no_word(m, word, map_find(m->number, word, -1)))
                note_hash(w, hashes++, word);
        }
        words += n;
    }
    if (words > 0 && m->end >= 0)
        add_row(&all, (size_t)m->end);
    if (words > 0 && grams) {
        note_hash(w, hashes++, END);
        add_word_ngrams(&all, w->hash, hashes);
    }
    return (struct ftwords_sum){ all.sum, all.rows, words };
}
