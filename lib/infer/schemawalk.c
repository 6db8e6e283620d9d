/* schemawalk.c - how far a value of a schema is written, byte by byte */
#include "infer/schemawalk.h"

enum phase {
    VALUE,  /* nothing of it is written */
    FIRST,  /* behind the opening bracket */
    NAME,   /* in the name of a member, from its quote to the colon */
    AFTER,  /* behind a member or item, or in it while it has a frame of its own */
    INSIDE, /* in a string, number or literal */
};

/* What became of a byte. */
enum taken {
    REFUSED,
    TAKEN,
    AGAIN, /* not taken: it is for the frame that is now the last one */
};

void
schemawalk_begin(const struct schema *s, struct schemawalk *w)
{
    (void)s;
    w->depth = 1;
    w->frame[0] = (struct schemawalk_frame){ .node = 1 };
}

void
schemawalk_copy(struct schemawalk *to, const struct schemawalk *from)
{
    to->depth = from->depth;
    memcpy(to->frame, from->frame, from->depth * sizeof *from->frame);
}

static struct schemawalk_frame *
last(struct schemawalk *w)
{
    return &w->frame[w->depth - 1];
}

static void
open_value(struct schemawalk *w, uint32_t node)
{
    w->frame[w->depth++] = (struct schemawalk_frame){ .node = node };
}

static enum taken
close_value(struct schemawalk *w)
{
    w->depth--;
    return TAKEN;
}

/* ---- literals ---- */

static int
byte_of(const struct schema *s, uint32_t literal, uint32_t used)
{
    struct str l = s->literal[literal];

    return used < l.n ? (unsigned char)l.p[used] : -1;
}

/* The first of the literals [at, to), alike in `used` bytes, that goes on with c or
 * more. */
static uint32_t
find_literal(const struct schema *s, const struct schemawalk_frame *f, int c)
{
    uint32_t low = f->at, high = f->to;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (byte_of(s, middle, f->used) < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int
literal_may_end(const struct schema *s, const struct schemawalk_frame *f)
{
    return f->used > 0 && s->literal[f->at].n == f->used;
}

static enum taken
step_literal(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);
    uint32_t at, to;

    if (f->phase == VALUE) {
        f->at = s->node[f->node].first;
        f->to = f->at + s->node[f->node].n;
        f->phase = INSIDE;
    }
    at = find_literal(s, f, c);
    to = find_literal(s, f, c + 1);
    if (at == to) {
        if (!literal_may_end(s, f))
            return REFUSED;
        w->depth--;
        return AGAIN;
    }
    f->at = at;
    f->to = to;
    f->used++;
    return to - at == 1 && literal_may_end(s, f) ? close_value(w) : TAKEN;
}

static void
close_literal(const struct schema *s, struct schemawalk *w, struct buf *out)
{
    struct schemawalk_frame *f = last(w);
    struct str best;

    if (f->phase == VALUE) {
        f->at = s->node[f->node].first;
        f->to = f->at + s->node[f->node].n;
    }
    best = s->literal[f->at];
    for (uint32_t i = f->at + 1; i < f->to; i++)
        if (s->literal[i].n < best.n)
            best = s->literal[i];
    buf_add(out, best.p + f->used, best.n - f->used);
    w->depth--;
}

/* ---- strings and numbers ---- */

static enum taken
step_string(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);
    enum schemastr next;

    if (f->phase == VALUE) {
        f->phase = INSIDE;
        f->at = s->node[f->node].min;
        f->to = s->node[f->node].max;
        return c == '"' ? TAKEN : REFUSED;
    }
    next = schemastr_step(f->in, c);
    if (next == SCHEMASTR_QUOTE)
        return f->at > 0 ? REFUSED : close_value(w);
    if (next == SCHEMASTR_NONE)
        return REFUSED;
    if (f->in == SCHEMASTR_PLAIN) {
        if (f->to-- == 0)
            return REFUSED;
        f->at -= f->at > 0;
    }
    f->in = (uint8_t)next;
    return TAKEN;
}

static void
close_string(const struct schema *s, struct schemawalk *w, struct buf *out)
{
    struct schemawalk_frame *f = last(w);

    if (f->phase == VALUE) {
        buf_char(out, '"');
        step_string(s, w, '"');
    }
    while (f->in != SCHEMASTR_PLAIN || f->at > 0) {
        unsigned char c = schemastr_close(f->in);
        buf_char(out, (char)c);
        step_string(s, w, c);
    }
    buf_char(out, '"');
    w->depth--;
}

static enum taken
step_number(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);
    const struct schemanum *r = &s->node[f->node].range;

    f->phase = INSIDE;
    if (schemanum_step(r, &f->num, (char)c))
        return TAKEN;
    if (!schemanum_may_end(r, &f->num))
        return REFUSED;
    w->depth--;
    return AGAIN;
}

