/* rejoin.c - the pieces of a record together again */
#include "cli/rejoin.h"

#include <string.h>

#include "base/mem.h"
#include "cli/input.h"
#include "json/jout.h"
#include "json/json.h"
#include "json/splice.h"

#define MAX_LINE    ((size_t)64 << 20)
#define BATCH_LINES 4096
#define BATCH_BYTES ((size_t)1 << 20)

enum { W_MEMBER, W_CHUNK, W_SRC, N_WATCH };

/* A piece that waits for the others of its record; spans are offsets in group.text. */
struct piece {
    size_t at, n;
    int file;
    uint64_t line, byte;
};

struct group {
    struct buf text; /* the lines, each with its newline */
    struct piece *piece;
    size_t n, cap;
    int64_t want; /* pieces that the record has; 0: no group */
};

struct rejoin {
    struct feed *feed;
    const struct rejoin_opt *opt;
    struct json_watch watch[N_WATCH];
    struct group group;
    struct buf joined, out, between; /* between: as it stands in a JSON string */
    struct err *e;
};

/* A line scanned. */
struct seen {
    struct str line;
    struct json object, member, src;
    int64_t i, n, from, to; /* from, to: bytes of the text */
};

/* 1: it has _chunk; 0: it has none; -1: it is bad. */
static int
look(struct rejoin *r, struct str line, struct seen *s, struct err *why)
{
    struct json_watch *w = r->watch;
    struct json bytes;

    if (json_scan(line.p, line.n, w, N_WATCH, &s->object, why))
        return -1;
    if (s->object.type != JSON_OBJECT)
        return err_set(why, ERR_NOT_OBJECT, "not an object");
    s->line = line;
    s->member = w[W_MEMBER].value;
    s->src = w[W_SRC].value;
    if (w[W_CHUNK].count == 0)
        return 0;
    bytes = json_get(w[W_CHUNK].value, "bytes");
    if (w[W_CHUNK].count > 1 || w[W_MEMBER].count > 1)
        return err_set(why, ERR_JSON, "a member is there twice");
    if (w[W_CHUNK].value.type != JSON_OBJECT ||
        !json_int(json_get(w[W_CHUNK].value, "n"), 1, INT64_MAX, &s->n) ||
        !json_int(json_get(w[W_CHUNK].value, "i"), 0, s->n - 1, &s->i) ||
        bytes.type != JSON_ARRAY ||
        !json_int(json_at(bytes, 0), 0, INT64_MAX, &s->from) ||
        !json_int(json_at(bytes, 1), s->from, INT64_MAX, &s->to))
        return err_set(why, ERR_TYPE, "'_chunk' does not tell which piece this is");
    if (s->member.type == JSON_NONE || s->member.type == JSON_NULL)
        return err_set(why, ERR_MISSING, "no member '%.*s'", (int)r->opt->member.n,
                       r->opt->member.p);
    if (s->member.type != JSON_STRING && s->member.type != JSON_ARRAY)
        return err_set(why, ERR_TYPE, "'%.*s' is neither text nor a list",
                       (int)r->opt->member.n, r->opt->member.p);
    return 1;
}

static int
put(struct rejoin *r, enum outcome_kind kind, const struct piece *p, struct str raw,
    struct str out, const struct err *why)
{
    return feed_put(r->feed, &(struct feed_item){ .kind = kind,
                                                  .file = p->file,
                                                  .line = p->line,
                                                  .byte = p->byte,
                                                  .raw = raw,
                                                  .out = out,
                                                  .why = why });
}

/* Reject all pieces that wait. */
static int
drop_group(struct rejoin *r, const struct err *why)
{
    struct group *g = &r->group;
    int rc = 0;

    for (size_t i = 0; i < g->n && rc == 0; i++)
        rc = put(r, OUT_REJECTED, &g->piece[i],
                 (struct str){ g->text.p + g->piece[i].at, g->piece[i].n }, STR(""),
                 why);
    g->n = g->text.n = 0;
    g->want = 0;
    return rc;
}

static int
cut_short(struct rejoin *r)
{
    struct err why;

    if (r->group.want == 0)
        return 0;
    err_set(&why, ERR_MISSING, "%zu of the %lld pieces of this record are there",
            r->group.n, (long long)r->group.want);
    return drop_group(r, &why);
}

