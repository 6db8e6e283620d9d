/* masks.c - which tokens may come next, so that the text is a value of a schema */
#include "infer/masks.h"

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "infer/masktokens.h"

#define FORCED 4096 /* bytes that are forced at once */
#define LAST   8    /* of these, bytes that may be written together with what follows */

/* What comes next in a state: forced tokens, or a mask. */
struct masks_entry {
    struct str key;
    struct str text; /* forced */
    int32_t *id;     /* [n] */
    size_t n;
    uint64_t *bits; /* NULL: forced */
    int none;       /* no bit is set: the value can only end */
    size_t bytes;   /* of all of it */
};

struct masks {
    const struct schema *schema;
    struct masktokens *tokens;
    size_t least;

    pthread_mutex_t lock; /* of what is below */
    struct map *number;   /* key to entry */
    struct masks_entry **entry;
    size_t n_entry, cap_entry, bytes;
};

/* ---- what the vocabulary must have ---- */

static int
need_byte(const struct masks *m, unsigned char c, struct err *e)
{
    char text = (char)c;
    size_t n;

    if (tokentrie_longest(m->tokens->all, (struct str){ &text, 1 }, &n) >= 0)
        return 0;
    return err_set(e, ERR_MODEL,
                   "the model's vocabulary has no token for the byte 0x%02x, which a "
                   "value of the schema needs",
                   c);
}

static int
need_bytes(const struct masks *m, struct str text, struct err *e)
{
    for (size_t i = 0; i < text.n; i++)
        if (need_byte(m, (unsigned char)text.p[i], e))
            return -1;
    return 0;
}

/* Each byte that may have to follow must be a token by itself. What begins another
 * character of a string need not be written, and what ends it is below 0xc0. */
static int
check_bytes(const struct masks *m, struct err *e)
{
    for (int c = 0x20; c < 0xc0; c++)
        if (c != 0x7f && need_byte(m, (unsigned char)c, e))
            return -1;
    for (size_t i = 0; i < m->schema->n_member; i++)
        if (need_bytes(m, m->schema->member[i].key, e))
            return -1;
    for (size_t i = 0; i < m->schema->n_literal; i++)
        if (need_bytes(m, m->schema->literal[i], e))
            return -1;
    return 0;
}

static size_t
count_least(const struct masks *m)
{
    struct schemawalk at;
    struct buf text = { 0 };
    size_t n;

    schemawalk_begin(m->schema, &at);
    schemawalk_close(m->schema, &at, &text);
    n = masktokens_cut(m->tokens, buf_span(&text), NULL);
    buf_free(&text);
    return n;
}

struct masks *
masks_open(const struct schema *s, const struct tokenizer *t, struct err *e)
{
    struct masks *m = mem_zero(1, sizeof *m);

    m->schema = s;
    m->number = map_new(256);
    pthread_mutex_init(&m->lock, NULL);
    m->tokens = masktokens_make(t);
    if (check_bytes(m, e)) {
        masks_close(m);
        return NULL;
    }
    m->least = count_least(m);
    return m;
}

void
masks_close(struct masks *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n_entry; i++)
        mem_free(m->entry[i]);
    mem_free(m->entry);
    map_free(m->number);
    pthread_mutex_destroy(&m->lock);
    masktokens_free(m->tokens);
    mem_free(m);
}

size_t
masks_words(const struct masks *m)
{
    return m->tokens->n_word;
}

size_t
masks_least(const struct masks *m)
{
    return m->least;
}

/* ---- what is forced ---- */

/* The only byte that can follow, and *at behind it; or -1. */
static int
only_byte(const struct schema *s, struct schemawalk *at)
{
    struct schemawalk next, only;
    int byte = -1;

    if (schemawalk_may_end(s, at))
        return -1;
    for (int c = 0x20; c < 0x100; c++) {
        schemawalk_copy(&next, at);
        if (!schemawalk_step(s, &next, (unsigned char)c))
            continue;
        if (byte >= 0)
            return -1;
        byte = c;
        schemawalk_copy(&only, &next);
    }
    if (byte >= 0)
        schemawalk_copy(at, &only);
    return byte;
}

static void
find_forced(const struct schema *s, const struct schemawalk *at, struct buf *text)
{
    struct schemawalk now;
    int c;

    schemawalk_copy(&now, at);
    while (text->n < FORCED && (c = only_byte(s, &now)) >= 0)
        buf_char(text, (char)c);
}

