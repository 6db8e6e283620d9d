/* vocab.c - the pieces of a model: from id to text, and the longest piece at a place */
#include "token/vocab.h"

#include <limits.h>

#include "base/buf.h"
#include "base/mem.h"
#include "text/utf8.h"

#define SPARSE 4 /* so many ids a piece are allowed, and this many in any case: */
#define SPARE  1024
#define LAST   63 /* the mask's bit for "this long or longer" */
#define USUAL  12 /* bytes of an entry, for a first guess at how many there are */
#define THIN   8  /* bits of `maybe` a slot: most that is no piece finds a 0 */

static uint32_t
spread(uint64_t h)
{
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
    return (uint32_t)(h >> 32);
}

/* Where a tag has its bit: other bits of the tag come first than in the table. */
static inline size_t
bit_of(const struct vocab_lexicon *l, uint32_t tag)
{
    return (tag * 0x9E3779B1u >> 4) & (l->mask * THIN | (THIN - 1));
}

static uint64_t
hash(const char *p, size_t n)
{
    uint64_t h = 0;

    for (size_t i = 0; i < n; i++)
        h = vocab_hash_step(h, (unsigned char)p[i]);
    return h;
}

static struct vocab_slot *
look(const struct vocab_lexicon *l, const char *p, size_t n, uint32_t tag)
{
    for (size_t i = tag & l->mask;; i = (i + 1) & l->mask) {
        struct vocab_slot *s = &l->slot[i];
        if (s->id < 0 ||
            (s->tag == tag && s->n == n && memcmp(l->bytes + s->at, p, n) == 0))
            return s;
    }
}

/* memcmp() for short strings that can be read 8 bytes beyond their end. */
static inline int
same(const char *a, const char *b, size_t n)
{
    static const unsigned char keep[16] = { 255, 255, 255, 255, 255, 255, 255, 255 };
    uint64_t x, y, mask;

    for (;; a += 8, b += 8, n -= 8) {
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (n <= 8)
            break;
        if (x != y)
            return 0;
    }
    memcpy(&mask, keep + 8 - n, 8);
    return ((x ^ y) & mask) == 0;
}

static void
lexicon_init(struct vocab_lexicon *l, const char *bytes, size_t count)
{
    size_t n = 16;

    while (n / 3 * 2 < count)
        n *= 2;
    memset(l, 0, sizeof *l);
    l->bytes = bytes;
    l->slot = mem_alloc(mem_mul(n, sizeof *l->slot));
    memset(l->slot, 0xFF, n * sizeof *l->slot);
    l->maybe = mem_zero(n * THIN / 64, sizeof *l->maybe);
    l->mask = n - 1;
}

/* 0: it was there. An empty piece can never be matched, so it is left out. */
static int
lexicon_put(struct vocab_lexicon *l, uint32_t at, uint32_t n, int32_t id)
{
    uint64_t h = hash(l->bytes + at, n);
    struct vocab_slot *s = look(l, l->bytes + at, n, spread(h));
    size_t bit;

    if (s->id >= 0)
        return 0;
    *s = (struct vocab_slot){ spread(h), id, at, n };
    bit = bit_of(l, s->tag);
    l->maybe[bit / 64] |= (uint64_t)1 << bit % 64;
    l->count++;
    if (n)
        l->length[(unsigned char)l->bytes[at]] |= (uint64_t)1 << (n < LAST ? n : LAST);
    if (n > l->longest)
        l->longest = n;
    return 1;
}

void
vocab_lexicon_release(struct vocab_lexicon *l)
{
    mem_free(l->slot);
    mem_free(l->power);
    mem_free(l->maybe);
    memset(l, 0, sizeof *l);
}

static void
lexicon_end(struct vocab_lexicon *l)
{
    l->power = mem_alloc(mem_mul(l->longest + 1, sizeof *l->power));
    l->power[0] = 1;
    for (size_t i = 0; i < l->longest; i++)
        l->power[i + 1] = l->power[i] * VOCAB_BASE;
}

