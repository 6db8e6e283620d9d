/* stopper.c - where an answer ends: stop strings over bytes that come token by token */
#include "infer/stopper.h"

#include "base/arena.h"
#include "base/mem.h"
#include "text/utf8.h"

/* back[i]: the longest proper ending of the first i bytes that they begin with */
struct pattern {
    struct str text;
    size_t *back; /* [text.n + 1] */
};

struct stopper {
    struct pattern pattern[STOPPER_MAX];
    size_t n;
    struct arena mem;
};

/* How much of the pattern a text ends in that ended in `match` bytes of it, but not
 * all, and goes on with c. */
static inline size_t
advance(const struct pattern *p, size_t match, char c)
{
    while (match > 0 && p->text.p[match] != c)
        match = p->back[match];
    return match + (p->text.p[match] == c);
}

static void
compile(struct stopper *s, struct str text)
{
    struct pattern *p = &s->pattern[s->n++];

    p->text = arena_str(&s->mem, text);
    p->back = arena_alloc(&s->mem, (text.n + 1) * sizeof *p->back);
    p->back[0] = p->back[1] = 0;
    for (size_t i = 1; i < text.n; i++)
        p->back[i + 1] = advance(p, p->back[i], text.p[i]);
}

struct stopper *
stopper_new(const char *const *string, size_t n, struct err *e)
{
    struct stopper *s;

    if (n > STOPPER_MAX) {
        err_set(e, ERR_USAGE, "%zu stop strings: at most %d", n, STOPPER_MAX);
        return NULL;
    }
    s = mem_zero(1, sizeof *s);
    for (size_t i = 0; i < n; i++) {
        struct str text = str_of(string[i]);
        if (text.n == 0 || utf8_valid(text.p, text.n) != text.n) {
            err_set(e, ERR_USAGE,
                    text.n ? "stop string %zu is not UTF-8"
                           : "stop string %zu is empty",
                    i + 1);
            stopper_free(s);
            return NULL;
        }
        compile(s, text);
    }
    return s;
}

void
stopper_free(struct stopper *s)
{
    if (s)
        arena_release(&s->mem);
    mem_free(s);
}

void
stopper_text_release(struct stopper_text *t)
{
    buf_free(&t->text);
    *t = (struct stopper_text){ .sure = 0 };
}

void
stopper_begin(struct stopper_text *t)
{
    t->text.n = t->sure = 0;
    t->stopped = 0;
    memset(t->match, 0, sizeof t->match);
}

/* Bytes at the end that are the beginning of a character, and not all of it */
static size_t
cut_character(struct str s)
{
    for (size_t k = 1; k <= 3 && k <= s.n; k++) {
        unsigned char c = (unsigned char)s.p[s.n - k];
        size_t whole = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        if ((c & 0xC0) != 0x80)
            return whole > k ? k : 0;
    }
    return 0;
}

/* One byte further: the length of the longest stop string that it completes, or 0 */
static size_t
step(const struct stopper *s, struct stopper_text *t, char c)
{
    size_t longest = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct pattern *p = &s->pattern[i];
        t->match[i] = advance(p, t->match[i], c);
        if (t->match[i] == p->text.n && p->text.n > longest)
            longest = p->text.n;
    }
    return longest;
}

/* What is there is final, but for what may yet be cut. */
static void
settle(const struct stopper *s, struct stopper_text *t)
{
    size_t held = cut_character(buf_span(&t->text));

    for (size_t i = 0; i < s->n; i++)
        held = t->match[i] > held ? t->match[i] : held;
    t->sure = t->text.n - held;
}

int
stopper_push(const struct stopper *s, struct stopper_text *t, struct str bytes)
{
    size_t from = t->text.n;

    if (t->stopped)
        return 1;
    buf_str(&t->text, bytes);
    for (size_t i = from; s->n > 0 && i < t->text.n; i++) {
        size_t n = step(s, t, t->text.p[i]);
        if (n > 0) {
            t->text.n = t->sure = i + 1 - n;
            t->stopped = 1;
            return 1;
        }
    }
    settle(s, t);
    return 0;
}

void
stopper_end(struct stopper_text *t)
{
    struct buf whole = { 0 };
    struct str s = buf_span(&t->text);

    t->text.n = s.n -= cut_character(s);
    if (utf8_valid(s.p, s.n) < s.n) {
        utf8_repair(&whole, s.p, s.n);
        buf_free(&t->text);
        t->text = whole;
    }
    t->sure = t->text.n;
}
