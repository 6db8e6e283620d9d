/* prompt.c - -p TEMPLATE: what a model is asked, out of a record's members */
#include "cli/prompt.h"

#include "base/file.h"
#include "base/mem.h"
#include "cli/jqfilter.h"
#include "text/utf8.h"
#include "json/json.h"
#include "json/path.h"

#define TEMPLATE_MAX ((size_t)1 << 20)
#define TEXT_MAX     ((size_t)1 << 28)

/* Text, and what is filled in behind it */
struct part {
    struct str text;
    enum { END, MEMBER, PROGRAM } kind;
    struct str name;   /* as it is written: the member, the program */
    struct path *path; /* NULL: a name at the top level */
    int watch;
};

struct prompt {
    struct buf source;
    struct part part[PROMPT_SLOTS + 1];
    size_t n; /* with the last one, which is text alone */
    struct json_watch watch[PROMPT_SLOTS];
    int n_watch, n_program;
    struct jqfilter *jq;
};

/* ---- the template ---- */

static int
name_char(char c)
{
    return (unsigned char)c > ' ' && c != '{' && c != '}' && c != '"' && c != 0x7F;
}

/* What begins at a brace: its kind, name, and length; END: nothing. */
static size_t
scan_slot(struct str s, struct part *slot)
{
    size_t i = 1;

    if (s.n > 1 && s.p[1] == '{') {
        for (i = 2; i + 1 < s.n && !(s.p[i] == '}' && s.p[i + 1] == '}'); i++)
            ;
        slot->kind = PROGRAM;
        slot->name = (struct str){ s.p + 2, i - 2 };
        return i + 1 < s.n ? i + 2 : 0; /* 0: it has no end */
    }
    while (i < s.n && name_char(s.p[i]))
        i++;
    if (i == 1 || i == s.n || s.p[i] != '}')
        return 1;
    slot->kind = MEMBER;
    slot->name = (struct str){ s.p + 1, i - 1 };
    return i + 1;
}

/* Index of a member's name in the watch list, added if it is not there yet */
static int
watch(struct prompt *p, struct str name)
{
    for (int i = 0; i < p->n_watch; i++)
        if (str_eq(p->watch[i].name, name))
            return i;
    p->watch[p->n_watch].name = name;
    return p->n_watch++;
}

static int
take_member(struct prompt *p, struct part *slot, struct err *e)
{
    struct buf path = { 0 };

    if (slot->name.p[0] == '.') {
        buf_str(&path, slot->name);
        buf_char(&path, '\0');
        slot->path = path_parse(path.p);
        buf_free(&path);
        if (slot->path == NULL)
            return err_set(e, ERR_USAGE,
                           "{%.*s} is no plain path: {{...}} runs a jq program",
                           (int)(slot->name.n < 99 ? slot->name.n : 99), slot->name.p);
    }
    slot->watch = watch(p, slot->path ? path_first(slot->path) : slot->name);
    return 0;
}

static int
take_slot(struct prompt *p, struct part *slot, struct err *e)
{
    if (p->n > PROMPT_SLOTS)
        return err_set(e, ERR_USAGE, "more than %d things to fill in", PROMPT_SLOTS);
    if (slot->kind == MEMBER && take_member(p, slot, e))
        return -1;
    p->n_program += slot->kind == PROGRAM;
    return 0;
}

/* Cut the source into parts. The one that is open is part[n]. */
static int
parse(struct prompt *p, struct err *e)
{
    struct str s = buf_span(&p->source);
    size_t from = 0, i = 0;

    while (i < s.n) {
        struct part *part = &p->part[p->n];
        struct part slot = { .kind = END };
        size_t n =
            s.p[i] == '{' ? scan_slot((struct str){ s.p + i, s.n - i }, &slot) : 1;
        if (n == 0)
            return err_set(e, ERR_USAGE, "{{ without }}");
        if (slot.kind != END) {
            slot.text = (struct str){ s.p + from, i - from };
            *part = slot;
            p->n++;
            if (take_slot(p, part, e))
                return -1;
            from = i + n;
        }
        i += n;
    }
    p->part[p->n++] = (struct part){ .text = { s.p + from, s.n - from }, .kind = END };
    return 0;
}

