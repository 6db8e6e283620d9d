/* spmbpe.c - SentencePiece BPE with byte fallback */
#include "token/spmbpe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/utf8.h"
#include "token/merge.h"

#define WORD_MAX ((size_t)16 << 20)

static const char block[] = "\xE2\x96\x81"; /* U+2581 */
#define BLOCK 3                             /* its bytes */

struct spmbpe {
    const struct vocab *v;
    uint32_t *rank; /* [n_id] order of scores, highest first; MERGE_NONE: not of text */
    int32_t byte_id[256];
    int32_t unknown;
    int prefix; /* a text begins with a space that is not its own */
    int cuts;   /* words may be cut before spaces */
};

/* ---- open ---- */

static void
spmbpe_close(void *model)
{
    struct spmbpe *b = model;

    mem_free(b->rank);
    mem_free(b);
}

struct scored {
    double score;
    int32_t id;
};

static int
by_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* Equal scores are equal ranks: then the leftmost pair comes first. */
static void
rank_all(struct spmbpe *b, struct scored *s)
{
    size_t n = b->v->n_id;
    uint32_t rank = 0;

    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0; i < n; i++) {
        rank += i > 0 && s[i].score != s[i - 1].score;
        b->rank[s[i].id] = rank;
    }
}

static int
read_scores(struct spmbpe *b, const struct meta *m, struct err *e)
{
    struct meta_array scores;
    size_t n = b->v->n_id, i = 0;
    struct scored *s;
    int bad = 0;

    if (meta_array(m, "tokenizer.ggml.scores", META_FLOATS, &scores, e))
        return -1;
    if (scores.n != n)
        return err_set(e, ERR_MODEL, "%zu tokens, but tokenizer.ggml.scores has %zu", n,
                       scores.n);
    s = mem_alloc(mem_mul(n + 1, sizeof *s));
    for (; !bad && meta_next_double(&scores, &s[i].score); i++) {
        s[i].id = (int32_t)i;
        if (isnan(s[i].score))
            bad = err_set(e, ERR_MODEL, "tokenizer.ggml.scores: %zu is no number", i);
    }
    b->rank = mem_alloc(mem_mul(n + 1, sizeof *b->rank));
    if (!bad)
        rank_all(b, s);
    mem_free(s);
    return bad;
}

/* Unknown, control and byte tokens are not made of characters. */
static int
exclude_special(struct spmbpe *b, const struct meta *m, struct err *e)
{
    struct meta_array types;
    int64_t type;

    if (meta_opt_array(m, "tokenizer.ggml.token_type", META_INTS, &types, e))
        return -1;
    if (types.n > b->v->n_id)
        return err_set(e, ERR_MODEL, "more types than tokens");
    for (size_t i = 0; meta_next_int(&types, &type); i++)
        if (type == 2 || type == 3 || type == 6)
            b->rank[i] = MERGE_NONE;
    return 0;
}

static int
is_block(const char *p, size_t n)
{
    return n >= BLOCK && memcmp(p, block, BLOCK) == 0;
}

/* Has no piece a block behind another character? */
static int
can_cut(const struct spmbpe *b)
{
    for (size_t id = 0; id < b->v->n_id; id++) {
        struct str s = vocab_text(b->v, (int32_t)id);
        size_t i = 0;
        if (b->rank[id] == MERGE_NONE)
            continue;
        while (is_block(s.p + i, s.n - i))
            i += BLOCK;
        for (; i < s.n; i++)
            if (is_block(s.p + i, s.n - i))
                return 0;
    }
    return 1;
}

static void
find_bytes(struct spmbpe *b)
{
    char text[8];

    for (int i = 0; i < 256; i++) {
        snprintf(text, sizeof text, "<0x%02X>", (unsigned)i);
        b->byte_id[i] = vocab_find(b->v, str_of(text));
        if (b->byte_id[i] < 0)
            b->byte_id[i] = b->unknown;
    }
}