static void
close_number(const struct schema *s, struct schemawalk *w, struct buf *out)
{
    struct schemawalk_frame *f = last(w);
    const struct schemanum *r = &s->node[f->node].range;

    while (!schemanum_may_end(r, &f->num)) {
        char c = schemanum_close(r, &f->num);
        buf_char(out, c);
        schemanum_step(r, &f->num, c);
    }
    w->depth--;
}

/* ---- objects ---- */

static const struct schema_member *
member(const struct schema *s, const struct schemawalk_frame *f, uint32_t i)
{
    return &s->member[s->node[f->node].first + i];
}

/* The next member that must be there, or their number. */
static uint32_t
next_required(const struct schema *s, const struct schemawalk_frame *f)
{
    uint32_t i = f->at;

    while (i < s->node[f->node].n && !member(s, f, i)->required)
        i++;
    return i;
}

/* In a name: `used` bytes of the name of member `to` are written, and those of others
 * up to the next that must be there may be the same. The first of them with byte c. */
static enum taken
step_name(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);
    uint32_t n = s->node[f->node].n, end = next_required(s, f);
    const struct schema_member *now;

    if (f->at == n)
        return REFUSED;
    now = member(s, f, f->to);
    for (uint32_t i = f->to; i <= end && i < n; i++) {
        const struct schema_member *m = member(s, f, i);
        if (m->key.n <= f->used || (unsigned char)m->key.p[f->used] != c ||
            memcmp(m->key.p, now->key.p, f->used) != 0)
            continue;
        f->to = i;
        if (++f->used == m->key.n) { /* a colon ends no other name */
            f->phase = AFTER;
            f->at = i + 1;
            open_value(w, m->node);
        }
        return TAKEN;
    }
    return REFUSED;
}

static void
begin_name(struct schemawalk_frame *f)
{
    f->phase = NAME;
    f->to = f->at;
    f->used = 0;
}

static enum taken
step_object(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);
    uint32_t n = s->node[f->node].n;

    if (f->phase == VALUE) {
        f->phase = FIRST;
        return c == '{' ? TAKEN : REFUSED;
    }
    if (f->phase == NAME)
        return step_name(s, w, c);
    if (c == '}')
        return next_required(s, f) == n ? close_value(w) : REFUSED;
    if (f->at == n || c != (f->phase == FIRST ? '"' : ','))
        return REFUSED;
    begin_name(f);
    if (c == '"')
        f->used = 1;
    return TAKEN;
}

/* The rest of the name; or the next one, or the end. */
static void
close_object(const struct schema *s, struct schemawalk *w, struct buf *out)
{
    struct schemawalk_frame *f = last(w);
    const struct schema_member *m;
    uint32_t next = next_required(s, f);

    if (f->phase == VALUE) {
        buf_char(out, '{');
        f->phase = FIRST;
    }
    if (f->phase != NAME) {
        if (next == s->node[f->node].n) {
            buf_char(out, '}');
            w->depth--;
            return;
        }
        if (f->phase == AFTER)
            buf_char(out, ',');
        f->to = next;
        f->used = 0;
    }
    m = member(s, f, f->to);
    buf_add(out, m->key.p + f->used, m->key.n - f->used);
    f->at = f->to + 1;
    f->phase = AFTER;
    open_value(w, m->node);
}

/* ---- arrays ---- */

static enum taken
step_array(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);
    const struct schema_node *n = &s->node[f->node];
    int first = f->phase == FIRST;

    if (f->phase == VALUE) {
        f->phase = FIRST;
        return c == '[' ? TAKEN : REFUSED;
    }
    if (c == ']')
        return f->at >= n->min ? close_value(w) : REFUSED;
    if (f->at == n->max || (!first && c != ','))
        return REFUSED;
    f->at++;
    f->phase = AFTER;
    open_value(w, n->first);
    return first ? AGAIN : TAKEN;
}

static void
close_array(const struct schema *s, struct schemawalk *w, struct buf *out)
{
    struct schemawalk_frame *f = last(w);
    const struct schema_node *n = &s->node[f->node];

    if (f->phase == VALUE) {
        buf_char(out, '[');
        f->phase = FIRST;
    }
    if (f->at >= n->min) {
        buf_char(out, ']');
        w->depth--;
        return;
    }
    if (f->phase == AFTER)
        buf_char(out, ',');
    f->at++;
    f->phase = AFTER;
    open_value(w, n->first);
}

/* ---- any value ---- */