/* Append a piece's value to r->joined, which has the ones before. */
static int
join_value(struct rejoin *r, const struct seen *s, const struct seen *before,
           struct err *why)
{
    struct str inside = { s->member.p + 1, s->member.n - 2 };
    int is_text = s->member.type == JSON_STRING;

    if (before && before->member.type != s->member.type)
        return err_set(why, ERR_TYPE, "pieces of a text and of a list");
    if (before && s->from < before->to)
        return err_set(why, ERR_RANGE, "the pieces overlap");
    if (before && is_text && s->from > before->to)
        buf_str(&r->joined, buf_span(&r->between));
    if (!is_text) { /* of white space alone: no comma for it */
        while (inside.n > 0 && strchr(" \t\r\n", inside.p[0]))
            inside.p++, inside.n--;
        if (inside.n > 0 && r->joined.n > 0)
            buf_char(&r->joined, ',');
    }
    buf_str(&r->joined, inside);
    return 0;
}

/* The bytes of the member `value` with its name and the comma that it needs: the one
 * before, so that what chunk had appended is gone to the byte. */
static struct json
whole_member(struct json object, struct json value)
{
    struct json_iter it = json_begin(object);
    struct json key, v, last = { 0 };
    const char *from, *to = value.p + value.n;

    while (json_next(&it, &key, &v) && v.p != value.p)
        last = v;
    if (last.type != JSON_NONE) {
        from = memchr(last.p + last.n, ',', (size_t)(value.p - last.p) - last.n);
    } else {
        from = key.p;
        if (json_next(&it, &key, &v))
            to = key.p;
    }
    return (struct json){ from, (size_t)(to - from), JSON_NULL };
}

/* The record of the first piece, with what was joined, without _chunk. */
static void
write_record(struct rejoin *r, const struct seen *first, struct json chunk)
{
    int is_text = first->member.type == JSON_STRING;
    struct splice s;
    struct buf value = { 0 };

    buf_char(&value, is_text ? '"' : '[');
    buf_str(&value, buf_span(&r->joined));
    buf_char(&value, is_text ? '"' : ']');
    splice_begin(&s, first->line, first->object);
    splice_replace(&s, first->member, buf_span(&value));
    splice_replace(&s, whole_member(first->object, chunk), STR(""));
    r->out.n = 0;
    splice_end(&s, &r->out);
    buf_char(&r->out, '\n');
    buf_free(&value);
}

/* All pieces are here. */
static int
finish_group(struct rejoin *r)
{
    struct group *g = &r->group;
    struct seen first = { 0 }, now, before = { 0 };
    struct json chunk = { 0 };
    struct err why;
    int rc = 0;

    r->joined.n = 0;
    for (size_t i = 0; i < g->n; i++) {
        /* They were looked at before: this cannot fail. */
        (void)look(r, (struct str){ g->text.p + g->piece[i].at, g->piece[i].n - 1 },
                   &now, &why);
        if (i == 0) {
            first = now;
            chunk = r->watch[W_CHUNK].value;
        }
        if (join_value(r, &now, i ? &before : NULL, &why))
            return drop_group(r, &why);
        before = now;
    }
    write_record(r, &first, chunk);
    for (size_t i = 0; i < g->n && rc == 0; i++)
        rc = put(r, i + 1 < g->n ? OUT_BLANK : OUT_DONE, &g->piece[i], STR(""),
                 i + 1 < g->n ? STR("") : buf_span(&r->out), NULL);
    g->n = g->text.n = 0;
    g->want = 0;
    return rc;
}

static int
same_source(const struct rejoin *r, const struct seen *s)
{
    struct seen first;
    struct json_watch w = { .name = STR("_src") };
    struct err why;
    const struct group *g = &r->group;

    (void)json_scan(g->text.p, g->piece[0].n - 1, &w, 1, &first.object, &why);
    return w.value.n == s->src.n &&
           (w.value.n == 0 || memcmp(w.value.p, s->src.p, s->src.n) == 0);
}