static int
read_source(struct prompt *p, const char *spec, struct err *e)
{
    struct buf *b = &p->source;

    if (spec[0] != '@')
        buf_puts(b, spec);
    else if (file_read(spec + 1, TEMPLATE_MAX, b, e))
        return -1;
    if (b->n > TEMPLATE_MAX)
        return err_set(e, ERR_USAGE, "a template of more than %zu bytes", TEMPLATE_MAX);
    if (spec[0] == '@' && b->n > 0 && b->p[b->n - 1] == '\n')
        b->n -= b->n > 1 && b->p[b->n - 2] == '\r' ? 2 : 1;
    if (utf8_valid(buf_span(b).p, b->n) < b->n || memchr(buf_span(b).p, '\0', b->n))
        return err_set(e, ERR_USAGE, "the template is not UTF-8 text");
    return 0;
}

/* ---- its programs ---- */

/* Alone, each must be a program: it cannot end the parenthesis that it is put in. */
static int
check_program(struct str program, struct err *e)
{
    struct buf text = { 0 };
    struct jqfilter *jq;

    buf_str(&text, program);
    buf_char(&text, '\0');
    jq = jqfilter_open(NULL, text.p, 1, e);
    jqfilter_close(jq);
    buf_free(&text);
    return jq ? 0
              : err_wrap(e, "{{%.*s}}", (int)(program.n < 99 ? program.n : 99),
                         program.p);
}

/* All programs as one, which gives their results as one text: an array of strings. A
 * comment ends with its line. */
static int
open_programs(struct prompt *p, int n_helper, struct err *e)
{
    struct buf all = { 0 };
    const char *comma = "";
    int bad = 0;

    buf_puts(&all, "def textmill_one(f): [limit(2; f)] | if length != 1 then "
                   "error(\"a program of the template gave \" + if length == 0 "
                   "then \"no result\" else \"more than one result\" end) "
                   "else .[0] end | if type == \"string\" then . elif type == "
                   "\"number\" then tostring else error(\"a program of the "
                   "template gave neither a string nor a number\") end; [");
    for (size_t i = 0; i < p->n && !bad; i++)
        if (p->part[i].kind == PROGRAM) {
            bad = check_program(p->part[i].name, e);
            buf_puts(&all, comma);
            buf_puts(&all, "textmill_one(");
            buf_str(&all, p->part[i].name);
            buf_puts(&all, "\n)");
            comma = ", ";
        }
    buf_puts(&all, "] | tojson");
    buf_char(&all, '\0');
    if (!bad)
        p->jq = jqfilter_open(NULL, all.p, n_helper, e);
    buf_free(&all);
    return p->jq ? 0 : -1;
}

struct prompt *
prompt_open(const char *spec, int n_helper, struct err *e)
{
    struct prompt *p = mem_zero(1, sizeof *p);

    if (read_source(p, spec, e) || parse(p, e) ||
        (p->n_program > 0 && open_programs(p, n_helper, e))) {
        err_wrap(e, "-p");
        prompt_close(p);
        return NULL;
    }
    return p;
}

void
prompt_close(struct prompt *p)
{
    if (p == NULL)
        return;
    jqfilter_close(p->jq);
    for (size_t i = 0; i <= PROMPT_SLOTS; i++)
        path_free(p->part[i].path);
    buf_free(&p->source);
    mem_free(p);
}

struct str
prompt_head(const struct prompt *p)
{
    return p->part[0].text;
}

struct str
prompt_tail(const struct prompt *p)
{
    return p->n > 1 ? p->part[p->n - 1].text : (struct str){ "", 0 };
}

void
prompt_blank(const struct prompt *p, struct str word, struct buf *out)
{
    for (size_t i = 0; i < p->n; i++) {
        buf_str(out, p->part[i].text);
        if (i + 1 < p->n)
            buf_str(out, word);
    }
}

