/* cli.c - options of a tool, from tables to values, usage and help */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

int
cli_print(const struct buf *b, int last, struct err *e)
{
    return file_write_lines(STDOUT_FILENO, b->p, b->n) || (last && close(STDOUT_FILENO))
               ? err_set(e, ERR_OUTPUT, "cannot write the output: %s", strerror(errno))
               : 0;
}

static _Noreturn void
print_and_exit(const struct cli *c, struct buf *b)
{
    struct err e;
    int status = cli_print(b, 1, &e) ? cli_fail(c, &e) : 0;

    buf_free(b);
    exit(status);
}

static void
help(const struct cli *c, const struct cli_group *groups, struct buf *b)
{
    buf_printf(b, "usage: %s [option ...] [file ...]\n%s\n\n", c->tool, c->about);
    for (const struct cli_group *g = groups; g->opt; g++)
        for (const struct cli_opt *o = g->opt; o->name; o++) {
            char left[64];
            snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
                     o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
                     o->arg ? "=" : "", o->arg ? o->arg : "");
            buf_printf(b, "  %-31s %s\n", left, o->help);
        }
    buf_printf(b, "  %-31s %s\n", "-h, --help", "show this help");
    buf_printf(b, "  %-31s %s\n", "-V, --version", "show the version");
}

void
cli_usage(const struct cli *c, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "%s: ", c->tool);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "; try '%s --help'\n", c->tool);
    exit(2);
}

int
cli_fail(const struct cli *c, const struct err *e)
{
    fprintf(stderr, "%s: %s\n", c->tool, e->msg);
    return err_exit(e->code);
}

const char *
cli_version(void)
{
    return TEXTMILL_VERSION;
}

int
cli_size(const char *text, size_t *out)
{
    static const char units[] = "KMG";
    unsigned long long n;
    char *end;
    const char *unit;
    int shift = 0;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (errno || end == text || text[0] == '-')
        return 0;
    if (*end && (unit = strchr(units, *end & ~32))) {
        shift = 10 * (int)(unit - units + 1);
        end++;
    }
    if (*end || n > SIZE_MAX >> shift)
        return 0;
    *out = (size_t)n << shift;
    return 1;
}

static void
append(struct cli_list *l, const char *text)
{
    size_t size = sizeof *l->item;

    l->item = mem_grow(l->item, (size_t)l->n * size, (size_t)(l->n + 1) * size);
    l->item[l->n++] = text;
}

static void
store(const struct cli *c, const struct cli_opt *o, void *conf, const char *text)
{
    void *slot = (char *)conf + o->offset;
    char *end = NULL;
    long n;

    switch (o->kind) {
    case CLI_FLAG: *(int *)slot = 1; return;
    case CLI_STR: *(const char **)slot = text; return;
    case CLI_LIST: append(slot, text); return;
    case CLI_COUNT:
        errno = 0;
        n = strtol(text, &end, 10);
        if (!errno && end != text && !*end && n >= 0 && n <= 1 << 30) {
            *(int *)slot = (int)n;
            return;
        }
        break;
    case CLI_SIZE:
        if (cli_size(text, slot))
            return;
        break;
    case CLI_REAL:
        *(double *)slot = strtod(text, &end);
        if (end != text && !*end && isfinite(*(double *)slot))
            return;
        break;
    }
    cli_usage(c, "'%s' is not a %s for --%s", text,
              o->kind == CLI_SIZE ? "size" : "number", o->name);
}

/* The option of that name (n == 1: of that letter too, when short), and its group. */
static const struct cli_opt *
find(const struct cli_group *groups, const char *name, size_t n, int is_long,
     void **conf)
{
    for (const struct cli_group *g = groups; g->opt; g++)
        for (const struct cli_opt *o = g->opt; o->name; o++)
            if (is_long ? strlen(o->name) == n && memcmp(o->name, name, n) == 0
                        : o->letter == *name) {
                *conf = g->conf;
                return o;
            }
    return NULL;
}

static void
common(const struct cli *c, const struct cli_group *groups, const char *name, size_t n)
{
    struct buf b = { 0 };

    if ((n == 1 && *name == 'h') || (n == 4 && memcmp(name, "help", 4) == 0)) {
        help(c, groups, &b);
        print_and_exit(c, &b);
    }
    if ((n == 1 && *name == 'V') || (n == 7 && memcmp(name, "version", 7) == 0)) {
        buf_printf(&b, "%s (textmill) %s\n", c->tool, TEXTMILL_VERSION);
        print_and_exit(c, &b);
    }
}

/* One `--name[=value]`; returns how many arguments it took. */
static int
long_option(const struct cli *c, const struct cli_group *groups, char **arg)
{
    const char *name = arg[0] + 2;
    size_t n = strcspn(name, "=");
    const char *text = name[n] ? name + n + 1 : NULL;
    const struct cli_opt *o;
    void *conf;

    common(c, groups, n > 1 ? name : "", n > 1 ? n : 0);
    if (!(o = find(groups, name, n, 1, &conf)))
        cli_usage(c, "there is no option '--%.*s'", (int)n, name);
    if (o->kind == CLI_FLAG && text)
        cli_usage(c, "option '--%s' takes no value", o->name);
    if (o->kind == CLI_FLAG || text) {
        store(c, o, conf, text);
        return 1;
    }
    if (!arg[1])
        cli_usage(c, "option '--%s' needs a value", o->name);
    store(c, o, conf, arg[1]);
    return 2;
}

/* One `-abc` or `-n5` or `-n 5`; returns how many arguments it took. */
static int
short_options(const struct cli *c, const struct cli_group *groups, char **arg)
{
    for (const char *p = arg[0] + 1; *p; p++) {
        const struct cli_opt *o;
        void *conf;
        common(c, groups, p, 1);
        if (!(o = find(groups, p, 1, 0, &conf)))
            cli_usage(c, "there is no option '-%c'", *p);
        if (o->kind == CLI_FLAG) {
            store(c, o, conf, NULL);
            continue;
        }
        if (!p[1] && !arg[1])
            cli_usage(c, "option '-%c' needs a value", *p);
        store(c, o, conf, p[1] ? p + 1 : arg[1]);
        return p[1] ? 1 : 2;
    }
    return 1;
}

void
cli_parse(struct cli *c, const char *tool, const char *about,
          const struct cli_group *groups, int argc, char **argv)
{
    int options = 1;

    file_keep_std();
    *c = (struct cli){ .tool = tool, .about = about, .groups = groups };
    c->argv = mem_zero((size_t)argc + 1, sizeof *c->argv);
    for (int i = 1; i < argc;) {
        if (!options || argv[i][0] != '-' || !argv[i][1]) {
            c->argv[c->argc++] = argv[i++];
        } else if (strcmp(argv[i], "--") == 0) {
            options = 0;
            i++;
        } else {
            i += argv[i][1] == '-' ? long_option(c, groups, argv + i)
                                   : short_options(c, groups, argv + i);
        }
    }
}

void
cli_release(struct cli *c)
{
    for (const struct cli_group *g = c->groups; g && g->opt; g++)
        for (const struct cli_opt *o = g->opt; o->name; o++)
            if (o->kind == CLI_LIST)
                mem_free(((struct cli_list *)((char *)g->conf + o->offset))->item);
    mem_free(c->argv);
    *c = (struct cli){ 0 };
}
