/* batch.c - what happens to the records of one batch */
#include "cli/batch.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "cli/twins.h"
#include "text/utf8.h"
#include "json/jout.h"
#include "json/splice.h"

enum stage { AT_END, AT_WHERE, AT_INPUT, AT_WORK };

struct record {
    struct str line; /* as it goes out, but for what is spliced in */
    struct json object;
    enum stage stage;
    struct json_watch in;          /* the member that is read */
    const struct json_watch *seen; /* [n_watch], or NULL: none is there but `in` */
    struct str text;
    struct result *result;
};

void
batch_work_init(struct batch_work *w, const struct batchconf *c, int worker)
{
    *w = (struct batch_work){ .worker = worker, .conf = *c };
}

void
batch_work_release(struct batch_work *w)
{
    buf_free(&w->pad.text);
    buf_free(&w->text);
    buf_free(&w->reply);
    buf_free(&w->packed);
}

/* ---- one record ---- */

/* The state of a batch while it is worked on. */
struct run {
    struct batch *b;
    struct batch_work *w;
    const struct batchconf *c;
    struct record *rec;
};

/* What the scan found of a watched member. */
static const struct json_watch *
seen(const struct run *r, const struct record *rec, int k)
{
    static const struct json_watch none = { .count = 0 };

    if (k == r->c->w_in)
        return &rec->in;
    return rec->seen ? &rec->seen[k] : &none;
}

static struct str
copy(struct run *r, const char *p, size_t n)
{
    return arena_str(&r->b->arena, (struct str){ p, n });
}

static int
reject(struct run *r, size_t i, const struct err *e)
{
    struct outcome *o = &r->b->outcome[i];

    o->kind = OUT_REJECTED;
    o->e = arena_alloc(&r->b->arena, sizeof *o->e);
    *o->e = *e;
    r->rec[i].stage = AT_END;
    return -1;
}

__attribute__((format(printf, 4, 5))) static int
reject_for(struct run *r, size_t i, enum err_code code, const char *fmt, ...)
{
    struct err e = { .code = code };
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(e.msg, sizeof e.msg, fmt, ap);
    va_end(ap);
    return reject(r, i, &e);
}

/* Plain text as a record. What is not UTF-8 is repaired before, or rejected. */
static int
wrap_text(struct run *r, size_t i)
{
    struct record *rec = &r->rec[i];
    struct buf *b = &r->w->text;
    size_t good = utf8_valid(rec->line.p, rec->line.n);

    b->n = 0;
    if (good < rec->line.n && !r->c->replace_utf8)
        return reject_for(r, i, ERR_UTF8, "not UTF-8 at byte %zu", good);
    if (good < rec->line.n) {
        utf8_repair(b, rec->line.p, rec->line.n);
        rec->line = copy(r, b->p, b->n);
        b->n = 0;
    }
    buf_puts(b, "{\"text\":");
    jout_str(b, rec->line);
    buf_char(b, '}');
    rec->line = copy(r, b->p, b->n);
    return 0;
}

/* Keep what the scan found. Most records have just the member that is read: the others
 * are ours. */
static void
note_seen(struct run *r, struct record *rec)
{
    const struct batchconf *c = &r->w->conf;
    struct json_watch *all;
    int others = 0;

    for (int k = 0; k < c->n_watch; k++)
        if (k == c->w_in)
            rec->in = c->watch[k];
        else
            others |= c->watch[k].count;
    if (others) {
        all = arena_copy(&r->b->arena, c->watch, (size_t)c->n_watch * sizeof *all);
        rec->seen = all;
    }
}

static int
scan(struct run *r, size_t i)
{
    struct record *rec = &r->rec[i];
    struct batchconf *c = &r->w->conf;
    struct err e;
    int rc =
        json_scan(rec->line.p, rec->line.n, c->watch, c->n_watch, &rec->object, &e);

    if (rc && e.code == ERR_UTF8 && c->replace_utf8) {
        r->w->text.n = 0;
        utf8_repair(&r->w->text, rec->line.p, rec->line.n);
        rec->line = copy(r, r->w->text.p, r->w->text.n);
        rc =
            json_scan(rec->line.p, rec->line.n, c->watch, c->n_watch, &rec->object, &e);
    }
    if (rc) {
        rec->object = (struct json){ NULL, 0, JSON_NONE };
        return reject(r, i, &e);
    }
    note_seen(r, rec);
    return 0;
}