/* The piece word[from, from + n), or -1. */
static inline int32_t
try(const struct vocab_lexicon *l, const struct vocab_word *w, size_t from, size_t n)
{
    uint64_t h = w->hash[from + n] - w->hash[from] * l->power[n];

    uint32_t tag = spread(h);
    size_t bit = bit_of(l, tag);

    if (!(l->maybe[bit / 64] >> bit % 64 & 1))
        return -1;
    for (size_t i = tag & l->mask;; i = (i + 1) & l->mask) {
        const struct vocab_slot *s = &l->slot[i];
        if (s->id < 0 ||
            (s->tag == tag && s->n == n && same(l->bytes + s->at, w->p + from, n)))
            return s->id;
    }
}

int32_t
vocab_exact(const struct vocab_lexicon *l, const struct vocab_word *w, size_t from,
            size_t n)
{
    uint64_t lengths = l->length[(unsigned char)w->p[from]];

    if (n > l->longest || !(lengths >> (n < LAST ? n : LAST) & 1))
        return -1;
    return try(l, w, from, n);
}

int32_t
vocab_longest(const struct vocab_lexicon *l, const struct vocab_word *w, size_t from,
              size_t *n)
{
    uint64_t lengths = l->length[(unsigned char)w->p[from]];
    size_t most = w->n - from < l->longest ? w->n - from : l->longest;
    int32_t id;

    if (lengths >> LAST)
        for (; most >= LAST; most--)
            if ((id = try(l, w, from, most)) >= 0)
                return *n = most, id;
    if (most < LAST)
        lengths &= ((uint64_t)2 << most) - 1;
    lengths &= ((uint64_t)1 << LAST) - 1;
    while (lengths) {
        most = 63 - (size_t)__builtin_clzll(lengths);
        if ((id = try(l, w, from, most)) >= 0)
            return *n = most, id;
        lengths ^= (uint64_t)1 << most;
    }
    return -1;
}

/* Append one member of the vocabulary object. */
static int
read_piece(struct vocab *v, struct buf *pieces, struct json key, struct json val,
           struct err *e)
{
    struct vocab_piece piece = { .at = (uint32_t)v->bytes.n };
    int64_t id;

    if (!json_int(val, 0, INT32_MAX - 1, &id))
        return err_set(e, ERR_MODEL, "vocab: the id of %.*s is no integer below 2^31",
                       (int)(key.n < 60 ? key.n : 60), key.p);
    if (memchr(key.p, '\\', key.n) == NULL)
        buf_add(&v->bytes, key.p + 1, key.n - 2);
    else if (json_unquote(key, &v->bytes, e))
        return err_set(e, ERR_MODEL, "vocab: %.*s is no text",
                       (int)(key.n < 60 ? key.n : 60), key.p);
    piece.id = (int32_t)id;
    piece.n = (uint32_t)v->bytes.n - piece.at;
    if ((size_t)id >= v->n_id)
        v->n_id = (size_t)id + 1;
    buf_add(pieces, &piece, sizeof piece);
    return 0;
}

static int
index_ids(struct vocab *v, struct err *e)
{
    if (v->n_id / SPARSE > v->n_piece + SPARE)
        return err_set(e, ERR_MODEL, "vocab: %zu pieces, but an id of %zu", v->n_piece,
                       v->n_id - 1);
    v->by_id = mem_alloc(mem_mul(v->n_id + 1, sizeof *v->by_id));
    memset(v->by_id, 0xFF, (v->n_id + 1) * sizeof *v->by_id);
    for (size_t i = 0; i < v->n_piece; i++) {
        int32_t *at = &v->by_id[v->piece[i].id];
        if (*at >= 0)
            return err_set(e, ERR_MODEL, "vocab: two pieces have the id %d",
                           (int)v->piece[i].id);
        *at = (int32_t)i;
    }
    return 0;
}

static int
index_texts(struct vocab *v, struct err *e)
{
    lexicon_init(&v->whole, v->bytes.p, v->n_piece);
    for (size_t i = 0; i < v->n_piece; i++) {
        const struct vocab_piece *p = &v->piece[i];
        if (!lexicon_put(&v->whole, p->at, p->n, p->id) && p->n > 0)
            return err_set(e, ERR_MODEL, "vocab: %.*s is there twice",
                           (int)(p->n < 60 ? p->n : 60), v->bytes.p + p->at);
    }
    lexicon_end(&v->whole);
    return 0;
}

