/* csv.c - tables of text to records */
#include "source/csv.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "source/lines.h"
#include "text/utf8.h"

enum where {
    START,
    PLAIN,
    QUOTED,
    BEHIND
}; /* a field, in it, in quotes, behind them */

struct field {
    size_t at, n; /* in row.text */
};

struct row {
    struct buf text, raw;
    struct field *field;
    size_t n, cap;
    enum where where;
    int bad;               /* a quote where none may be, or too much */
    uint64_t line, offset; /* where it begins */
};

struct table {
    struct reader *r;
    char separator;
    struct row row;
    struct buf names;
    struct field *name;
    size_t n_name;
    int over; /* what follows cannot be read: no header, or in quotes or not? */
};

static void
end_field(struct row *w)
{
    size_t at = w->n > 0 ? w->field[w->n - 1].at + w->field[w->n - 1].n : 0;

    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 16;
        w->field =
            mem_grow(w->field, w->cap * sizeof *w->field, cap * sizeof *w->field);
        w->cap = cap;
    }
    w->field[w->n++] = (struct field){ at, w->text.n - at };
    w->where = START;
}

static void
clear(struct row *w)
{
    w->text.n = w->raw.n = w->n = 0;
    w->where = START;
    w->bad = 0;
}

/* One line (or piece) of a row, without its end. */
static void
scan(struct table *t, struct str s)
{
    struct row *w = &t->row;
    size_t i = 0;

    while (i < s.n) {
        char c = s.p[i];
        size_t from = i;
        if (w->where == QUOTED) {
            const char *quote = memchr(s.p + i, '"', s.n - i);
            i = quote ? (size_t)(quote - s.p) : s.n;
            buf_add(&w->text, s.p + from, i - from);
            if (i < s.n && ++i < s.n && s.p[i] == '"') {
                buf_char(&w->text, '"');
                i++;
            } else if (quote) {
                w->where = BEHIND;
            }
        } else if (c == t->separator) {
            end_field(w);
            i++;
        } else if (w->where == START && c == '"') {
            w->where = QUOTED;
            i++;
        } else {
            w->bad |= w->where == BEHIND;
            while (i < s.n && s.p[i] != t->separator)
                i++;
            buf_add(&w->text, s.p + from, i - from);
            w->where = PLAIN;
        }
        if (w->n > CSV_FIELDS) {
            w->bad = 1;
            return;
        }
    }
}

static struct str
text_of(const struct buf *b, struct field f)
{
    return (struct str){ buf_span(b).p + f.at, f.n };
}

/* The names of the columns, made different. */
static void
take_names(struct table *t)
{
    struct row *w = &t->row;
    struct map *seen = map_new(w->n);
    struct buf name = { 0 };

    t->name = mem_zero(w->n, sizeof *t->name);
    t->n_name = w->n;
    /* Their bytes must stay where they are: the map has the keys there. */
    (void)buf_room(&t->names, 3 * w->text.n + w->n * 48);
    for (size_t i = 0; i < w->n; i++) {
        struct str s = text_of(&w->text, w->field[i]), own;
        for (size_t k = 0;; k++) {
            name.n = 0;
            /* U+FFFD is three bytes for one. */
            if (s.n > 0)
                utf8_repair(&name, s.p, s.n);
            else
                buf_puts(&name, "column");
            if (k > 0 || s.n == 0)
                buf_printf(&name, "_%zu", i + 1 + k - (s.n > 0));
            own = (struct str){ t->names.p + t->names.n, name.n };
            memcpy(buf_room(&t->names, name.n), name.p, name.n);
            if (!str_is(own, "_src") && map_put(seen, own, 0))
                break;
        }
        t->name[i] = (struct field){ t->names.n, name.n };
        t->names.n += name.n;
    }
    map_free(seen);
    buf_free(&name);
}

