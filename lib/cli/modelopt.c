/* modelopt.c - which model, and how */
#include "cli/modelopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/dirlist.h"
#include "base/file.h"

#define CATALOGUE_MAX ((size_t)16 << 20)

const struct cli_opt modelopt_opts[] = {
    { 'm', "model", "NAME|PATH", CLI_STR, offsetof(struct modelopt, model),
      "model: of the catalogue, or a folder (with a slash)" },
    { 0, "precision", "NAME", CLI_STR, offsetof(struct modelopt, precision),
      "arithmetic of the model: i8, i8b32, f32" },
    { 0, "overlong", "HOW", CLI_STR, offsetof(struct modelopt, overlong),
      "text beyond the model's limit: chunk, truncate, skip, error" },
    { 0, "no-cache", NULL, CLI_FLAG, offsetof(struct modelopt, no_cache),
      "pack the model's weights anew, keep no file of them" },
    { 0 },
};

/* Folders beside the program: in the tree, then where `make install` puts data. */
static const char *const beside[] = { "../models", "../../share/textmill" };

static int
find_catalogue(char *path, size_t cap)
{
    const char *env = getenv("TEXTMILL_CATALOGUE");
    char dir[PATH_MAX];

    if (env && *env)
        return (size_t)snprintf(path, cap, "%s", env) < cap;
    file_program_dir(dir, sizeof dir);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if ((size_t)snprintf(path, cap, "%s/%s/catalogue.tsv", dir, beside[i]) < cap &&
            file_exists(path))
            return 1;
    return 0;
}

/* Is `task` one of a comma-separated list? */
static int
lists_task(const char *list, size_t n, const char *task)
{
    size_t len = strlen(task);

    for (size_t at = 0; at < n;) {
        const char *comma = memchr(list + at, ',', n - at);
        size_t k = comma ? (size_t)(comma - list) - at : n - at;
        if (k == len && memcmp(list + at, task, len) == 0)
            return 1;
        at += k + 1;
    }
    return 0;
}

/* The name in the first row of the catalogue for a task. */
static int
first_for(const char *task, char *name, size_t cap, struct err *e)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    int found = 0;

    if (!find_catalogue(path, sizeof path))
        return err_set(e, ERR_MODEL, "there is no catalogue.tsv; name a model by -m");
    if (file_read(path, CATALOGUE_MAX, &b, e)) {
        e->code = ERR_MODEL;
        buf_free(&b);
        return -1;
    }
    buf_char(&b, '\0');
    for (char *save, *line = strtok_r(b.p, "\n", &save); line && !found;
         line = strtok_r(NULL, "\n", &save)) {
        size_t n = strcspn(line, "\t");
        const char *tasks = line + n + (line[n] != '\0');
        if (line[0] == '#' || !lists_task(tasks, strcspn(tasks, "\t"), task))
            continue;
        found = n < cap;
        snprintf(name, cap, "%.*s", (int)n, line);
    }
    buf_free(&b);
    return found ? 0
                 : err_set(e, ERR_MODEL,
                           "the catalogue has no model to %s; name one by -m", task);
}

/* Does the folder look like a model's? */
static int
is_model(const char *dir)
{
    char path[PATH_MAX];

    return ((size_t)snprintf(path, sizeof path, "%s/config.json", dir) < sizeof path &&
            file_exists(path)) ||
           dirlist_find(dir, "model", ".bin", path, sizeof path) > 0;
}

static int
in_folder(const char *folder, const char *name, char *dir, size_t cap)
{
    return (size_t)snprintf(dir, cap, "%s/%s", folder, name) < cap && is_model(dir);
}

static int
find_named(const char *name, char *dir, size_t cap)
{
    const char *env = getenv("TEXTMILL_MODELS"), *home = getenv("HOME");
    char folder[PATH_MAX - 256], self[PATH_MAX / 2];

    if (env && *env) {
        if (in_folder(env, name, dir, cap))
            return 1;
    } else if (home && *home &&
               (size_t)snprintf(folder, sizeof folder,
                                "%s/.local/share/textmill/models",
                                home) < sizeof folder) {
        if (in_folder(folder, name, dir, cap))
            return 1;
    }
    file_program_dir(self, sizeof self);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(folder, sizeof folder, "%s/%s", self, beside[i]);
        if (in_folder(folder, name, dir, cap))
            return 1;
    }
    return 0;
}

int
modelopt_find(const struct modelopt *o, const char *task, struct modelopt_found *found,
              struct err *e)
{
    if (o->model && strchr(o->model, '/')) {
        const char *last = o->model + strlen(o->model);
        if ((size_t)snprintf(found->dir, sizeof found->dir, "%s", o->model) >=
            sizeof found->dir)
            return err_set(e, ERR_MODEL, "-m: the path is too long");
        while (last > o->model && last[-1] != '/')
            last--;
        snprintf(found->name, sizeof found->name, "%s", *last ? last : o->model);
        return 0;
    }
    if (!o->model && first_for(task, found->name, sizeof found->name, e))
        return -1;
    if (o->model && ((size_t)snprintf(found->name, sizeof found->name, "%s",
                                      o->model) >= sizeof found->name ||
                     o->model[0] == '\0' || o->model[0] == '.'))
        return err_set(e, ERR_MODEL, "-m: '%.100s' is not the name of a model",
                       o->model);
    if (!find_named(found->name, found->dir, sizeof found->dir))
        return err_set(e, ERR_MODEL, "model '%s' is not here; run: textmill pull %s",
                       found->name, found->name);
    return 0;
}

int
modelopt_choice(const char *option, const char *text, const char *const *names,
                struct err *e)
{
    char list[200] = "";
    size_t n = 0;

    if (text == NULL)
        return 0;
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    for (int i = 0; names[i] && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "",
                              names[i]);
    return err_set(e, ERR_USAGE, "--%s is one of %s, not '%s'", option, list, text);
}
