/*
 * modelopt.h - which model, and how: the options of every tool that runs one
 *
 * -m with a slash is a path. Else it is a name of the catalogue, looked for in
 * $TEXTMILL_MODELS (default ~/.local/share/textmill/models), then beside the installed
 * data; never in the current folder. Without -m: the catalogue's first row for the
 * task.
 *
 * Source: models/catalogue.tsv, described in textmill-models(7).  Threads: start only.
 */
#ifndef CLI_MODELOPT_H
#define CLI_MODELOPT_H

#include <limits.h>

#include "base/err.h"
#include "cli/cli.h"
#include "infer/overlong.h"

struct modelopt {
    const char *model, *precision, *overlong;
    int no_cache;
};

extern const struct cli_opt modelopt_opts[];

struct modelopt_found {
    char name[256];     /* as a user would say it: for --stats and messages */
    char dir[PATH_MAX]; /* the model's folder */
};

/* ERR_MODEL: there is none, with the command that gets it. */
int modelopt_find(const struct modelopt *o, const char *task,
                  struct modelopt_found *found, struct err *e);

/* 1: -m means a trained head (headfile.h), and path is its file: with a slash what is
 * no folder, else NAME.head where models are looked for, unless a model NAME comes
 * first. */
int modelopt_find_head(const struct modelopt *o, char *path, size_t cap);

/* What --overlong says to *how, which stays where nothing was said; chunk: whether that
 * is one of the ways. ERR_USAGE. */
int modelopt_overlong(const struct modelopt *o, int chunk, enum overlong *how,
                      struct err *e);

/* Index of text in names (NULL-ended), or -1 with ERR_USAGE naming the choices. NULL
 * text is the first. */
int modelopt_choice(const char *option, const char *text, const char *const *names,
                    struct err *e);

#endif
