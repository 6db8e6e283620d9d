/* shots.c - --shots FILE: examples that a prompt shows before its question */
#include "cli/shots.h"

#include "base/buf.h"
#include "base/file.h"
#include "json/json.h"

#define FILE_LIMIT ((size_t)64 << 20)

enum { INPUT, OUTPUT, WATCHED };

static int
is_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r')
            return 0;
    return 1;
}

static int
take_string(struct shots *s, const struct json_watch *w, struct str *text,
            struct err *e)
{
    struct buf b = { 0 };
    int rc;

    if (w->count != 1 || w->value.type != JSON_STRING)
        return err_set(e, ERR_INPUT, "'%.*s' must be there once, as a string",
                       (int)w->name.n, w->name.p);
    rc = json_unquote(w->value, &b, e);
    *text = arena_str(&s->mem, buf_span(&b));
    buf_free(&b);
    return rc;
}

static int
fill(struct shots *s, const struct prompt *p, struct str line, struct str *text,
     struct err *e)
{
    struct prompt_text out;

    if (p == NULL)
        return err_set(e, ERR_INPUT, "no member 'input', and no template to fill");
    if (prompt_fill(p, 0, &line, 1, &s->mem, &out, e))
        return -1;
    if (out.e)
        *e = *out.e;
    *text = out.text;
    return out.e ? -1 : 0;
}

static int
read_line(struct shots *s, struct str line, const struct prompt *p,
          struct chat_turn *turn, struct err *e)
{
    struct json_watch w[WATCHED] = {
        [INPUT] = { .name = STR("input") }, [OUTPUT] = { .name = STR("output") }
    };
    struct json v;

    if (json_scan(line.p, line.n, w, WATCHED, &v, e))
        return -1;
    if (v.type != JSON_OBJECT)
        return err_set(e, ERR_INPUT, "not a JSON object");
    if (take_string(s, &w[OUTPUT], &turn->answer, e))
        return -1;
    return w[INPUT].count > 0 ? take_string(s, &w[INPUT], &turn->user, e)
                              : fill(s, p, line, &turn->user, e);
}

static int
read_lines(struct shots *s, const char *path, struct str all, const struct prompt *p,
           struct err *e)
{
    struct buf turns = { 0 };
    size_t number = 1;
    int bad = 0;

    for (; !bad && all.n > 0; number++) {
        const char *end = memchr(all.p, '\n', all.n);
        struct str line = { all.p, end ? (size_t)(end - all.p) : all.n };
        struct chat_turn turn;
        all.p += line.n + (end != NULL);
        all.n -= line.n + (end != NULL);
        if (is_blank(line))
            continue;
        bad = read_line(s, line, p, &turn, e);
        buf_add(&turns, &turn, sizeof turn);
    }
    s->n = turns.n / sizeof *s->turn;
    s->turn = arena_copy(&s->mem, turns.p, turns.n);
    buf_free(&turns);
    if (!bad)
        return 0;
    if (e->code != ERR_LIMIT)
        e->code = ERR_INPUT;
    return err_wrap(e, "%s:%zu", path, number - 1);
}

int
shots_read(struct shots *s, const char *path, const struct prompt *p, struct err *e)
{
    struct buf file = { 0 };
    int rc;

    *s = (struct shots){ .n = 0 };
    if (file_read(path, FILE_LIMIT, &file, e))
        return -1;
    rc = read_lines(s, path, buf_span(&file), p, e);
    buf_free(&file);
    if (rc)
        shots_release(s);
    return rc;
}

void
shots_release(struct shots *s)
{
    arena_release(&s->mem);
    *s = (struct shots){ .n = 0 };
}