static void *
open_gguf(const struct meta *m, const struct vocab *v, struct err *e)
{
    struct spmbpe *b = mem_zero(1, sizeof *b);
    uint64_t unknown = 0;

    b->v = v;
    b->prefix = 1;
    if (v->n_id == 0)
        err_set(e, ERR_MODEL, "tokenizer.ggml.tokens is empty");
    else if (meta_opt_u64(m, "tokenizer.ggml.unknown_token_id", 0, v->n_id - 1,
                          &unknown, e) == 0 &&
             meta_opt_bool(m, "tokenizer.ggml.add_space_prefix", &b->prefix, e) == 0 &&
             read_scores(b, m, e) == 0 && exclude_special(b, m, e) == 0) {
        b->unknown = (int32_t)unknown;
        b->cuts = can_cut(b);
        find_bytes(b);
        return b;
    }
    spmbpe_close(b);
    return NULL;
}

/* ---- encode ---- */

/* A worker's memory. */
struct scratch {
    struct merge merge;
    struct buf text; /* the word, with blocks for spaces */
    struct buf hash; /* of its prefixes, for vocab_exact() */
};

static void
scratch_free(void *p)
{
    struct scratch *s = p;

    merge_release(&s->merge);
    buf_free(&s->text);
    buf_free(&s->hash);
    mem_free(s);
}

static struct scratch *
scratch_get(struct tokenizer_work *w)
{
    if (w->scratch && w->scratch_free == scratch_free)
        return w->scratch;
    if (w->scratch)
        w->scratch_free(w->scratch);
    w->scratch = mem_zero(1, sizeof(struct scratch));
    w->scratch_free = scratch_free;
    return w->scratch;
}

/* The model and the word that is merged. */
struct job {
    const struct spmbpe *b;
    struct vocab_word word;
};

/* The piece that these bytes of the word are, if it is one of text; else -1. */
static int32_t
piece_at(const struct job *job, size_t at, size_t n)
{
    int32_t id = vocab_exact(&job->b->v->whole, &job->word, at, n);

    return id >= 0 && job->b->rank[id] != MERGE_NONE ? id : -1;
}

static uint32_t
rank_of(const void *model, const struct merge_symbol *left,
        const struct merge_symbol *right, int32_t *id)
{
    const struct job *job = model;

    *id = piece_at(job, left->at, (size_t)left->n + right->n);
    return *id < 0 ? MERGE_NONE : job->b->rank[*id];
}

/* Bytes of the word that text begins with: its spaces, and what is up to the next. */
static size_t
word_len(const struct spmbpe *b, const char *p, size_t n)
{
    size_t i = 0;

    if (!b->cuts)
        return n;
    while (i < n && (p[i] == ' ' || is_block(p + i, n - i)))
        i += p[i] == ' ' ? 1 : BLOCK;
    while (i < n && p[i] != ' ' && !is_block(p + i, n - i))
        i++;
    return i;
}

/* The word with blocks for spaces, and the hashes of its prefixes. */
static void
prepare(struct scratch *s, struct str word, int prefix, struct job *job)
{
    struct buf *b = &s->text;
    uint64_t h = 0, *to;

    b->n = s->hash.n = 0;
    if (prefix)
        buf_puts(b, block);
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] == ' ')
            buf_add(b, block, BLOCK);
        else
            buf_char(b, word.p[i]);
    buf_room(b, 8); /* which vocab.h reads, and does not mind */
    to = (uint64_t *)(void *)buf_room(&s->hash, (b->n + 1) * sizeof h);
    *to++ = 0;
    for (size_t i = 0; i < b->n; i++)
        *to++ = h = vocab_hash_step(h, (unsigned char)b->p[i]);
    job->word = (struct vocab_word){ b->p, b->n, (uint64_t *)(void *)s->hash.p };
}