static void
keep(struct rejoin *r, struct piece p, struct str line)
{
    struct group *g = &r->group;

    if (g->n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 16;
        g->piece = mem_grow(g->piece, g->n * sizeof p, cap * sizeof p);
        g->cap = cap;
    }
    p.at = g->text.n;
    p.n = line.n + 1;
    buf_str(&g->text, line);
    buf_char(&g->text, '\n');
    g->piece[g->n++] = p;
}

static int
take_piece(struct rejoin *r, struct piece p, const struct seen *s)
{
    struct group *g = &r->group;
    struct err why;

    if (g->want != 0 &&
        (s->n != g->want || s->i != (int64_t)g->n || !same_source(r, s)) &&
        cut_short(r))
        return -1;
    if (g->want == 0 && s->i != 0) {
        err_set(&why, ERR_MISSING, "the pieces before this one are not there");
        keep(r, p, s->line);
        return drop_group(r, &why);
    }
    g->want = s->n;
    keep(r, p, s->line);
    if (g->text.n > REJOIN_BYTES) {
        err_set(&why, ERR_LIMIT, "the pieces of a record are more than %zu bytes",
                REJOIN_BYTES);
        return drop_group(r, &why);
    }
    return (int64_t)g->n == g->want ? finish_group(r) : 0;
}

static int
take_line(struct rejoin *r, const struct input_batch *b, const struct line *l)
{
    struct str raw = { b->data.p + l->at, l->n }, out;
    struct piece p = { .file = l->file, .line = l->number, .byte = l->byte };
    struct seen s;
    struct err why;
    int rc = 0, kind;

    *feed_bytes_in(r->feed) += l->n + l->end_n;
    if (l->kind == LINE_BLANK)
        return put(r, OUT_BLANK, &p, STR(""), STR(""), NULL);
    if (l->kind == LINE_MORE)
        return put(r, OUT_PIECE, &p, raw, STR(""), NULL);
    kind = l->kind == LINE_LONG ? err_set(&why, ERR_TOO_LONG, "the line is too long")
                                : look(r, raw, &s, &why);
    if (kind > 0)
        return take_piece(r, p, &s);
    rc = cut_short(r);
    r->out.n = 0;
    buf_str(&r->out, raw);
    if (l->kind != LINE_LONG)
        buf_char(&r->out, '\n');
    out = buf_span(&r->out);
    if (rc == 0)
        rc = kind < 0 ? put(r, OUT_REJECTED, &p, out, STR(""), &why)
                      : put(r, OUT_PASSED, &p, STR(""), out, NULL);
    return rc;
}

static int
run(struct rejoin *r, struct input *in)
{
    struct input_batch b = { 0 };
    int rc;

    while ((rc = input_next(in, &b, BATCH_LINES, BATCH_BYTES, r->e)) > 0) {
        for (size_t i = 0; i < b.n_line && rc > 0; i++)
            rc = take_line(r, &b, &b.line[i]) ? -1 : 1;
        /* The input paused: let out what is there. */
        if (rc > 0 && feed_flush(r->feed))
            rc = -1;
        if (rc < 0)
            break;
    }
    if (rc == 0)
        rc = cut_short(r);
    input_batch_release(&b);
    return rc;
}

int
rejoin_run(struct feed *f, const struct rejoin_opt *opt, size_t max_line, struct err *e)
{
    struct rejoin r = { .feed = f, .opt = opt, .e = e };
    struct input_opt io = { .max_line = max_line ? max_line : MAX_LINE,
                            .linger = 50,
                            .stop_fd = feed_stop_fd(f) };
    struct input *in = input_open(feed_names(f), &io, e);
    struct buf quoted = { 0 };
    int rc = -1;

    r.watch[W_MEMBER].name = opt->member;
    r.watch[W_CHUNK].name = STR("_chunk");
    r.watch[W_SRC].name = STR("_src");
    jout_str(&quoted, opt->between);
    buf_add(&r.between, quoted.p + 1, quoted.n - 2);
    if (in)
        rc = run(&r, in);
    input_close(in);
    buf_free(&quoted);
    buf_free(&r.between);
    buf_free(&r.joined);
    buf_free(&r.out);
    buf_free(&r.group.text);
    mem_free(r.group.piece);
    return rc;
}
