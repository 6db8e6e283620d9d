/*
 * cli.h - options of a tool, from tables to values, usage and help
 *
 * Every option is a row of a table; usage, --help and the parsing are made from the
 * same rows, so they cannot disagree. A tool has its own table and those of the groups
 * it uses (filter.h, modelopt.h). --help and --version are in every tool.
 *
 *     static const struct cli_opt opts[] = {
 *         { 'k', "top", "N", CLI_INT, offsetof(struct conf, top), "how many [10]" },
 *         { 0 },
 *     };
 *     struct cli_group groups[] = { { opts, &conf }, { filter_opts, &fopt }, { 0 } };
 *     cli_parse(&c, "search", "find the nearest records", groups, argc, argv);
 *
 * Options may stand behind operands; `--` ends them. The process exits here on --help,
 * --version (0) and on a mistake (2), before anything was read or written.
 *
 * Owns: `c` borrows argv; lists are given back by cli_release().  Threads: start only.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum cli_kind {
    CLI_FLAG,  /* int, set to 1 */
    CLI_COUNT, /* int, 0 to 2^30 */
    CLI_SIZE,  /* size_t, bytes; K, M, G may follow */
    CLI_REAL,  /* double, finite */
    CLI_STR,   /* const char * */
    CLI_LIST   /* struct cli_list, may be given more than once */
};

struct cli_opt {
    char letter;      /* 0: none */
    const char *name; /* long name; NULL ends the table */
    const char *arg;  /* what the value is called in the help, NULL for flags */
    enum cli_kind kind;
    size_t offset; /* of the field in the group's struct */
    const char *help;
};

struct cli_list {
    const char **item;
    int n;
};

struct cli_group {
    const struct cli_opt *opt; /* NULL ends the list */
    void *conf;
};

struct cli {
    const char *tool, *about;
    const struct cli_group *groups;
    int argc;          /* operands */
    const char **argv; /* NULL-ended */
};

void cli_parse(struct cli *c, const char *tool, const char *about,
               const struct cli_group *groups, int argc, char **argv);
void cli_release(struct cli *c); /* the groups' lists too */

/* "tool: text" on stderr, then exit 2. For mistakes that only the tool can see. */
_Noreturn void cli_usage(const struct cli *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "tool: e->msg" on stderr and the exit status that belongs to e->code. */
int cli_fail(const struct cli *c, const struct err *e);

/* Write a tool's answer to stdout; when a disk fills up, only whole lines stay. last:
 * nothing comes behind it, stdout is closed. ERR_OUTPUT, with the reason. */
int cli_print(const struct buf *b, int last, struct err *e);

/* What --version says. */
const char *cli_version(void);

/* 4096, 64K, 1.5M is not a size, 2G: 1 and *out, or 0. */
int cli_size(const char *text, size_t *out);

#endif