static void
merge_word(struct scratch *s, const struct job *job)
{
    const char *p = job->word.p, *end = p + job->word.n;

    merge_begin(&s->merge);
    while (p < end) {
        const char *from = p;
        size_t at = (size_t)(from - job->word.p), n;
        utf8_next(&p);
        n = (size_t)(p - from);
        merge_push(&s->merge, piece_at(job, at, n), at, n);
    }
    merge_run(&s->merge, rank_of, job);
}

/* A symbol that is no piece: its bytes. */
static void
emit_bytes(const struct job *job, const struct merge_symbol *s,
           struct tokenizer_work *w, struct tokenizer_span span)
{
    for (size_t i = 0; i < s->n; i++)
        algo_emit(w, job->b->byte_id[(unsigned char)job->word.p[s->at + i]], span);
}

/* The word's tokens; *from and *at are where it begins in the text, and then ends. */
static void
emit_word(const struct job *job, const struct merge *m, const char *text, int prefix,
          size_t *from, size_t *at, struct tokenizer_work *w)
{
    for (size_t i = 0; i < m->n; i = m->symbol[i].next) {
        const struct merge_symbol *s = &m->symbol[i];
        struct tokenizer_span span = { (uint32_t)*from, 0, (uint32_t)*at, 0 };
        if (w->flags & TOKENIZER_SPANS) {
            size_t chars = utf8_count(job->word.p + s->at, s->n);
            const char *p = text + *from;
            chars -= prefix && i == 0; /* not of the text */
            *at += chars;
            while (chars-- > 0)
                utf8_next(&p);
            *from = (size_t)(p - text);
            span.byte_end = (uint32_t)*from;
            span.at_end = (uint32_t)*at;
        }
        if (s->id >= 0)
            algo_emit(w, s->id, span);
        else
            emit_bytes(job, s, w, span);
    }
}

static int
encode(const void *model, struct algo_segment seg, struct tokenizer_work *w,
       struct err *e)
{
    struct job job = { .b = model };
    struct scratch *s = scratch_get(w);
    size_t at = seg.at;

    for (size_t i = seg.from; i < seg.to && !algo_over(w);) {
        size_t n = word_len(job.b, seg.text + i, seg.to - i), from = i;
        int prefix = job.b->prefix && i == seg.from;
        if (n > WORD_MAX)
            return err_set(e, ERR_LIMIT, "a word of %zu bytes is too long", n);
        prepare(s, (struct str){ seg.text + i, n }, prefix, &job);
        merge_word(s, &job);
        emit_word(&job, &s->merge, seg.text, prefix, &from, &at, w);
        i += n;
    }
    return 0;
}

/* ---- decode ---- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "<0x2F>" is; -1: it is no such piece. */
static int
byte_of(struct str s)
{
    int high, low;

    if (s.n != 6 || memcmp(s.p, "<0x", 3) != 0 || s.p[5] != '>')
        return -1;
    high = hex_digit(s.p[3]);
    low = hex_digit(s.p[4]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static void
decode(const void *model, struct str piece, int first, struct buf *out)
{
    const struct spmbpe *b = model;
    int byte = byte_of(piece);
    size_t i = first && b->prefix && is_block(piece.p, piece.n) ? BLOCK : 0;

    if (byte >= 0) {
        buf_char(out, (char)byte);
        return;
    }
    while (i < piece.n) {
        int space = is_block(piece.p + i, piece.n - i);
        buf_char(out, space ? ' ' : piece.p[i]);
        i += space ? BLOCK : 1;
    }
}

static void
normalize(const void *model, struct str text, struct buf *out)
{
    (void)model;
    buf_str(out, text);
}

static int
adds_bos(const void *model)
{
    (void)model;
    return 1;
}

const struct algo spmbpe_algo = { .open_gguf = open_gguf,
                                  .adds_bos = adds_bos,
                                  .close = spmbpe_close,
                                  .encode = encode,
                                  .decode = decode,
                                  .normalize = normalize };
