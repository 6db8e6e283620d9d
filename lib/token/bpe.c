/* bpe.c - byte-level BPE */
#include "token/bpe.h"

#include "base/hash.h"
#include "text/utf8.h"
#include "token/bpepairs.h"
#include "token/bytemap.h"
#include "token/pretok.h"

#define WORD_MAX    ((size_t)64 << 20)
#define CACHE_WORDS 4096 /* a power of two */
#define CACHE_TEXT  22   /* bytes of a word that is remembered, at most */
#define CACHE_IDS   8

struct bpe {
    const struct vocab *v;
    enum pretok words;
    int whole;            /* a word that is a token is not made by merges */
    int32_t byte_id[256]; /* -1: no token is this byte alone: it is left out */
    int closes;           /* and what was around it may be merged */
    struct bpepairs pairs;
};

/* ---- a worker's memory ---- */

struct entry {
    uint64_t hash; /* of the text; n_id is 0 where nothing is remembered */
    int32_t id[CACHE_IDS];
    char text[CACHE_TEXT];
    uint8_t n_text, n_id;
};

struct scratch {
    const struct bpe *owner; /* whose words are remembered */
    struct merge merge;
    int gaps; /* bytes of the word were left out */
    struct buf mapped;
    struct entry cache[CACHE_WORDS];
};

static void
scratch_free(void *p)
{
    struct scratch *s = p;

    merge_release(&s->merge);
    buf_free(&s->mapped);
    mem_free(s);
}

static struct scratch *
scratch_get(struct tokenizer_work *w, const struct bpe *b)
{
    struct scratch *s = w->scratch;

    if (s && w->scratch_free == scratch_free && s->owner == b)
        return s;
    if (s)
        w->scratch_free(s);
    s = mem_zero(1, sizeof *s);
    s->owner = b;
    w->scratch = s;
    w->scratch_free = scratch_free;
    return s;
}

/* ---- open ---- */

static void
bpe_close(void *model)
{
    struct bpe *b = model;

    bpepairs_release(&b->pairs);
    mem_free(b);
}

static struct bpe *
bpe_new(const struct vocab *v)
{
    struct bpe *b = mem_zero(1, sizeof *b);
    char text[4];

    b->v = v;
    for (int i = 0; i < 256; i++) {
        int n = utf8_encode(bytemap_char((unsigned char)i), text);
        b->byte_id[i] = vocab_find(v, (struct str){ text, (size_t)n });
    }
    return b;
}

/* "left right": neither has a space within, but a space may be the left one's first. */
static int
add_merge(struct bpe *b, struct str both, struct err *e)
{
    const char *space = both.n > 1 ? memchr(both.p + 1, ' ', both.n - 1) : NULL;
    size_t n = space ? (size_t)(space - both.p) : 0;

    if (space == NULL)
        return err_set(e, ERR_MODEL, "merge %u is not two tokens", b->pairs.n);
    return bpepairs_add(&b->pairs, b->v, (struct str){ both.p, n },
                        (struct str){ space + 1, both.n - n - 1 }, e);
}

static void *
open_gguf(const struct meta *m, const struct vocab *v, struct err *e)
{
    struct meta_array merges;
    struct str pre, merge;
    struct bpe *b;

    if (meta_str(m, "tokenizer.ggml.pre", &pre, e) ||
        meta_array(m, "tokenizer.ggml.merges", META_STRINGS, &merges, e))
        return NULL;
    b = bpe_new(v);
    b->words = pretok_find(pre);
    b->whole = b->words == PRETOK_LLAMA3;
    bpepairs_init(&b->pairs, merges.n);
    if (b->words == PRETOK_KINDS) {
        err_set(e, ERR_MODEL, "tokenizer.ggml.pre '%.*s' is not supported",
                (int)(pre.n < 60 ? pre.n : 60), pre.p);
        return bpe_close(b), NULL;
    }
    while (meta_next_str(&merges, &merge))
        if (add_merge(b, merge, e))
            return bpe_close(b), NULL;
    return b;
}

/* ---- open, from tokenizer.json ---- */