int
vocab_parse(struct vocab *v, struct json object, struct err *e)
{
    struct json_iter it = json_begin(object);
    struct json key, val;
    struct buf pieces = { 0 };
    int bad = 0;

    memset(v, 0, sizeof *v);
    if (object.type != JSON_OBJECT)
        return err_set(e, ERR_MODEL, "vocab is no object");
    if (object.n > UINT32_MAX / 2)
        return err_set(e, ERR_MODEL, "vocab: %zu bytes are too many", object.n);
    buf_room(&v->bytes,
             object.n + 8); /* no escaped text is longer than its quoted form */
    buf_room(&pieces, object.n / USUAL * sizeof(struct vocab_piece));
    while (!bad && json_next(&it, &key, &val))
        bad = read_piece(v, &pieces, key, val, e);
    v->piece = (struct vocab_piece *)pieces.p;
    v->n_piece = pieces.n / sizeof *v->piece;
    if (bad || index_ids(v, e) || index_texts(v, e))
        return vocab_release(v), -1;
    return 0;
}

int
vocab_list(struct vocab *v, struct meta_array list, struct err *e)
{
    struct buf pieces = { 0 };
    struct str s;
    int bad = 0;

    memset(v, 0, sizeof *v);
    for (; !bad && meta_next_str(&list, &s); v->n_id++) {
        struct vocab_piece piece = { (uint32_t)v->bytes.n, (uint32_t)s.n,
                                     (int32_t)v->n_id };
        if (v->n_id >= INT32_MAX - 1 || s.n > UINT32_MAX / 2 - v->bytes.n)
            bad = err_set(e, ERR_MODEL, "vocab: too many bytes");
        else if (utf8_valid(s.p, s.n) != s.n)
            bad = err_set(e, ERR_MODEL, "vocab: piece %zu is no text", v->n_id);
        buf_str(&v->bytes, s);
        buf_add(&pieces, &piece, sizeof piece);
    }
    buf_room(&v->bytes, 8);
    v->piece = (struct vocab_piece *)pieces.p;
    v->n_piece = pieces.n / sizeof *v->piece;
    if (bad || index_ids(v, e) || index_texts(v, e))
        return vocab_release(v), -1;
    return 0;
}

void
vocab_release(struct vocab *v)
{
    vocab_lexicon_release(&v->whole);
    buf_free(&v->bytes);
    mem_free(v->piece);
    mem_free(v->by_id);
    memset(v, 0, sizeof *v);
}

struct str
vocab_text(const struct vocab *v, int32_t id)
{
    const struct vocab_piece *p;

    if (id < 0 || (size_t)id >= v->n_id || v->by_id[id] < 0)
        return (struct str){ NULL, 0 };
    p = &v->piece[v->by_id[id]];
    return (struct str){ v->bytes.p + p->at, p->n };
}

int32_t
vocab_find(const struct vocab *v, struct str piece)
{
    return look(&v->whole, piece.p, piece.n, spread(hash(piece.p, piece.n)))->id;
}

static int
begins(const struct vocab *v, size_t i, struct str prefix)
{
    const struct vocab_piece *p = &v->piece[i];
    const char *text = v->bytes.p + p->at;
    size_t k = 0;

    while (k < prefix.n && k < p->n && text[k] == prefix.p[k])
        k++;
    return k == prefix.n;
}

void
vocab_suffixes(const struct vocab *v, struct str prefix, struct vocab_lexicon *out)
{
    size_t count = 0;

    for (size_t i = 0; i < v->n_piece; i++)
        count += begins(v, i, prefix);
    lexicon_init(out, v->bytes.p, count);
    for (size_t i = 0; i < v->n_piece; i++) {
        const struct vocab_piece *p = &v->piece[i];
        if (begins(v, i, prefix))
            lexicon_put(out, p->at + (uint32_t)prefix.n, p->n - (uint32_t)prefix.n,
                        p->id);
    }
    lexicon_end(out);
}
