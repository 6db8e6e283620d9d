/* mail.c - messages and mailboxes to records */
#include "source/mail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source/charset.h"
#include "source/html.h"
#include "source/lines.h"
#include "source/mime.h"
#include "text/utf8.h"

/* ---- a message ---- */

struct part {
    struct str bytes; /* header and body */
    int depth;
    int digest;    /* in a digest: a part without a type is a message */
    int skip_html; /* a plain alternative is there */
};

struct message {
    struct reader *r;
    struct part *todo; /* the next one last */
    size_t n_todo, cap, n_part;
    struct buf text, bytes, pad;
    struct err lost; /* a part could not be read; ERR_NONE */
};

static int
push(struct message *m, struct part p, struct err *e)
{
    if (p.depth > MAIL_DEPTH)
        return err_set(e, ERR_DEPTH, "parts more than %d deep", MAIL_DEPTH);
    if (++m->n_part > MAIL_PARTS)
        return err_set(e, ERR_LIMIT, "more than %d parts", MAIL_PARTS);
    if (m->n_todo == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 16;
        m->todo = mem_grow(m->todo, m->cap * sizeof *m->todo, cap * sizeof *m->todo);
        m->cap = cap;
    }
    m->todo[m->n_todo++] = p;
    return 0;
}

/* A part cannot be read: the record goes out without it, and the reason behind it. */
__attribute__((format(printf, 2, 3))) static void
lost(struct message *m, const char *fmt, ...)
{
    va_list ap;

    if (m->lost.code != ERR_NONE)
        return;
    m->lost.code = ERR_INPUT;
    va_start(ap, fmt);
    vsnprintf(m->lost.msg, sizeof m->lost.msg, fmt, ap);
    va_end(ap);
}

static struct str
head_of(struct str part, struct str *body)
{
    size_t n = mime_body(part);

    *body = (struct str){ part.p + n, part.n - n };
    return (struct str){ part.p, n };
}

static struct str
type_of(const struct part *p, struct str head)
{
    struct str type;

    if (mime_field(head, "content-type", &type) && memchr(type.p, '/', type.n))
        return type;
    return p->digest ? STR("message/rfc822") : STR("text/plain");
}

/* Is this line the boundary? 2: the last one. */
static int
is_boundary(struct str line, const struct buf *boundary)
{
    size_t n = boundary->n;
    int last = 0;

    if (line.n < n + 2 || line.p[0] != '-' || line.p[1] != '-' ||
        memcmp(line.p + 2, boundary->p, n) != 0)
        return 0;
    line.p += n + 2;
    line.n -= n + 2;
    if (line.n >= 2 && line.p[0] == '-' && line.p[1] == '-') {
        line.p += 2;
        line.n -= 2;
        last = 1;
    }
    return lines_is_blank(lines_text(line)) ? 1 + last : 0;
}

/* The parts between boundaries; the break before one belongs to it. */
static int
split(struct message *m, const struct part *p, struct str body,
      const struct buf *boundary, struct err *e)
{
    size_t at = 0, from = 0;
    int state = 0, begun = 0;

    while (at < body.n && state != 2) {
        const char *nl = memchr(body.p + at, '\n', body.n - at);
        struct str line = { body.p + at,
                            nl ? (size_t)(nl - body.p) + 1 - at : body.n - at };
        state = is_boundary(line, boundary);
        if (state && begun) {
            size_t end = at - (at > from);
            end -= end > from && body.p[end - 1] == '\r';
            if (push(m,
                     (struct part){ .bytes = { body.p + from, end - from },
                                    .depth = p->depth + 1,
                                    .skip_html = p->skip_html,
                                    .digest = p->digest },
                     e))
                return -1;
        }
        at += line.n;
        if (state) {
            begun = 1;
            from = at;
        }
    }
    if (!begun)
        lost(m, "a multipart without the boundary '%.*s'",
             (int)(boundary->n < 70 ? boundary->n : 70), boundary->p);
    else if (state != 2)
        lost(m, "a multipart has no last boundary: was it cut?");
    if (!begun || state == 2 || from >= body.n)
        return 0;
    return push(m,
                (struct part){ .bytes = { body.p + from, body.n - from },
                               .depth = p->depth + 1,
                               .skip_html = p->skip_html,
                               .digest = p->digest },
                e);
}

/* Among alternatives, is one plain text? */
static int
has_plain(const struct message *m, size_t from)
{
    for (size_t i = from; i < m->n_todo; i++) {
        struct str body, head = head_of(m->todo[i].bytes, &body);
        if (mime_is(type_of(&m->todo[i], head), "text/plain") && body.n > 0)
            return 1;
    }
    return 0;
}

static int
multipart(struct message *m, const struct part *p, struct str type, struct str body,
          struct err *e)
{
    struct part whole = *p;
    size_t from = m->n_todo;
    int plain;

