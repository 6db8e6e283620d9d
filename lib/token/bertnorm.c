/* bertnorm.c - BertNormalizer: text to the characters that BERT tokenizers see */
#include "token/bertnorm.h"

#include "text/utf8.h"
#include "token/berttab.h"

#define PARTS 8 /* no decomposition is longer */

/* A mark in a run: its class, whether it stands for a source character or only came
 * out of a decomposition (then it adds no origin of its own). */
struct mark {
    struct bertnorm_char c;
    uint8_t ccc, added, gone;
};

void
bertnorm_begin(struct bertnorm_iter *it, const struct bertnorm *norm, const char *text,
               size_t from, size_t to, size_t at, struct bertnorm_scratch *s)
{
    it->norm = norm;
    it->text = text;
    it->p = text + from;
    it->end = text + to;
    it->at = (uint32_t)at;
    it->origin = (struct bertnorm_char){ 0, (uint32_t)from, (uint32_t)at };
    it->head = 0;
    it->s = s;
    s->queue.n = s->marks.n = 0;
}

void
bertnorm_scratch_release(struct bertnorm_scratch *s)
{
    buf_free(&s->queue);
    buf_free(&s->marks);
    buf_free(&s->order);
}

static void
push(struct bertnorm_iter *it, struct bertnorm_char c)
{
    buf_add(&it->s->queue, &c, sizeof c);
}

/* The last step: lower case, then into the queue. */
static void
push_lower(struct bertnorm_iter *it, struct bertnorm_char c,
           const struct berttab_record *r)
{
    if (!it->norm->lowercase || r->n_lower == 0) {
        if (it->norm->lowercase)
            c.cp = (uint32_t)((int32_t)c.cp + r->lower);
        push(it, c);
        return;
    }
    for (int i = 0; i < r->n_lower; i++) {
        c.cp = berttab_pool[r->lower + i];
        push(it, c);
    }
}

/* Canonical decomposition of c into out[PARTS]; how many. */
static int
decompose(uint32_t c, const struct berttab_record *r, uint32_t *out)
{
    uint32_t s = c - 0xAC00;

    if (s < 11172) {
        out[0] = 0x1100 + s / 588;
        out[1] = 0x1161 + s % 588 / 28;
        out[2] = 0x11A7 + s % 28;
        return s % 28 ? 3 : 2;
    }
    for (int i = 0; i < r->n_nfd; i++)
        out[i] = berttab_pool[r->nfd + i];
    if (r->n_nfd == 0)
        out[0] = c;
    return r->n_nfd ? r->n_nfd : 1;
}

/* Stable sort by class: count, then place. */
static const struct mark *
sort_marks(struct bertnorm_scratch *s, const struct mark *m, size_t n)
{
    size_t place[257] = { 0 };
    struct mark *out;

    s->order.n = 0;
    out = (struct mark *)buf_room(&s->order, n * sizeof *out);
    for (size_t i = 0; i < n; i++)
        place[m[i].ccc + 1]++;
    for (int c = 0; c < 256; c++)
        place[c + 1] += place[c];
    for (size_t i = 0; i < n; i++)
        out[place[m[i].ccc]++] = m[i];
    return out;
}

/* End a run of marks: put those in order that are kept. Places have origins, not
 * characters (see the header), so the k-th that has an origin gets the k-th origin. */
static void
flush_marks(struct bertnorm_iter *it, struct bertnorm_char before)
{
    const struct mark *m = (const struct mark *)it->s->marks.p, *sorted;
    size_t n = it->s->marks.n / sizeof *m, kept = 0, next = 0;

    it->s->marks.n = 0;
    for (size_t i = 0; i < n; i++)
        kept += !m[i].gone;
    if (kept == 0)
        return;
    sorted = sort_marks(it->s, m, n);
    for (size_t i = 0; i < n; i++) {
        if (!sorted[i].added) {
            while (m[next].added)
                next++;
            before = m[next++].c;
        }
        if (!sorted[i].gone) {
            before.cp = sorted[i].c.cp;
            push_lower(it, before, berttab_get(before.cp));
        }
    }
}

/* Decompose one source character; starters go on, marks wait in the run. */
static void
strip(struct bertnorm_iter *it, struct bertnorm_char c, const struct berttab_record *r)
{
    struct bertnorm_char part = c;
    uint32_t parts[PARTS];
    int n = decompose(c.cp, r, parts);

    for (int i = 0; i < n; i++) {
        const struct berttab_record *pr =
            n == 1 && parts[0] == c.cp ? r : berttab_get(parts[i]);
        int gone = (pr->flags & BERTTAB_MARK) != 0;
        part.cp = parts[i];
        if (pr->ccc) {
            struct mark m = { part, pr->ccc, i > 0, (uint8_t)gone };
            buf_add(&it->s->marks, &m, sizeof m);
            continue;
        }
        if (it->s->marks.n)
            flush_marks(it, it->origin);
        it->origin = c;
        if (!gone)
            push_lower(it, part, pr);
    }
}

static void
take(struct bertnorm_iter *it, struct bertnorm_char c)
{
    const struct berttab_record *r = berttab_get(c.cp);
    const struct bertnorm *norm = it->norm;
    struct bertnorm_char space = c;

    if (norm->clean_text && r->flags & BERTTAB_DROP)
        return;
    if (norm->clean_text && r->flags & BERTTAB_SPACE)
        r = berttab_get(c.cp = ' ');
    space.cp = ' ';
    if (norm->chinese_chars && r->flags & BERTTAB_CJK) {
        if (it->s->marks.n)
            flush_marks(it, it->origin);
        push(it, space);
    }
    if (norm->strip_accents)
        strip(it, c, r);
    else
        push_lower(it, c, r);
    if (norm->chinese_chars && r->flags & BERTTAB_CJK)
        push(it, space);
}

/* One more source character, or the marks that were left at the end. 0: no more. */
static int
fill(struct bertnorm_iter *it)
{
    it->s->queue.n = it->head = 0;
    if (it->p < it->end) {
        struct bertnorm_char c = { 0, (uint32_t)(it->p - it->text), it->at++ };
        c.cp = utf8_next(&it->p);
        take(it, c);
        return 1;
    }
    if (it->s->marks.n == 0)
        return 0;
    flush_marks(it, it->origin);
    return 1;
}

/* Most characters become one, whatever the switches say: those need no queue. */
static int
take_simple(struct bertnorm_iter *it, struct bertnorm_char *c)
{
    const unsigned special = BERTTAB_DROP | BERTTAB_SPACE | BERTTAB_CJK | BERTTAB_MARK;
    const struct berttab_record *r;
    const char *p = it->p;
    uint32_t cp;

    if (p == it->end || it->s->marks.n)
        return 0;
    cp = utf8_next(&p);
    r = berttab_get(cp);
    if (r->flags & special || r->ccc || r->n_nfd || r->n_lower || cp - 0xAC00 < 11172)
        return 0;
    c->byte = (uint32_t)(it->p - it->text);
    c->at = it->at++;
    c->cp = it->norm->lowercase ? (uint32_t)((int32_t)cp + r->lower) : cp;
    it->origin = *c;
    it->p = p;
    return 1;
}

int
bertnorm_next(struct bertnorm_iter *it, struct bertnorm_char *c)
{
    while (it->head * sizeof *c == it->s->queue.n) {
        if (take_simple(it, c))
            return 1;
        if (!fill(it))
            return 0;
    }
    *c = ((const struct bertnorm_char *)it->s->queue.p)[it->head++];
    return 1;
}