/* The model would often write the last forced tokens as one with what follows: of the
 * text that they end in, they are the wrong tokens then. They are left to a mask. */
static void
leave_last(const struct masks *m, const struct schemawalk *at, struct buf *text,
           struct buf *ids)
{
    const int32_t *id = (const int32_t *)(const void *)ids->p;
    size_t n = ids->n / sizeof *id, keep = n, from = text->n, left = text->n;
    struct schemawalk end;

    schemawalk_copy(&end, at);
    for (size_t i = 0; i < text->n; i++)
        schemawalk_step(m->schema, &end, (unsigned char)text->p[i]);
    for (size_t i = n; i-- > 0 && text->n - from < LAST;) {
        from -= m->tokens->words.word[id[i]].n;
        if (masktokens_goes_on(m->tokens,
                               (struct str){ text->p + from, text->n - from },
                               m->schema, &end)) {
            keep = i;
            left = from;
        }
    }
    ids->n = keep * sizeof *id;
    text->n = left;
}

/* ---- entries ---- */

/* Copy to where *p points, which moves on and stays aligned. */
static void *
place(char **p, const void *bytes, size_t n)
{
    char *at = *p;

    if (n > 0)
        memcpy(at, bytes, n);
    *p += (n + 7) / 8 * 8;
    return at;
}

static int
is_zero(const uint64_t *bits, size_t n)
{
    uint64_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= bits[i];
    return any == 0;
}

/* In one block: the entry, its key, its tokens and text, or its mask. */
static struct masks_entry *
make_entry(const struct masks *m, const struct schemawalk *at, struct str key)
{
    struct buf text = { 0 }, ids = { 0 };
    size_t mask = 0, bytes;
    struct masks_entry *x;
    char *p;

    find_forced(m->schema, at, &text);
    if (text.n > 0) {
        masktokens_encode(m->tokens, buf_span(&text), &ids);
        leave_last(m, at, &text, &ids);
    }
    if (text.n == 0)
        mask = m->tokens->n_word * sizeof *x->bits;
    bytes = sizeof *x + key.n + text.n + ids.n + mask + 32;
    x = mem_zero(1, bytes);
    x->bytes = bytes;
    p = (char *)(x + 1);
    x->key = (struct str){ place(&p, key.p, key.n), key.n };
    if (mask) {
        x->bits = place(&p, NULL, 0);
        masktokens_fill(m->tokens, m->schema, at, x->bits);
        x->none = is_zero(x->bits, m->tokens->n_word);
    } else {
        x->id = place(&p, ids.p, ids.n);
        x->n = ids.n / sizeof *x->id;
        x->text = (struct str){ place(&p, text.p, text.n), text.n };
    }
    buf_free(&text);
    buf_free(&ids);
    return x;
}

static struct masks_entry *
find_entry(struct masks *m, struct str key)
{
    struct masks_entry *x = NULL;
    int32_t i;

    pthread_mutex_lock(&m->lock);
    if ((i = map_find(m->number, key, -1)) >= 0)
        x = m->entry[i];
    pthread_mutex_unlock(&m->lock);
    return x;
}

/* Keep x, unless another thread was first or there is no room: then it is the walk's.
 */
static void
keep_entry(struct masks *m, struct masks_walk *w, struct masks_entry *x)
{
    pthread_mutex_lock(&m->lock);
    if (x->bytes <= MASKS_CACHE - m->bytes &&
        map_put(m->number, x->key, (int32_t)m->n_entry)) {
        if (m->n_entry == m->cap_entry) {
            m->cap_entry = m->cap_entry ? 2 * m->cap_entry : 64;
            m->entry = mem_grow(m->entry, m->n_entry * sizeof(void *),
                                mem_mul(m->cap_entry, sizeof(void *)));
        }
        m->entry[m->n_entry++] = x;
        m->bytes += x->bytes;
        x = NULL;
    }
    pthread_mutex_unlock(&m->lock);
    mem_free(w->own);
    w->own = x;
}

