/* tally.c - counts of a shard and of a job */
#include "job/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/jout.h"

#define MAX_TOOLS 64

/* The members of a report and of a shard's file that are counts. */
static const struct {
    const char *name;
    size_t offset;
} counts[] = {
    { "in", offsetof(struct tally_tool, in) },
    { "blank", offsetof(struct tally_tool, blank) },
    { "done", offsetof(struct tally_tool, done) },
    { "passed", offsetof(struct tally_tool, passed) },
    { "kept", offsetof(struct tally_tool, kept) },
    { "rejected", offsetof(struct tally_tool, rejected) },
    { "out", offsetof(struct tally_tool, out) },
};
static const struct {
    const char *name;
    size_t offset;
} totals[] = {
    { "lines_in", offsetof(struct tally, lines_in) },
    { "lines_out", offsetof(struct tally, lines_out) },
    { "bytes_in", offsetof(struct tally, bytes_in) },
    { "bytes_out", offsetof(struct tally, bytes_out) },
    { "poison", offsetof(struct tally, poison) },
    { "tries", offsetof(struct tally, tries) },
};
#define N_COUNT (sizeof counts / sizeof *counts)
#define N_TOTAL (sizeof totals / sizeof *totals)

static uint64_t *
count_of(struct tally_tool *t, size_t i)
{
    return (uint64_t *)(void *)((char *)t + counts[i].offset);
}

static uint64_t *
total_of(struct tally *t, size_t i)
{
    return (uint64_t *)(void *)((char *)t + totals[i].offset);
}

static int
get(struct json object, const char *name, uint64_t *n)
{
    int64_t v;

    if (!json_int(json_get(object, name), 0, INT64_MAX, &v))
        return 0;
    *n = (uint64_t)v;
    return 1;
}

void
tally_release(struct tally *t)
{
    mem_free(t->tool);
    *t = (struct tally){ 0 };
}

static enum err_code
code_of(struct json key)
{
    for (int i = 1; i < ERR_CODES; i++)
        if (json_is(key, str_of(err_name((enum err_code)i))))
            return (enum err_code)i;
    return ERR_NONE;
}

static int
read_tool(struct tally_tool *t, struct json v)
{
    struct json name = json_get(v, "tool"), errors = json_get(v, "errors"), key, n;
    struct json_iter it;
    uint64_t status;

    *t = (struct tally_tool){ 0 };
    if (name.type != JSON_STRING || name.n - 2 >= sizeof t->name ||
        memchr(name.p, '\\', name.n) || !get(v, "exit", &status) || status > 255)
        return 0;
    memcpy(t->name, name.p + 1, name.n - 2);
    t->exit = (int)status;
    for (size_t i = 0; i < N_COUNT; i++)
        if (!get(v, counts[i].name, count_of(t, i)))
            return 0;
    if (errors.type == JSON_OBJECT)
        for (it = json_begin(errors); json_next(&it, &key, &n);) {
            int64_t many;
            if (json_int(n, 0, INT64_MAX, &many))
                t->by_code[code_of(key)] += (uint64_t)many;
        }
    t->opaque = strcmp(t->name, "arcat") == 0 || json_get(v, "result").type ||
                json_get(v, "opaque").type == JSON_TRUE || (t->done > 0 && t->out == 0);
    return 1;
}

static int
sum_is_right(const struct tally_tool *t)
{
    return t->in == t->blank + t->done + t->passed + t->kept + t->rejected;
}

static int
by_name(const void *a, const void *b)
{
    const struct tally_tool *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order == 0)
        order = (x->in > y->in) - (x->in < y->in);
    return order ? order : (x->done > y->done) - (x->done < y->done);
}

static void
add_tool(struct tally *t, const struct tally_tool *tool)
{
    size_t size = sizeof *t->tool;

    t->tool = mem_grow(t->tool, t->n_tool * size, (t->n_tool + 1) * size);
    t->tool[t->n_tool++] = *tool;
}