    m->pad.n = 0;
    if (!mime_param(type, "boundary", &m->pad) || m->pad.n == 0) {
        lost(m, "a multipart that names no boundary");
        return 0;
    }
    whole.digest = mime_is(type, "multipart/digest");
    if (split(m, &whole, body, &m->pad, e))
        return -1;
    plain = mime_is(type, "multipart/alternative") && has_plain(m, from);
    for (size_t i = from; i < m->n_todo; i++)
        m->todo[i].skip_html |= plain;
    /* The first part is to be the last of the list. */
    for (size_t i = from, k = m->n_todo; k > i && i < --k; i++) {
        struct part t = m->todo[i];
        m->todo[i] = m->todo[k];
        m->todo[k] = t;
    }
    return 0;
}

/* Append text with line ends of one kind, on a line of its own. */
static void
add_text(struct message *m, const struct buf *b)
{
    if (b->n > 0 && m->text.n > 0 && m->text.p[m->text.n - 1] != '\n')
        buf_char(&m->text, '\n');
    for (size_t i = 0; i < b->n;) {
        const char *cr = memchr(b->p + i, '\r', b->n - i);
        size_t n = cr ? (size_t)(cr - b->p) - i : b->n - i;
        buf_add(&m->text, b->p + i, n);
        i += n;
        if (cr && !(i + 1 < b->n && b->p[i + 1] == '\n'))
            buf_char(&m->text, '\r');
        i += cr != NULL;
    }
}

/* The charset that the part declares, or NULL. -1: one that nobody knows. */
static int
charset_of(struct message *m, struct str type, char name[CHARSET_NAME], struct err *e)
{
    name[0] = '\0';
    m->pad.n = 0;
    if (!mime_param(type, "charset", &m->pad) || m->pad.n == 0)
        return 0;
    if (charset_name(buf_span(&m->pad), 0, name))
        return 1;
    return err_set(e, ERR_UTF8, "a part in an unknown charset");
}

static int
text_part(struct message *m, struct str type, int is_html, struct err *e)
{
    const struct reader *r = m->r;
    struct html_page page = { 0 };
    char name[CHARSET_NAME];
    struct str bytes = buf_span(&m->bytes);
    int known = charset_of(m, type, name, e), rc;
    const char *from = known == 1 ? name : r->opt.from_charset;
    size_t good;

    if (known < 0)
        return -1;
    /* What says that it is ASCII and is not, says nothing. */
    if (*name == '\0' && r->opt.from_charset && utf8_valid(bytes.p, bytes.n) < bytes.n)
        from = r->opt.from_charset;
    m->pad.n = 0;
    if (is_html) {
        rc = html_decode(r, bytes, known == 1 ? name : NULL, &m->pad, e);
        good = rc ? 0 : utf8_valid(m->pad.p, m->pad.n);
        if (rc == 0 && good < m->pad.n)
            rc = err_set(e, ERR_UTF8, "byte %zu of a part is not UTF-8", good);
        for (size_t i = 0; rc == 0 && i < m->pad.n; i++)
            m->pad.p[i] = m->pad.p[i] ? m->pad.p[i] : ' ';
        if (rc == 0)
            rc = html_text(buf_span(&m->pad), &page, e);
        if (rc == 0)
            add_text(m, &page.text);
    } else {
        rc = charset_convert(from ? from : "", bytes, r->opt.replace, r->opt.max_text,
                             &m->pad, e);
        if (rc == 0)
            add_text(m, &m->pad);
    }
    buf_free(&page.title);
    buf_free(&page.text);
    return rc;
}

/* One part: its parts are put on the list, its text is added. */
static int
take_part(struct message *m, const struct part *p, struct err *e)
{
    struct str body, head = head_of(p->bytes, &body), type = type_of(p, head), how;
    int is_html = mime_is(type, "text/html");

    if (mime_is(type, "multipart/"))
        return multipart(m, p, type, body, e);
    if (mime_field(head, "content-disposition", &how) && mime_is(how, "attachment"))
        return 0;
    if (mime_is(type, "message/rfc822"))
        return push(m, (struct part){ .bytes = body, .depth = p->depth + 1 }, e);
    if (!mime_is(type, "text/plain") && !(is_html && !p->skip_html))
        return 0;
    mime_field(head, "content-transfer-encoding", &how);
    m->bytes.n = 0;
    return mime_decode(body, how, &m->bytes, e) ? -1 : text_part(m, type, is_html, e);
}

static void
headers(struct message *m, struct str head)
{
    static const char *const names[][2] = {
        { "from", "from" },
        { "to", "to" },
        { "cc", "cc" },
        { "date", "date" },
        { "subject", "subject" },
        { "message-id", "message_id" },
        { "in-reply-to", "in_reply_to" },
        { "references", "references" },
        { "list-id", "list_id" },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str value;
        if (!mime_field(head, names[i][0], &value))
            continue;
        m->pad.n = 0;
        mime_words(value, m->r->opt.from_charset, &m->pad);
        reader_text(m->r, str_of(names[i][1]), buf_span(&m->pad));
    }
}

/* why: nothing of it can be told, or NULL. */
static int
put_message(struct message *m, const struct err *why, struct str message, uint64_t line,
            uint64_t offset)
{
    struct reader *r = m->r;

    if (why == NULL && m->lost.code != ERR_NONE && m->text.n == 0)
        why = &m->lost;
    if (why)
        return reader_bad(r, line, offset, message, why);
    reader_text(r, STR("text"), buf_span(&m->text));
    if (reader_end(r, line, offset, message))
        return -1;
    return m->lost.code == ERR_NONE ? 0
                                    : reader_bad(r, line, offset, STR(""), &m->lost);
}