/* ["left", "right"], as newer files have it, or "left right". */
static int
add_json_merge(struct bpe *b, struct json v, struct buf text, struct err *e)
{
    struct json left = json_at(v, 0), right = json_at(v, 1);
    size_t n;
    int bad;

    if (v.type == JSON_STRING)
        bad = json_unquote(v, &text, e) ||
              add_merge(b, (struct str){ text.p, text.n }, e);
    else if (left.type != JSON_STRING || right.type != JSON_STRING ||
             json_at(v, 2).type != JSON_NONE)
        bad = err_set(e, ERR_MODEL, "merge %u is not two tokens", b->pairs.n);
    else {
        bad = json_unquote(left, &text, e);
        n = text.n;
        bad = bad || json_unquote(right, &text, e) ||
              bpepairs_add(&b->pairs, b->v, (struct str){ text.p, n },
                           (struct str){ text.p + n, text.n - n }, e);
    }
    if (bad)
        e->code = ERR_MODEL;
    return bad;
}

static int
read_merges(struct bpe *b, struct json merges, struct err *e)
{
    struct json_iter it = json_begin(merges);
    struct json key, v;
    struct buf text = { 0 };
    size_t n = 0;
    int bad = 0;

    if (merges.type != JSON_ARRAY)
        return err_set(e, ERR_MODEL, "model: merges is no array");
    while (json_next(&it, &key, &v))
        n++;
    bpepairs_init(&b->pairs, n);
    buf_room(&text, merges.n); /* for the longest, so that it does not move */
    for (it = json_begin(merges); !bad && json_next(&it, &key, &v);)
        bad = add_json_merge(b, v, text, e);
    buf_free(&text);
    return bad;
}

/* What the model of the file must not ask for. */
static int
check_model(struct bpe *b, const struct tokjson_section *s, struct err *e)
{
    static const char *const none[] = { "dropout", "unk_token",
                                        "continuing_subword_prefix",
                                        "end_of_word_suffix" };
    int fallback = 0;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct json v = tokjson_get(s, none[i]);
        if (v.type != JSON_NONE && v.type != JSON_NULL &&
            !(v.type == JSON_STRING && v.n == 2))
            return err_set(e, ERR_MODEL, "model: %s is not supported", none[i]);
    }
    if (tokjson_bool(s, "byte_fallback", &fallback, e) ||
        tokjson_bool(s, "ignore_merges", &b->whole, e))
        return -1;
    return fallback ? err_set(e, ERR_MODEL, "model: byte_fallback is not supported")
                    : 0;
}

/* ByteLevel: is it to split by GPT-2's pattern itself? */
static int
read_byte_level(const struct tokjson_section *s, int *splits, struct err *e)
{
    int prefix = 1;

    *splits = 1;
    if (tokjson_bool(s, "add_prefix_space", &prefix, e) ||
        tokjson_bool(s, "use_regex", splits, e))
        return -1;
    return prefix
               ? err_set(e, ERR_MODEL, "%s: add_prefix_space is not supported", s->name)
               : 0;
}

/* The step before ByteLevel in a sequence. */
static int
read_step(struct bpe *b, const struct tokjson_section *s, struct err *e)
{
    struct json regex = json_get(tokjson_get(s, "pattern"), "Regex");
    struct buf text = { 0 };
    int alone = 0, invert = 0;

    if (tokjson_is(s, "Digits")) {
        b->words = PRETOK_SMOLLM;
        if (tokjson_bool(s, "individual_digits", &alone, e))
            return -1;
        return alone ? 0 : err_set(e, ERR_MODEL, "pre_tokenizer: digits in groups");
    }
    if (!tokjson_is(s, "Split"))
        return tokjson_unknown(s, "ByteLevel, Digits, Split", e);
    if (tokjson_bool(s, "invert", &invert, e))
        return -1;
    if (regex.type == JSON_STRING && json_unquote(regex, &text, e) == 0)
        b->words = pretok_find_regex((struct str){ text.p, text.n });
    buf_free(&text);
    if (b->words == PRETOK_KINDS || invert ||
        !json_is(tokjson_get(s, "behavior"), STR("Isolated")))
        return err_set(e, ERR_MODEL, "pre_tokenizer: a pattern that is not known");
    return 0;
}

