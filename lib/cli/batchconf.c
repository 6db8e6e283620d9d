/* batchconf.c - what a run does with each record */
#include "cli/batchconf.h"

#include "text/utf8.h"
#include "json/jout.h"

/* Index of a name in the watch list, added if it is not there yet. */
static int
watch(struct batchconf *c, struct str name)
{
    for (int i = 0; i < c->n_watch; i++)
        if (str_eq(c->watch[i].name, name))
            return i;
    c->watch[c->n_watch].name = name;
    return c->n_watch++;
}

/* Which members must the scan find for a jq program? */
static void
watch_needs(struct batchconf *c, enum jq_op op, const char *program)
{
    struct batchconf_need *need = &c->need[op];
    struct str name[JQNEEDS_MAX];

    need->n = jqneeds(program, name, &c->names);
    for (int i = 0; i < need->n; i++) {
        need->watch[i] = watch(c, name[i]);
        jout_str(&need->key[i], name[i]);
        buf_char(&need->key[i], ':');
    }
}

static int
watch_input(struct batchconf *c, const char *in, struct err *e)
{
    if (in[0] != '.') {
        c->w_in = watch(c, str_of(in));
        return 0;
    }
    if (c->opt->text)
        return err_set(e, ERR_USAGE, "-T makes the member 'text': it goes without -i");
    if ((c->path = path_parse(in)))
        c->w_in = watch(c, path_first(c->path));
    else {
        c->in_jq = 1;
        watch_needs(c, JQ_IN, in);
    }
    return 0;
}

static struct str
output_name(struct batchconf *c, const char *suffix)
{
    size_t n = strlen(suffix);
    char *name;

    if (suffix[0] == '=')
        return str_of(suffix + 1);
    name = arena_alloc(&c->names, c->out.n + n);
    memcpy(name, c->out.p, c->out.n);
    memcpy(name + c->out.n, suffix, n);
    return (struct str){ name, c->out.n + n };
}

int
batchconf_init(struct batchconf *c, const struct filter_opt *opt,
               const struct filter_tool *tool, struct err *e)
{
    const char *in = opt->in ? opt->in : tool->in ? tool->in : "text";

    *c = (struct batchconf){ .opt = opt, .tool = tool, .w_in = -1 };
    c->replace_utf8 = opt->utf8 && strcmp(opt->utf8, "replace") == 0;
    c->consumes = tool->suffix == NULL;
    c->keep = opt->on_error && strcmp(opt->on_error, "keep") == 0;
    if (tool->out == NULL && opt->out == NULL && in[0] == '.')
        return err_set(e, ERR_USAGE, "-i names no member to replace: say -o");
    c->out = str_of(opt->out ? opt->out : tool->out ? tool->out : in);
    if (c->out.n == 0 || utf8_valid(c->out.p, c->out.n) != c->out.n)
        return err_set(e, ERR_USAGE, "-o is not the name of a member");
    if (opt->text && opt->in && strcmp(opt->in, "text") != 0)
        return err_set(e, ERR_USAGE, "-T makes the member 'text': it goes without -i");
    if (opt->text && tool->type != JSON_STRING)
        return err_set(e, ERR_USAGE, "-T: this tool does not read text");
    if (watch_input(c, in, e))
        return -1;
    for (; tool->suffix && tool->suffix[c->n_member]; c->n_member++) {
        struct buf *m = &c->member[c->n_member];
        struct str name = output_name(c, tool->suffix[c->n_member]);
        jout_str(m, name);
        buf_char(m, ':');
        c->w_out[c->n_member] = watch(c, name);
    }
    if (opt->where)
        watch_needs(c, JQ_WHERE, opt->where);
    jout_str(&c->key, c->out);
    buf_char(&c->key, ':');
    c->w_error = watch(c, STR("_error"));
    c->w_overlong = watch(c, STR("_overlong"));
    return 0;
}

void
batchconf_release(struct batchconf *c)
{
    for (int k = 0; k < c->n_member; k++)
        buf_free(&c->member[k]);
    for (int op = 0; op < 2; op++)
        for (int i = 0; i < c->need[op].n; i++)
            buf_free(&c->need[op].key[i]);
    arena_release(&c->names);
    buf_free(&c->key);
    path_free(c->path);
}