size_t
prompt_slots(const struct prompt *p)
{
    return p->n - 1;
}

/* ---- filling in ---- */

/* One record: what was found in it, and what jq said of it */
struct record {
    struct json_watch watch[PROMPT_SLOTS];
    struct json_iter answer; /* over the strings of the programs */
};

static int
put_json(struct json v, struct buf *b, struct err *e)
{
    if (v.type == JSON_STRING)
        return json_unquote(v, b, e);
    buf_add(b, v.p, v.n);
    return 0;
}

static int
put_member(const struct part *slot, const struct json_watch *w, struct buf *b,
           struct err *e)
{
    struct json v = w->value;

    if (w->count > 1)
        return err_set(e, ERR_JSON, "member '%.*s' is there %d times", (int)w->name.n,
                       w->name.p, w->count);
    if (w->count > 0 && slot->path && path_follow(slot->path, w->value, &v, e))
        return -1;
    if (w->count == 0 || v.type == JSON_NONE || v.type == JSON_NULL)
        return err_set(e, ERR_MISSING, "no member '%.*s'", (int)slot->name.n,
                       slot->name.p);
    return put_json(v, b, e);
}

static int
put_all(const struct prompt *p, struct record *r, struct buf *b, struct err *e)
{
    struct json key, v;

    for (size_t i = 0; i < p->n; i++) {
        const struct part *part = &p->part[i];
        int bad = 0;
        buf_str(b, part->text);
        if (part->kind == MEMBER)
            bad = put_member(part, &r->watch[part->watch], b, e);
        else if (part->kind == PROGRAM)
            bad = !json_next(&r->answer, &key, &v) || put_json(v, b, e);
        if (bad)
            return -1;
        if (b->n > TEXT_MAX)
            return err_set(e, ERR_LIMIT, "a prompt of more than %zu bytes", TEXT_MAX);
    }
    return 0;
}

/* The strings that jq gave, as one JSON text. */
static int
read_answer(const struct jq_answer *a, struct record *r, struct err *e)
{
    struct json v;

    if (a->status == JQ_DEPTH)
        return err_set(e, ERR_DEPTH, "nested deeper than jq takes");
    if (a->status != JQ_TEXT)
        return err_set(e, ERR_TYPE, "%.*s", (int)(a->text.n < 200 ? a->text.n : 200),
                       a->text.p);
    if (json_scan(a->text.p, a->text.n, NULL, 0, &v, e))
        return -1;
    r->answer = json_begin(v);
    return 0;
}

static int
fill_one(const struct prompt *p, struct str line, const struct jq_answer *answer,
         struct buf *b, struct err *e)
{
    struct record r;
    struct json v;

    b->n = 0;
    if (p->n_watch > 0) {
        memcpy(r.watch, p->watch, sizeof r.watch);
        if (json_scan(line.p, line.n, r.watch, p->n_watch, &v, e))
            return -1;
    }
    if (answer && read_answer(answer, &r, e))
        return -1;
    return put_all(p, &r, b, e);
}

int
prompt_fill(const struct prompt *p, int helper, const struct str *line, size_t n,
            struct arena *a, struct prompt_text *out, struct err *e)
{
    struct buf reply = { 0 }, b = { 0 };
    struct jq_answer *answer = NULL;
    struct err why;
    int rc = 0;

    if (p->jq) {
        answer = arena_alloc(a, mem_mul(n, sizeof *answer));
        rc = jqfilter_ask(p->jq, helper, JQ_IN, line, n, &reply, answer, e);
    }
    for (size_t i = 0; i < n && rc == 0; i++) {
        out[i] = (struct prompt_text){ { "", 0 }, NULL };
        if (fill_one(p, line[i], answer ? &answer[i] : NULL, &b, &why)) {
            err_wrap(&why, "-p");
            out[i].e = arena_copy(a, &why, sizeof why);
        } else {
            out[i].text = arena_str(a, (struct str){ b.p, b.n });
        }
    }
    buf_free(&reply);
    buf_free(&b);
    return rc;
}