static int
read_pre(struct bpe *b, const struct tokjson_section *s, struct err *e)
{
    struct json steps = tokjson_get(s, "pretokenizers");
    struct tokjson_section step;
    int splits = 0;

    b->words = PRETOK_GPT2;
    if (tokjson_is(s, "ByteLevel")) {
        if (read_byte_level(s, &splits, e))
            return -1;
        return splits ? 0 : err_set(e, ERR_MODEL, "pre_tokenizer: no pattern");
    }
    if (!tokjson_is(s, "Sequence"))
        return tokjson_unknown(s, "ByteLevel, Sequence", e);
    b->words = PRETOK_KINDS;
    if (tokjson_walk(&step, "pre_tokenizer", json_at(steps, 0), e) ||
        read_step(b, &step, e) ||
        tokjson_walk(&step, "pre_tokenizer", json_at(steps, 1), e))
        return -1;
    if (!tokjson_is(&step, "ByteLevel") || json_at(steps, 2).type != JSON_NONE)
        return err_set(e, ERR_MODEL, "pre_tokenizer: a sequence that is not known");
    if (read_byte_level(&step, &splits, e))
        return -1;
    /* After Digits GPT-2's pattern splits; after another pattern, nothing must. */
    return splits == (b->words == PRETOK_SMOLLM)
               ? 0
               : err_set(e, ERR_MODEL, "pre_tokenizer: use_regex is not as known");
}

static void *
open_json(const struct tokjson *file, const struct vocab *v, struct err *e)
{
    struct bpe *b;

    if (!tokjson_is(&file->normalizer, NULL))
        return tokjson_unknown(&file->normalizer, "null", e), NULL;
    if (!tokjson_is(&file->decoder, "ByteLevel"))
        return tokjson_unknown(&file->decoder, "ByteLevel", e), NULL;
    b = bpe_new(v);
    b->closes = 1;
    if (check_model(b, &file->model, e) || read_pre(b, &file->pre_tokenizer, e) ||
        read_merges(b, tokjson_get(&file->model, "merges"), e))
        return bpe_close(b), NULL;
    return b;
}

/* ---- encode ---- */

static uint32_t
rank_of(const void *model, const struct merge_symbol *left,
        const struct merge_symbol *right, int32_t *id)
{
    const struct bpe *b = model;

    return bpepairs_find(&b->pairs, left->id, right->id, id);
}

/* Where the text has come to, in bytes and in code points. */
struct place {
    struct algo_segment seg;
    size_t byte, at;
};

/* Emit a token of n bytes at the place. A token may be part of a character: then it
 * comes from all of that. */
static void
emit(struct tokenizer_work *w, struct place *at, int32_t id, size_t n)
{
    struct tokenizer_span span = { 0, 0, 0, 0 };
    size_t from = at->byte, to = at->byte + n, chars = 0;
    const char *p = at->seg.text;

    at->byte = to;
    if (!(w->flags & TOKENIZER_SPANS)) {
        if (id >= 0)
            algo_emit(w, id, span);
        return;
    }
    for (size_t i = from; i < to; i++)
        chars += ((unsigned char)p[i] & 0xC0) != 0x80;
    span.at = (uint32_t)(at->at - (((unsigned char)p[from] & 0xC0) == 0x80));
    at->at += chars;
    span.at_end = (uint32_t)at->at;
    while (from > at->seg.from && ((unsigned char)p[from] & 0xC0) == 0x80)
        from--;
    while (to < at->seg.to && ((unsigned char)p[to] & 0xC0) == 0x80)
        to++;
    span.byte = (uint32_t)from;
    span.byte_end = (uint32_t)to;
    if (id >= 0)
        algo_emit(w, id, span);
}