int
mail_message(struct reader *r, struct str message, uint64_t line, uint64_t offset)
{
    struct message m = { .r = r };
    struct str body, head = head_of(message, &body);
    struct err e;
    int rc;

    reader_begin(r);
    headers(&m, head);
    rc = push(&m, (struct part){ .bytes = message }, &e);
    while (rc == 0 && m.n_todo > 0) {
        struct part p = m.todo[--m.n_todo];
        rc = take_part(&m, &p, &e);
    }
    rc = put_message(&m, rc == 0 ? NULL : &e, message, line, offset);
    buf_free(&m.text);
    buf_free(&m.bytes);
    buf_free(&m.pad);
    mem_free(m.todo);
    return rc;
}

int
mail_read(struct reader *r, struct err *e)
{
    struct buf all = { 0 };
    int rc = stream_all(r->in, r->opt.max_text, &all, e);

    if (rc == 0)
        rc = all.n == 0 ? reader_blank(r, 0, r->member_offset)
                        : mail_message(r, buf_span(&all), 1, 0);
    buf_free(&all);
    return rc;
}

/* ---- a mailbox ---- */

struct box {
    struct reader *r;
    struct buf message;    /* without its "From " line */
    uint64_t line, offset; /* of that line */
    int begun, ours, too_long;
};

/* "From somebody Thu Jan  1 00:00:00 1970": a time and a year behind the name. A
 * line of a text that begins with this word has none. */
static int
is_from_line(struct str s)
{
    int time = 0, year = 0;

    if (s.n < 20 || memcmp(s.p, "From ", 5) != 0)
        return 0;
    for (size_t i = 5; i + 4 <= s.n; i++) {
        const char *p = s.p + i;
        int digits = 0;
        if (p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && p[2] == ':' &&
            p[3] >= '0' && p[3] <= '9')
            time = 1;
        while (digits < 4 && p[digits] >= '0' && p[digits] <= '9')
            digits++;
        year |= digits == 4 && p[-1] == ' ';
    }
    return time && year;
}

static int
end_message(struct box *b)
{
    struct buf *m = &b->message;
    struct err e;

    if (!b->begun || !b->ours)
        return 0;
    if (b->too_long) {
        err_set(&e, ERR_TOO_LONG, "a message of more than %zu bytes (--max-text)",
                b->r->opt.max_text);
        return reader_bad(b->r, b->line, b->offset, STR(""), &e);
    }
    /* The empty line before the next message is the mailbox's. */
    if (m->n > 1 && m->p[m->n - 1] == '\n') {
        size_t cut = m->n > 2 && m->p[m->n - 2] == '\r' ? 2 : 1;
        if (m->p[m->n - cut - 1] == '\n')
            m->n -= cut;
    }
    return mail_message(b->r, buf_span(m), b->line, b->offset);
}

/* A line inside a message: ">From" was "From". */
static void
add_line(struct box *b, struct str raw)
{
    size_t quotes = 0;

    while (quotes < raw.n && raw.p[quotes] == '>')
        quotes++;
    if (quotes > 0 && raw.n - quotes >= 5 && memcmp(raw.p + quotes, "From ", 5) == 0) {
        raw.p++;
        raw.n--;
    }
    if (raw.n > b->r->opt.max_text - b->message.n)
        b->too_long = 1;
    else if (b->ours && !b->too_long)
        buf_str(&b->message, raw);
}

/* Lines before the first message. */
static int
not_begun(struct box *b, const struct lines *l, struct str raw, int *told)
{
    struct err e;

    if (*told || lines_is_blank(lines_text(raw)))
        return 0;
    *told = 1;
    err_set(&e, ERR_INPUT, "no mailbox: it does not begin with a 'From ' line");
    return reader_bad(b->r, l->number, l->offset, raw, &e);
}

int
mail_read_mbox(struct reader *r, struct err *e)
{
    struct box b = { .r = r };
    struct lines l;
    struct str raw;
    int rc = 0, blank = 1, out = 0, told = 0;

    lines_begin(&l, r->in, r->opt.max_text);
    while (out == 0 && (rc = lines_next(&l, &raw, e)) > 0) {
        if (blank && rc == LINES_WHOLE && is_from_line(raw)) {
            if ((out = end_message(&b)))
                break;
            b.message.n = 0;
            b.begun = 1;
            b.too_long = 0;
            b.line = l.number;
            b.offset = l.offset;
            b.ours = reader_wants(r);
        } else if (!b.begun) {
            out = not_begun(&b, &l, raw, &told);
        } else {
            add_line(&b, raw);
        }
        blank = rc == LINES_WHOLE && lines_text(raw).n == 0;
    }
    /* A message that damage cut short is not one. */
    if (out == 0 && rc == 0)
        out = end_message(&b);
    lines_release(&l);
    buf_free(&b.message);
    return out || rc < 0 ? -1 : 0;
}
