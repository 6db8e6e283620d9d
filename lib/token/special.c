/* special.c - added tokens: found in the text before anything else looks at it */
#include "token/special.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/utf8.h"
#include "token/berttab.h"

static int
longer(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x < y) - (x > y);
}

static void
sort_lengths(struct special_set *set)
{
    size_t n = 0;

    qsort(set->length, set->n_length, sizeof *set->length, longer);
    for (size_t i = 0; i < set->n_length; i++)
        if (n == 0 || set->length[n - 1] != set->length[i])
            set->length[n++] = set->length[i];
    set->n_length = n;
}

static int
seal(struct special_set *set, const struct special *s, int normalized, struct err *e)
{
    set->token = s->token;
    set->normalized = normalized;
    set->by_text = map_new(s->n);
    set->length = mem_alloc(mem_mul(s->n + 1, sizeof *set->length));
    for (size_t i = 0; i < s->n; i++) {
        const struct special_token *t = &s->token[i];
        if (t->normalized != normalized)
            continue;
        if (t->seek.n == 0)
            return err_set(e, ERR_MODEL, "added token %d is empty", (int)t->id);
        if (!map_put(set->by_text, t->seek, (int32_t)i))
            return err_set(e, ERR_MODEL, "added token %d is there twice", (int)t->id);
        set->length[set->n_length++] = t->seek.n;
        set->first[(unsigned char)t->seek.p[0]] = 1;
        set->plain |= !t->special;
    }
    sort_lengths(set);
    return 0;
}

int
special_seal(struct special *s, struct err *e)
{
    return seal(&s->plain, s, 0, e) || seal(&s->normal, s, 1, e) ? -1 : 0;
}

void
special_release(struct special *s)
{
    map_free(s->plain.by_text);
    map_free(s->normal.by_text);
    mem_free(s->plain.length);
    mem_free(s->normal.length);
    mem_free(s->token);
    memset(s, 0, sizeof *s);
}

void
special_begin(struct special_iter *it, const struct special_set *set, const char *text,
              size_t n, int parse_special)
{
    *it = (struct special_iter){ .set = set, .text = text, .n = n };
    it->parse_special = parse_special;
    it->one = -1;
    if (set->n_length == 0 || (!parse_special && !set->plain))
        it->seek = n; /* nothing can be found */
}

/* The longest token at a place, or NULL. */
static const struct special_token *
at(const struct special_iter *it, size_t from)
{
    const struct special_set *set = it->set;

    for (size_t i = 0; i < set->n_length; i++) {
        size_t n = set->length[i];
        int32_t k;
        if (n > it->n - from)
            continue;
        k = map_find(set->by_text, (struct str){ it->text + from, n }, -1);
        if (k >= 0)
            return &set->token[k];
    }
    return NULL;
}

static int
flags_at(const struct special_iter *it, size_t i)
{
    const char *p = it->text + i;

    return berttab_get(utf8_next(&p))->flags;
}

/* Where the character begins that ends at i > 0. */
static size_t
back(const struct special_iter *it, size_t i)
{
    do
        i--;
    while (i > 0 && ((unsigned char)it->text[i] & 0xC0) == 0x80);
    return i;
}

static int
is_alone(const struct special_iter *it, size_t from, size_t to)
{
    if (from > 0 && flags_at(it, back(it, from)) & BERTTAB_LETTER)
        return 0;
    return to == it->n || !(flags_at(it, to) & BERTTAB_LETTER);
}

static size_t
skip_left(const struct special_iter *it, size_t i)
{
    while (i > it->done) {
        size_t before = back(it, i);
        if (!(flags_at(it, before) & BERTTAB_WHITE))
            break;
        i = before;
    }
    return i > it->done ? i : it->done;
}

/* A run is walked once, however many tokens lie in it. */
static size_t
skip_right(struct special_iter *it, size_t i)
{
    size_t from = i;

    if (i >= it->white && i < it->white_end)
        return it->white_end;
    while (i < it->n && flags_at(it, i) & BERTTAB_WHITE) {
        const char *p = it->text + i;
        utf8_next(&p);
        i = (size_t)(p - it->text);
    }
    it->white = from;
    it->white_end = i;
    return i;
}

static int
is_parsed(const struct special_iter *it, const struct special_token *t)
{
    return it->parse_special && (it->one < 0 || it->one == t->id);
}

int
special_next(struct special_iter *it, struct special_match *m)
{
    while (it->seek < it->n) {
        const struct special_token *t = NULL;
        size_t from = it->seek;
        if (it->set->first[(unsigned char)it->text[from]])
            t = at(it, from);
        it->seek += t ? t->seek.n : 1;
        if (t == NULL || (t->special && !is_parsed(it, t)))
            continue;
        if (t->single_word && !is_alone(it, from, it->seek))
            continue;
        m->id = t->id;
        m->from = t->lstrip ? skip_left(it, from) : from;
        m->to = t->rstrip ? skip_right(it, it->seek) : it->seek;
        it->done = m->to;
        return 1;
    }
    return 0;
}