/* From a line to a checked object that is to be worked on, or an outcome. */
static void
begin(struct run *r, size_t i)
{
    const struct line *l = &r->b->in.line[i];
    struct record *rec = &r->rec[i];

    rec->line = (struct str){ r->b->in.data.p + l->at, l->n };
    rec->stage = AT_END;
    if (l->kind == LINE_BLANK) {
        r->b->outcome[i].kind = OUT_BLANK;
    } else if (l->kind == LINE_MORE) {
        r->b->outcome[i].kind = OUT_PIECE;
    } else if (l->kind == LINE_LONG) {
        reject_for(r, i, ERR_TOO_LONG, "line longer than %zu bytes",
                   r->c->opt->max_line);
    } else if ((r->c->opt->text && wrap_text(r, i)) || scan(r, i)) {
        return;
    } else if (rec->object.type != JSON_OBJECT) {
        reject_for(r, i, ERR_NOT_OBJECT, "not a JSON object");
    } else if (seen(r, rec, r->c->w_error)->count > 0) {
        r->b->outcome[i].kind = OUT_PASSED;
    } else {
        rec->stage = r->c->opt->where ? AT_WHERE : AT_INPUT;
    }
}

/* What the program must see of a record, as an object of its own. */
static struct str
project(struct run *r, const struct record *rec, const struct batchconf_need *need)
{
    struct buf *b = &r->w->text;

    b->n = 0;
    buf_char(b, '{');
    for (int i = 0; i < need->n; i++) {
        const struct json_watch *w = seen(r, rec, need->watch[i]);
        if (w->count == 0)
            continue;
        if (b->n > 1)
            buf_char(b, ',');
        buf_add(b, need->key[i].p, need->key[i].n);
        buf_add(b, w->value.p, w->value.n);
    }
    buf_char(b, '}');
    return copy(r, b->p, b->n);
}

/* Ask jq about all records that are at a stage. Calls each for every answer. */
static int
ask_jq(struct run *r, enum stage stage, enum jq_op op,
       void (*each)(struct run *r, size_t i, const struct jq_answer *a))
{
    size_t n = 0, at = 0, n_line = r->b->in.n_line;
    struct str *q = arena_alloc(&r->b->arena, n_line * sizeof *q);
    struct jq_answer *a = arena_alloc(&r->b->arena, n_line * sizeof *a);

    for (size_t i = 0; i < n_line; i++)
        if (r->rec[i].stage == stage)
            q[n++] = r->c->need[op].n < 0 ? r->rec[i].line
                                          : project(r, &r->rec[i], &r->c->need[op]);
    if (jqfilter_ask(r->c->jq, r->w->worker, op, q, n, &r->w->reply, a, &r->b->fatal))
        return -1;
    for (size_t i = 0; i < n_line; i++)
        if (r->rec[i].stage == stage)
            each(r, i, &a[at++]);
    return 0;
}

static void
jq_failed(struct run *r, size_t i, const char *option, const struct jq_answer *a)
{
    if (a->status == JQ_DEPTH)
        reject_for(r, i, ERR_DEPTH, "%s: nested deeper than jq takes", option);
    else
        reject_for(r, i, ERR_TYPE, "%s: %.*s", option,
                   (int)(a->text.n < 200 ? a->text.n : 200), a->text.p);
}

static void
where_answer(struct run *r, size_t i, const struct jq_answer *a)
{
    if (a->status == JQ_TRUE) {
        r->rec[i].stage = AT_INPUT;
    } else if (a->status == JQ_FALSE) {
        r->rec[i].stage = AT_END;
        r->b->outcome[i].kind = OUT_PASSED;
    } else {
        jq_failed(r, i, "-w", a);
    }
}