static const struct masks_entry *
get_entry(struct masks *m, struct masks_walk *w)
{
    struct masks_entry *x;

    w->key.n = 0;
    schemawalk_key(m->schema, &w->at, m->tokens->words.longest, &w->key);
    if ((x = find_entry(m, buf_span(&w->key))) != NULL)
        return x;
    x = make_entry(m, &w->at, buf_span(&w->key));
    keep_entry(m, w, x);
    return x;
}

/* ---- walks ---- */

int
masks_begin(const struct masks *m, struct masks_walk *w, size_t max_tokens,
            struct err *e)
{
    if (m->least > max_tokens)
        return err_set(e, ERR_RANGE,
                       "the shortest value of the schema takes %zu tokens, %zu are "
                       "allowed",
                       m->least, max_tokens);
    w->text.n = 0;
    w->left = max_tokens;
    w->cut = w->ended = 0;
    schemawalk_begin(m->schema, &w->at);
    return 0;
}

void
masks_walk_release(struct masks_walk *w)
{
    buf_free(&w->text);
    buf_free(&w->ids);
    buf_free(&w->close);
    buf_free(&w->key);
    mem_free(w->own);
    *w = (struct masks_walk){ 0 };
}

/* Can the value be made whole from `at` with `left` tokens? Then w->close is how. */
static int
fits(const struct masks *m, struct masks_walk *w, const struct schemawalk *at,
     size_t left)
{
    struct schemawalk end;

    schemawalk_copy(&end, at);
    w->close.n = 0;
    schemawalk_close(m->schema, &end, &w->close);
    return w->close.n <= left ||
           masktokens_cut(m->tokens, buf_span(&w->close), NULL) <= left;
}

/* What masks_take() has not let pass comes to an end. */
static void
close_value(const struct masks *m, struct masks_walk *w, struct masks_next *next)
{
    fits(m, w, &w->at, w->left);
    w->ids.n = 0;
    next->n = masktokens_cut(m->tokens, buf_span(&w->close), &w->ids);
    next->id = (const int32_t *)(void *)w->ids.p;
    next->what = next->n > 0 ? MASKS_FORCED : MASKS_DONE;
    buf_str(&w->text, buf_span(&w->close));
    w->left -= next->n;
    w->ended = 1;
}

/* The forced text, where the value can be made whole behind it. */
static int
take_forced(const struct masks *m, struct masks_walk *w, const struct masks_entry *x)
{
    struct schemawalk at;

    schemawalk_copy(&at, &w->at);
    for (size_t i = 0; i < x->text.n; i++)
        schemawalk_step(m->schema, &at, (unsigned char)x->text.p[i]);
    if (x->n > w->left || !fits(m, w, &at, w->left - x->n))
        return 0;
    schemawalk_copy(&w->at, &at);
    buf_str(&w->text, x->text);
    w->left -= x->n;
    return 1;
}

void
masks_next(struct masks *m, struct masks_walk *w, struct masks_next *next)
{
    const struct masks_entry *x;

    *next = (struct masks_next){ .what = MASKS_DONE };
    if (w->ended || w->at.depth == 0)
        return;
    if (w->cut) {
        close_value(m, w, next);
        return;
    }
    x = get_entry(m, w);
    if (x->bits && x->none) {
        w->ended = 1;
    } else if (x->bits) {
        next->what = MASKS_CHOICE;
        next->bits = x->bits;
        next->may_end = schemawalk_may_end(m->schema, &w->at);
    } else if (take_forced(m, w, x)) {
        next->what = MASKS_FORCED;
        next->id = x->id;
        next->n = x->n;
    } else {
        w->cut = 1;
        close_value(m, w, next);
    }
}

int
masks_take(const struct masks *m, struct masks_walk *w, int32_t id)
{
    struct schemawalk at;
    struct str word;

    if (id < 0 || (size_t)id >= m->tokens->words.n)
        return -1;
    word = m->tokens->words.word[id];
    if (word.n == 0)
        return -1;
    schemawalk_copy(&at, &w->at);
    for (size_t i = 0; i < word.n; i++)
        if (!schemawalk_step(m->schema, &at, (unsigned char)word.p[i]))
            return -1;
    if (w->left == 0 || !fits(m, w, &at, w->left - 1)) {
        w->cut = 1;
        return 0;
    }
    schemawalk_copy(&w->at, &at);
    buf_str(&w->text, word);
    w->left--;
    return 1;
}

void
masks_end(struct masks_walk *w)
{
    w->ended = 1;
}