/* Call f for each line of a report that is an object. 0: something else is there. */
static int
each_line(struct str report, int (*f)(void *arg, struct json v), void *arg)
{
    while (report.n > 0) {
        const char *end = memchr(report.p, '\n', report.n);
        size_t n = end ? (size_t)(end - report.p) : report.n;
        struct err ignored;
        struct json v;
        if (!end || json_scan(report.p, n, NULL, 0, &v, &ignored) ||
            v.type != JSON_OBJECT || !f(arg, v))
            return 0;
        report.p += n + 1;
        report.n -= n + 1;
    }
    return 1;
}

static int
take_line(void *arg, struct json v)
{
    struct tally *t = arg;
    struct tally_tool tool;

    if (t->n_tool >= MAX_TOOLS || !read_tool(&tool, v))
        return 0;
    add_tool(t, &tool);
    return 1;
}

int
tally_read(struct tally *t, struct str report, struct err *e)
{
    if (!each_line(report, take_line, t))
        return err_set(e, ERR_INPUT, "what the tools reported cannot be read");
    if (t->n_tool > 1)
        qsort(t->tool, t->n_tool, sizeof *t->tool, by_name);
    for (size_t i = 0; i < t->n_tool; i++) {
        const struct tally_tool *tool = &t->tool[i];
        if (!sum_is_right(tool))
            return err_set(
                e, ERR_INPUT,
                "%s lost records: in %llu, but blank %llu + done %llu + "
                "passed %llu + kept %llu + rejected %llu",
                tool->name, (unsigned long long)tool->in,
                (unsigned long long)tool->blank, (unsigned long long)tool->done,
                (unsigned long long)tool->passed, (unsigned long long)tool->kept,
                (unsigned long long)tool->rejected);
    }
    return 0;
}

int
tally_check(const struct tally *t, unsigned stages, int from_arcat, struct err *e)
{
    uint64_t in = t->lines_out, out = t->lines_in, source = 0;
    size_t n_source = 0;

    for (size_t i = 0; i < t->n_tool; i++) {
        const struct tally_tool *tool = &t->tool[i];
        if (from_arcat && strcmp(tool->name, "arcat") == 0) {
            source = tool->done; /* what it passes over it does not write */
            n_source++;
        } else if (tool->opaque) {
            return 0;
        } else {
            in += tool->in;
            out += tool->out;
        }
    }
    if (from_arcat && n_source == 1 && source != t->lines_in)
        return err_set(e, ERR_INPUT, "arcat wrote %llu records, and %llu were read",
                       (unsigned long long)source, (unsigned long long)t->lines_in);
    if (t->n_tool - n_source != stages || in == out)
        return 0;
    return err_set(
        e, ERR_INPUT,
        "records were lost between the tools: %llu lines in, %llu out, which "
        "does not fit what each of them counted",
        (unsigned long long)t->lines_in, (unsigned long long)t->lines_out);
}

/* The tool of t that is tool i of `more`: of that name, and as many of that name before
 * it. It is added where t has none. */
static struct tally_tool *
same_tool(struct tally *t, const struct tally *more, size_t i)
{
    const char *name = more->tool[i].name;
    struct tally_tool none = { 0 };
    size_t before = 0;

    for (size_t k = 0; k < i; k++)
        before += strcmp(more->tool[k].name, name) == 0;
    for (size_t k = 0; k < t->n_tool; k++)
        if (strcmp(t->tool[k].name, name) == 0 && before-- == 0)
            return &t->tool[k];
    memcpy(none.name, name, sizeof none.name);
    add_tool(t, &none);
    return &t->tool[t->n_tool - 1];
}

void
tally_add(struct tally *t, const struct tally *more)
{
    for (size_t i = 0; i < N_TOTAL; i++)
        *total_of(t, i) += *total_of((struct tally *)(uintptr_t)more, i);
    t->seconds += more->seconds;
    t->status |= more->status;
    for (size_t i = 0; i < more->n_tool; i++) {
        struct tally_tool *from = &more->tool[i], *to = same_tool(t, more, i);
        to->exit |= from->exit;
        to->opaque |= from->opaque;
        for (size_t k = 0; k < N_COUNT; k++)
            *count_of(to, k) += *count_of(from, k);
        for (int k = 0; k < ERR_CODES; k++)
            to->by_code[k] += from->by_code[k];
    }
}