static void
in_answer(struct run *r, size_t i, const struct jq_answer *a)
{
    if (a->status == JQ_TEXT) {
        r->rec[i].text = copy(r, a->text.p, a->text.n);
        r->rec[i].stage = AT_WORK;
    } else {
        jq_failed(r, i, "-i", a);
    }
}

/* Members that we may write must not be there, unless -f; never twice. */
static int
check_outputs(struct run *r, size_t i)
{
    const struct record *rec = &r->rec[i];
    const struct json_watch *long_ = seen(r, rec, r->c->w_overlong);

    for (int k = 0; k < r->c->n_member; k++) {
        const struct json_watch *w = seen(r, rec, r->c->w_out[k]);
        int ours = r->c->opt->force ||
                   (r->c->tool->out == NULL && r->c->w_out[k] == r->c->w_in);
        if (w->count > 1 || (w->count == 1 && !ours))
            return reject_for(r, i, ERR_EXISTS, "member '%.*s' exists%s",
                              (int)w->name.n, w->name.p,
                              w->count > 1 ? " twice" : "; -f replaces it");
    }
    if (long_->count > 1 || (long_->count == 1 && long_->value.type != JSON_OBJECT))
        return reject_for(r, i, ERR_EXISTS,
                          "member '_overlong' exists and is not ours");
    return 0;
}

/* The member's value, by name or path. */
static int
find_value(struct run *r, size_t i, struct json *v)
{
    const struct json_watch *w = &r->rec[i].in;
    const char *shown = r->c->opt->in ? r->c->opt->in : r->c->tool->in;
    enum json_type want = r->c->tool->type;
    struct err e;

    *v = w->value;
    if (w->count > 1)
        return reject_for(r, i, ERR_JSON, "member '%.*s' is there %d times",
                          (int)w->name.n, w->name.p, w->count);
    if (r->c->path && path_follow(r->c->path, w->value, v, &e))
        return reject(r, i, &e);
    if (v->type == JSON_NONE || v->type == JSON_NULL)
        return reject_for(r, i, ERR_MISSING, "no member '%s'", shown);
    if (want != JSON_NONE && v->type != want)
        return reject_for(r, i, ERR_TYPE, "member '%s' is not %s", shown,
                          want == JSON_STRING  ? "a string"
                          : want == JSON_ARRAY ? "an array"
                                               : "an object");
    return 0;
}

static void
find_text(struct run *r, size_t i)
{
    struct record *rec = &r->rec[i];
    struct buf *b = &r->w->text;
    struct json v;
    struct err e;

    if (r->c->tool->in == NULL) {
        rec->text = rec->line;
        rec->stage = AT_WORK;
        return;
    }
    if (find_value(r, i, &v))
        return;
    rec->stage = AT_WORK;
    if (r->c->tool->type != JSON_STRING) {
        rec->text = (struct str){ v.p, v.n };
    } else if (rec->in.plain || !memchr(v.p, '\\', v.n)) {
        rec->text = (struct str){ v.p + 1, v.n - 2 };
    } else {
        b->n = 0;
        if (json_unquote(v, b, &e))
            reject(r, i, &e);
        else
            rec->text = copy(r, b->p, b->n);
    }
}

/* From a record that is wanted to its text; where jq finds it, to AT_INPUT. */
static void
find_input(struct run *r, size_t i)
{
    if (r->rec[i].stage == AT_INPUT && check_outputs(r, i) == 0 && !r->c->in_jq)
        find_text(r, i);
}

/* ---- the tool ---- */

/* The texts that the tool must see, each once. Others share a result or have one. */
struct todo {
    struct filter_batch fb;
    struct str *text, *line;
    uint64_t *hash; /* of the text, where twins are looked for */
    struct result **result;
};

/* Has this text a result already, in this batch or, with --dedup, an earlier one? */
static int
known(struct run *r, struct twins *t, size_t i, uint64_t hash)
{
    struct record *rec = &r->rec[i];
    size_t first = twins_find(t, rec->text, hash, i);

    if (first != i) {
        rec->result = r->rec[first].result;
    } else {
        r->w->packed.n = 0;
        if (!r->c->dedup || !dedup_find(r->c->dedup, rec->text, hash, &r->w->packed))
            return 0;
        result_unpack(rec->result, (struct str){ r->w->packed.p, r->w->packed.n });
    }
    r->b->outcome[i].folded = r->c->dedup != NULL;
    return 1;
}