/* The bytes that a token stands for: one for each of its characters. */
static size_t
bytes_of(const struct bpe *b, int32_t id)
{
    struct str s = vocab_text(b->v, id);

    return utf8_count(s.p, s.n);
}

/* The word's tokens, into s->merge. */
static int
merge_word(const struct bpe *b, struct scratch *s, struct str word, struct err *e)
{
    if (word.n > WORD_MAX)
        return err_set(e, ERR_LIMIT, "a word of %zu bytes is too long", word.n);
    merge_begin(&s->merge);
    s->gaps = 0;
    if (b->whole) {
        int32_t id;
        s->mapped.n = 0;
        bytemap_put(&s->mapped, word);
        id = vocab_find(b->v, (struct str){ s->mapped.p, s->mapped.n });
        if (id >= 0) {
            merge_push(&s->merge, id, 0, word.n);
            return 0;
        }
    }
    for (size_t i = 0; i < word.n; i++) {
        int32_t id = b->byte_id[(unsigned char)word.p[i]];
        if (id >= 0 || !b->closes || s->merge.n == 0)
            merge_push(&s->merge, id, i, 1);
        else
            s->merge.symbol[s->merge.n - 1].n++; /* goes with what is before it */
        s->gaps |= id < 0;
    }
    merge_run(&s->merge, rank_of, b);
    return 0;
}

/* Remember what a short word has become. */
static void
remember(struct entry *entry, uint64_t hash, struct str word, const struct merge *m)
{
    if (word.n > CACHE_TEXT)
        return;
    entry->n_id = 0;
    for (size_t i = 0; i < m->n; i = m->symbol[i].next) {
        if (entry->n_id == CACHE_IDS || m->symbol[i].id < 0) {
            entry->n_id = 0;
            return;
        }
        entry->id[entry->n_id++] = m->symbol[i].id;
    }
    entry->hash = hash;
    entry->n_text = (uint8_t)word.n;
    memcpy(entry->text, word.p, word.n);
}

static int
encode_word(const struct bpe *b, struct scratch *s, struct place *at, size_t n,
            struct tokenizer_work *w, struct err *e)
{
    struct str word = { at->seg.text + at->byte, n };
    uint64_t hash = n <= CACHE_TEXT ? hash_bytes(word) : 0;
    struct entry *entry = &s->cache[hash % CACHE_WORDS];
    const struct merge *m = &s->merge;

    if (n <= CACHE_TEXT && entry->n_id > 0 && entry->hash == hash &&
        entry->n_text == n && memcmp(entry->text, word.p, n) == 0) {
        for (int i = 0; i < entry->n_id; i++)
            emit(w, at, entry->id[i],
                 w->flags & TOKENIZER_SPANS ? bytes_of(b, entry->id[i]) : 0);
        if (!(w->flags & TOKENIZER_SPANS))
            at->byte += n;
        return 0;
    }
    if (merge_word(b, s, word, e))
        return -1;
    for (size_t i = 0; i < m->n; i = m->symbol[i].next)
        emit(w, at, m->symbol[i].id, m->symbol[i].n);
    if (!s->gaps)
        remember(entry, hash, word, m);
    return 0;
}

static int
encode(const void *model, struct algo_segment seg, struct tokenizer_work *w,
       struct err *e)
{
    const struct bpe *b = model;
    struct scratch *s = scratch_get(w, b);
    struct place at = { seg, seg.from, seg.at };

    while (at.byte < seg.to && !algo_over(w)) {
        size_t n = pretok_next(b->words, seg.text + at.byte, seg.to - at.byte);
        if (encode_word(b, s, &at, n, w, e))
            return -1;
    }
    return 0;
}

static void
decode(const void *model, struct str piece, int first, struct buf *out)
{
    (void)model;
    (void)first;
    bytemap_get(out, piece);
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
    const struct bpe *b = model;

    return b->words == PRETOK_LLAMA3;
}

const struct algo bpe_algo = { .open = open_json,
                               .open_gguf = open_gguf,
                               .adds_bos = adds_bos,
                               .close = bpe_close,
                               .encode = encode,
                               .decode = decode,
                               .normalize = normalize };