uint64_t
tally_bad(const struct tally *t)
{
    uint64_t n = t->poison;

    for (size_t i = 0; i < t->n_tool; i++)
        n += t->tool[i].rejected + t->tool[i].kept;
    return n;
}

struct lines {
    struct buf text;
    size_t at[MAX_TOOLS + 1], n;
};

static int
take_tool(void *arg, struct json v)
{
    struct json tool = json_get(v, "tool"), version = json_get(v, "version"),
                model = json_get(v, "model");
    struct lines *l = arg;

    if (l->n >= MAX_TOOLS || tool.type != JSON_STRING || version.type != JSON_STRING)
        return 0;
    l->at[l->n++] = l->text.n;
    buf_printf(&l->text, "{\"tool\":%.*s,\"version\":%.*s", (int)tool.n, tool.p,
               (int)version.n, version.p);
    if (model.type == JSON_OBJECT)
        buf_printf(&l->text, ",\"model\":%.*s", (int)model.n, model.p);
    buf_puts(&l->text, "}");
    buf_char(&l->text, '\0');
    return 1;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
tally_tools(struct str report, struct buf *b, struct err *e)
{
    const char *sorted[MAX_TOOLS];
    struct lines l = { 0 };
    int ok = each_line(report, take_tool, &l);

    for (size_t i = 0; i < l.n; i++)
        sorted[i] = l.text.p + l.at[i];
    if (l.n > 1)
        qsort(sorted, l.n, sizeof *sorted, by_text);
    buf_char(b, '[');
    for (size_t i = 0; i < l.n; i++) {
        buf_puts(b, i ? "," : "");
        buf_puts(b, sorted[i]);
    }
    buf_char(b, ']');
    buf_free(&l.text);
    return ok ? 0 : err_set(e, ERR_INPUT, "what the tools reported cannot be read");
}

void
tally_write(const struct tally *t, struct buf *b)
{
    const char *sep;

    for (size_t i = 0; i < N_TOTAL; i++)
        buf_printf(b, "\"%s\":%llu,", totals[i].name,
                   (unsigned long long)*total_of((struct tally *)(uintptr_t)t, i));
    buf_printf(b, "\"status\":%d,\"seconds\":", t->status);
    jout_double(b, t->seconds, 3);
    buf_puts(b, ",\"tools\":[");
    for (size_t i = 0; i < t->n_tool; i++) {
        struct tally_tool *tool = &t->tool[i];
        buf_printf(b, "%s{\"tool\":\"%s\",\"exit\":%d", i ? "," : "", tool->name,
                   tool->exit);
        for (size_t k = 0; k < N_COUNT; k++)
            buf_printf(b, ",\"%s\":%llu", counts[k].name,
                       (unsigned long long)*count_of(tool, k));
        buf_puts(b, ",\"errors\":{");
        sep = "";
        for (int k = 1; k < ERR_CODES; k++)
            if (tool->by_code[k]) {
                buf_printf(b, "%s\"%s\":%llu", sep, err_name((enum err_code)k),
                           (unsigned long long)tool->by_code[k]);
                sep = ",";
            }
        buf_puts(b, tool->opaque ? "},\"opaque\":true}" : "}}");
    }
    buf_char(b, ']');
}

int
tally_parse(struct tally *t, struct json object, struct err *e)
{
    struct json tools = json_get(object, "tools"), key, v;
    struct json_iter it;
    uint64_t status = 0;
    int ok;

    *t = (struct tally){ 0 };
    ok = tools.type == JSON_ARRAY && get(object, "status", &status) && status <= 1 &&
         json_double(json_get(object, "seconds"), &t->seconds);
    t->status = (int)status;
    for (size_t i = 0; ok && i < N_TOTAL; i++)
        ok = get(object, totals[i].name, total_of(t, i));
    if (ok)
        for (it = json_begin(tools); ok && json_next(&it, &key, &v);)
            ok = v.type == JSON_OBJECT && take_line(t, v);
    if (ok)
        return 0;
    tally_release(t);
    return err_set(e, ERR_INPUT, "the counts of a shard cannot be read");
}