static void
collect(struct run *r, struct todo *todo)
{
    size_t n_line = r->b->in.n_line;
    struct result *all = arena_alloc(&r->b->arena, n_line * sizeof *all);
    struct twins twins = { 0 };

    todo->text = arena_alloc(&r->b->arena, n_line * sizeof *todo->text);
    todo->line = arena_alloc(&r->b->arena, n_line * sizeof *todo->line);
    todo->result = arena_alloc(&r->b->arena, n_line * sizeof *todo->result);
    todo->fb = (struct filter_batch){ .text = todo->text,
                                      .line = todo->line,
                                      .seq = r->b->seq,
                                      .result = todo->result,
                                      .arena = &r->b->arena,
                                      .worker = r->w->worker,
                                      .count_only = r->w->count_only };
    if (r->c->twins) {
        todo->hash = arena_alloc(&r->b->arena, n_line * sizeof *todo->hash);
        twins_init(&twins, &r->b->arena, n_line);
    }
    for (size_t i = 0; i < n_line; i++) {
        if (r->rec[i].stage != AT_WORK)
            continue;
        r->rec[i].result = &all[i];
        result_begin(&all[i], &r->w->pad);
        if (r->c->twins) {
            todo->hash[todo->fb.n] = hash_bytes(r->rec[i].text);
            if (known(r, &twins, i, todo->hash[todo->fb.n]))
                continue;
        }
        todo->text[todo->fb.n] = r->rec[i].text;
        todo->line[todo->fb.n] = r->rec[i].line;
        todo->result[todo->fb.n++] = &all[i];
    }
}

static void
remember(struct run *r, const struct todo *todo)
{
    for (int i = 0; i < todo->fb.n; i++) {
        if (todo->result[i]->e)
            continue;
        r->w->packed.n = 0;
        result_pack(todo->result[i], &r->w->packed);
        dedup_add(r->c->dedup, todo->text[i], todo->hash[i],
                  (struct str){ r->w->packed.p, r->w->packed.n });
    }
}

/* ---- the line that goes out ---- */

static void
splice_overlong(struct run *r, const struct record *rec, struct splice *s)
{
    const struct result *res = rec->result;
    struct json old = seen(r, rec, r->c->w_overlong)->value, ours;
    struct str key = { r->c->key.p, r->c->key.n };
    struct buf *b = &r->w->text;
    char name[256];
    struct str value;

    b->n = 0;
    if (old.type != JSON_OBJECT) {
        buf_char(b, '{');
        buf_str(b, key);
    }
    buf_printf(b, "{\"tokens\":%zu,\"kept\":%zu,\"how\":\"%s\"}", res->tokens,
               res->kept, res->how);
    if (old.type != JSON_OBJECT)
        buf_char(b, '}');
    value = copy(r, b->p, b->n);
    snprintf(name, sizeof name, "%.*s", (int)r->c->out.n, r->c->out.p);
    ours = json_get(old, name);
    if (old.type != JSON_OBJECT)
        splice_append(s, STR("\"_overlong\":"), value);
    else if (ours.type != JSON_NONE)
        splice_replace(s, ours, value);
    else
        splice_append_in(s, old, key, value);
}

static void
splice_result(struct run *r, const struct record *rec, const struct result *res)
{
    struct splice s;

    splice_begin(&s, rec->line, rec->object);
    for (int k = 0; k < r->c->n_member; k++) {
        const struct json_watch *old = seen(r, rec, r->c->w_out[k]);
        struct str value = result_value(res, k);
        if (!result_has(res, k))
            continue;
        if (old->count)
            splice_replace(&s, old->value, value);
        else
            splice_append(&s, (struct str){ r->c->member[k].p, r->c->member[k].n },
                          value);
    }
    if (res->how)
        splice_overlong(r, rec, &s);
    splice_end(&s, &r->b->out);
}