/* Can a value of this node begin with c? */
static int
may_begin(const struct schema *s, uint32_t node, unsigned char c)
{
    const struct schema_node *n = &s->node[node];
    struct schemawalk_frame f = { .at = n->first, .to = n->first + n->n };

    switch (n->kind) {
    case SCHEMA_OBJECT: return c == '{';
    case SCHEMA_ARRAY: return c == '[';
    case SCHEMA_STRING: return c == '"';
    case SCHEMA_NUMBER: return c == '-' || (c >= '0' && c <= '9');
    default: return find_literal(s, &f, c) < find_literal(s, &f, c + 1);
    }
}

/* Of the types that a value may have, the one that begins with c. */
static void
choose_type(const struct schema *s, struct schemawalk_frame *f, unsigned char c)
{
    while (!may_begin(s, f->node, c) && s->node[f->node].other)
        f->node = s->node[f->node].other;
}

static enum taken
step_last(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    struct schemawalk_frame *f = last(w);

    if (f->phase == VALUE && s->node[f->node].other)
        choose_type(s, f, c);
    switch (s->node[f->node].kind) {
    case SCHEMA_OBJECT: return step_object(s, w, c);
    case SCHEMA_ARRAY: return step_array(s, w, c);
    case SCHEMA_STRING: return step_string(s, w, c);
    case SCHEMA_NUMBER: return step_number(s, w, c);
    default: return step_literal(s, w, c);
    }
}

int
schemawalk_step(const struct schema *s, struct schemawalk *w, unsigned char c)
{
    enum taken t = AGAIN;

    while (t == AGAIN && w->depth > 0)
        t = step_last(s, w, c);
    return t == TAKEN;
}

int
schemawalk_may_end(const struct schema *s, const struct schemawalk *w)
{
    const struct schemawalk_frame *f = &w->frame[0];

    if (w->depth != 1)
        return w->depth == 0;
    if (s->node[f->node].kind == SCHEMA_NUMBER)
        return schemanum_may_end(&s->node[f->node].range, &f->num);
    return s->node[f->node].kind == SCHEMA_LITERALS && f->phase == INSIDE &&
           literal_may_end(s, f);
}

void
schemawalk_close(const struct schema *s, struct schemawalk *w, struct buf *out)
{
    while (w->depth > 0) {
        struct schemawalk_frame *f = last(w);
        if (f->phase == VALUE)
            f->node = schema_shortest(s, f->node);
        switch (s->node[f->node].kind) {
        case SCHEMA_OBJECT: close_object(s, w, out); break;
        case SCHEMA_ARRAY: close_array(s, w, out); break;
        case SCHEMA_STRING: close_string(s, w, out); break;
        case SCHEMA_NUMBER: close_number(s, w, out); break;
        default: close_literal(s, w, out);
        }
    }
}

int
schemawalk_in_string(const struct schema *s, const struct schemawalk *w, size_t *room)
{
    const struct schemawalk_frame *f;

    if (w->depth == 0)
        return 0;
    f = &w->frame[w->depth - 1];
    *room = f->to;
    return f->phase == INSIDE && s->node[f->node].kind == SCHEMA_STRING &&
           f->in == SCHEMASTR_PLAIN;
}

/* ---- what two walks have in common ---- */

static uint32_t
at_most(uint32_t x, size_t n)
{
    return x < n ? x : (uint32_t)n;
}

/* A frame with all that makes no difference made the same. */
static struct schemawalk_frame
plain_frame(const struct schema *s, const struct schemawalk_frame *f, size_t n)
{
    const struct schema_node *node = &s->node[f->node];
    struct schemawalk_frame p = *f;

    if (f->phase == VALUE)
        return (struct schemawalk_frame){ .node = f->node };
    switch (node->kind) {
    case SCHEMA_OBJECT:
        if (f->phase != NAME)
            p.to = p.used = 0;
        break;
    case SCHEMA_ARRAY:
        p.to = at_most(node->max - f->at, n);
        p.at = at_most(f->at < node->min ? node->min - f->at : 0, n);
        break;
    case SCHEMA_STRING:
        p.to = at_most(f->to, n);
        p.at = at_most(f->at, n);
        break;
    case SCHEMA_NUMBER:
        if (schemanum_is_any(&node->range))
            p.num.value = f->num.value > 0;
        break;
    default: break;
    }
    return p;
}

void
schemawalk_key(const struct schema *s, const struct schemawalk *w, size_t n,
               struct buf *out)
{
    for (uint32_t i = 0; i < w->depth; i++) {
        struct schemawalk_frame p = plain_frame(s, &w->frame[i], n);
        const uint32_t words[] = { p.node,
                                   p.at,
                                   p.to,
                                   p.used,
                                   (uint32_t)p.phase << 8 | p.in,
                                   (uint32_t)p.num.phase << 16 |
                                       (uint32_t)p.num.minus << 8 | p.num.digits };
        buf_add(out, words, sizeof words);
        buf_add(out, &p.num.value, sizeof p.num.value);
    }
}