static int
put_row(struct table *t)
{
    struct row *w = &t->row;
    struct reader *r = t->r;
    struct str raw = buf_span(&w->raw);
    struct err e;

    if (w->bad)
        err_set(&e, ERR_INPUT, "a quote where none may be, or too many fields");
    else if (w->n != t->n_name)
        err_set(&e, ERR_RANGE, "%zu fields where the header has %zu", w->n, t->n_name);
    if (w->bad || w->n != t->n_name)
        return reader_bad(r, w->line, w->offset, raw, &e);
    reader_begin(r);
    for (size_t i = 0; i < w->n; i++)
        reader_text(r, text_of(&t->names, t->name[i]), text_of(&w->text, w->field[i]));
    return reader_end(r, w->line, w->offset, raw);
}

static int
is_utf8(const struct table *t, struct str s)
{
    return t->r->opt.replace || utf8_valid(s.p, s.n) == s.n;
}

/* A row is whole. */
static int
end_row(struct table *t)
{
    struct row *w = &t->row;
    struct str raw = buf_span(&w->raw);
    struct err e;
    int rc = 0;

    end_field(w);
    if (t->name == NULL && (w->bad || !is_utf8(t, raw))) {
        err_set(&e, w->bad ? ERR_INPUT : ERR_UTF8, "the header cannot be read: %s",
                w->bad ? "a quote where none may be, or too many fields"
                       : "it is not UTF-8");
        rc = reader_bad(t->r, w->line, w->offset, raw, &e);
        t->over = 1;
    } else if (t->name == NULL) {
        take_names(t);
    } else if (reader_wants(t->r)) {
        rc = put_row(t);
    }
    clear(w);
    return rc;
}

static int
too_long(struct table *t, const struct lines *l)
{
    struct row *w = &t->row;
    struct err e;
    int rc;

    if (w->raw.n == 0) {
        w->line = l->number;
        w->offset = l->offset;
    }
    t->over = t->name == NULL || w->where == QUOTED;
    err_set(&e, ERR_TOO_LONG, "a row of more than %zu bytes (--max-text)%s",
            t->r->opt.max_text, t->over ? ", and the rest cannot be read" : "");
    rc = reader_wants(t->r) ? reader_bad(t->r, w->line, w->offset, STR(""), &e) : 0;
    clear(w);
    return rc;
}

/* One line: the start of a row, or more of one whose quotes are open. */
static int
take_line(struct table *t, const struct lines *l, struct str raw)
{
    struct row *w = &t->row;
    struct str text = lines_text(raw);

    if (w->raw.n == 0) {
        w->line = l->number;
        w->offset = l->offset;
        if (text.n == 0)
            return reader_blank(t->r, l->number, l->offset);
    }
    if (raw.n > t->r->opt.max_text - w->raw.n)
        return too_long(t, l);
    buf_str(&w->raw, raw);
    scan(t, text);
    if (w->where != QUOTED || w->bad)
        return end_row(t);
    buf_add(&w->text, text.p + text.n, raw.n - text.n);
    return 0;
}

int
csv_read(struct reader *r, char separator, struct err *e)
{
    struct table t = { .r = r, .separator = separator };
    struct lines l;
    struct str raw;
    int rc = 0, out = 0;

    lines_begin(&l, r->in, r->opt.max_text);
    while (out == 0 && !t.over && (rc = lines_next(&l, &raw, e)) > 0)
        out = rc == LINES_WHOLE  ? take_line(&t, &l, raw)
              : rc == LINES_LONG ? too_long(&t, &l)
                                 : 0;
    if (out == 0 && rc == 0 && !t.over && t.row.raw.n > 0) {
        struct err why;
        err_set(&why, ERR_INPUT, "a row whose quotes are not closed");
        out = reader_bad(r, t.row.line, t.row.offset, buf_span(&t.row.raw), &why);
    }
    lines_release(&l);
    buf_free(&t.row.text);
    buf_free(&t.row.raw);
    buf_free(&t.names);
    mem_free(t.row.field);
    mem_free(t.name);
    return out || rc < 0 ? -1 : 0;
}