static void
put_done(struct run *r, size_t i)
{
    struct record *rec = &r->rec[i];

    r->b->outcome[i].kind = OUT_DONE;
    r->b->outcome[i].tokens = rec->result->tokens;
    r->b->outcome[i].overlong = rec->result->how != NULL;
    if (r->w->count_only)
        r->b->outcome[i].hash = hash_bytes(rec->text);
    if (r->w->count_only || r->c->consumes)
        return;
    for (const struct result *one = rec->result; one; one = one->more) {
        if (r->c->opt->raw)
            result_raw(result_value(one, 0), &r->w->text, &r->b->out);
        else
            splice_result(r, rec, one);
        if (one->more) {
            buf_char(&r->b->out, '\n');
            r->b->outcome[i].more++;
        }
    }
}

/* The record with `_error` in it, when it is an object; else it stays rejected. */
static void
keep(struct run *r, size_t i)
{
    struct outcome *o = &r->b->outcome[i];
    struct record *rec = &r->rec[i];
    struct buf *b = &r->w->text;
    struct splice s;

    if (rec->object.type != JSON_OBJECT)
        return;
    o->kind = OUT_KEPT;
    if (r->c->opt->raw)
        return;
    b->n = 0;
    buf_char(b, '{');
    buf_add(b, r->c->key.p, r->c->key.n);
    buf_printf(b, "{\"code\":\"%s\",\"msg\":", err_name(o->e->code));
    jout_str(b, str_of(o->e->msg));
    buf_puts(b, "}}");
    splice_begin(&s, rec->line, rec->object);
    splice_append(&s, STR("\"_error\":"), copy(r, b->p, b->n));
    splice_end(&s, &r->b->out);
}

static void
put(struct run *r, size_t i)
{
    struct outcome *o = &r->b->outcome[i];
    struct record *rec = &r->rec[i];

    if (rec->stage == AT_WORK) {
        if (rec->result->e)
            reject(r, i, rec->result->e);
        else
            put_done(r, i);
    }
    if (r->c->consumes)
        return;
    if (o->kind == OUT_PASSED && !r->c->opt->raw)
        buf_str(&r->b->out, rec->line);
    if (o->kind == OUT_REJECTED && r->c->keep)
        keep(r, i);
    if (o->kind == OUT_DONE || o->kind == OUT_PASSED || o->kind == OUT_KEPT)
        buf_char(&r->b->out, '\n');
    o->out_end = r->b->out.n;
}

void
batch_run(struct batch *b, struct batch_work *w, filter_work *work, void *arg)
{
    struct run r = { .b = b, .w = w, .c = &w->conf };
    size_t n = b->in.n_line;
    struct todo todo;
    double t0 = pool_clock(), t1, t2;

    b->fatal.code = ERR_NONE;
    b->outcome = arena_alloc(&b->arena, n * sizeof *b->outcome);
    memset(b->outcome, 0, n * sizeof *b->outcome);
    r.rec = arena_alloc(&b->arena, n * sizeof *r.rec);
    memset(r.rec, 0, n * sizeof *r.rec);
    w->pad = (struct result_pad){ .text = w->pad.text, .arena = &b->arena };
    w->pad.text.n = 0;

    for (size_t i = 0; i < n; i++) {
        begin(&r, i);
        find_input(&r, i);
    }
    if (r.c->opt->where) {
        if (ask_jq(&r, AT_WHERE, JQ_WHERE, where_answer))
            return;
        for (size_t i = 0; i < n; i++)
            find_input(&r, i);
    }
    if (r.c->in_jq && ask_jq(&r, AT_INPUT, JQ_IN, in_answer))
        return;
    collect(&r, &todo);
    t1 = pool_clock();
    if (todo.fb.n > 0 && work(arg, &todo.fb, &b->fatal)) {
        if (b->fatal.code == ERR_NONE)
            b->fatal.code = ERR_LIMIT;
        return;
    }
    result_close(&w->pad);
    t2 = pool_clock();
    if (r.c->dedup)
        remember(&r, &todo);
    for (size_t i = 0; i < n; i++)
        put(&r, i);
    b->seconds_work = t2 - t1;
    b->seconds_record = pool_clock() - t0 - b->seconds_work;
}
