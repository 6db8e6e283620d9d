/* modelopt.c - which model, and how */
#include "cli/modelopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/dirlist.h"
#include "base/file.h"

#define CATALOGUE_MAX ((size_t)16 << 20)

const struct cli_opt modelopt_opts[] = {
    { 'm', "model", "NAME|PATH", CLI_STR, offsetof(struct modelopt, model),
      "model: of the catalogue, or a folder (with a slash)" },
    { 0, "precision", "NAME", CLI_STR, offsetof(struct modelopt, precision),
      "arithmetic of the model: i8, i8b32, i16, f32" },
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
           dirlist_find(dir, "", ".gguf", path, sizeof path) > 0 ||
           dirlist_find(dir, "", ".ftz", path, sizeof path) > 0 ||
           dirlist_find(dir, "model", ".bin", path, sizeof path) > 0;
}

enum thing { NOTHING, MODEL, HEAD };

static enum thing
in_folder(const char *folder, const char *name, char *path, size_t cap)
{
    if ((size_t)snprintf(path, cap, "%s/%s", folder, name) < cap && is_model(path))
        return MODEL;
    if ((size_t)snprintf(path, cap, "%s/%s.head", folder, name) < cap &&
        file_exists(path))
        return HEAD;
    return NOTHING;
}

/* The first thing of that name in the folders where models lie; of models alone, or
 * of heads too. */
static enum thing
find_named(const char *name, int heads, char *path, size_t cap)
{
    const char *env = getenv("TEXTMILL_MODELS"), *home = getenv("HOME");
    char folder[PATH_MAX - 256], self[PATH_MAX / 2];
    enum thing found;

    folder[0] = '\0';
    if (env && *env)
        snprintf(folder, sizeof folder, "%s", env);
    else if (home && *home)
        snprintf(folder, sizeof folder, "%s/.local/share/textmill/models", home);
    file_program_dir(self, sizeof self);
    for (size_t i = 0; i <= sizeof beside / sizeof *beside; i++) {
        if (i > 0)
            snprintf(folder, sizeof folder, "%s/%s", self, beside[i - 1]);
        found = folder[0] ? in_folder(folder, name, path, cap) : NOTHING;
        if (found == MODEL || (found == HEAD && heads))
            return found;
    }
    return NOTHING;
}

static int
is_name(const char *name, size_t cap)
{
    return strlen(name) < cap && name[0] != '\0' && name[0] != '.';
}

int
modelopt_find_head(const struct modelopt *o, char *path, size_t cap)
{
    struct stat st;

    if (o->model == NULL)
        return 0;
    if (strchr(o->model, '/') == NULL)
        return is_name(o->model, 256) && find_named(o->model, 1, path, cap) == HEAD;
    return (size_t)snprintf(path, cap, "%s", o->model) < cap && stat(path, &st) == 0 &&
           !S_ISDIR(st.st_mode);
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
        if (!file_exists(found->dir))
            return err_set(e, ERR_MODEL, "-m: '%s' is not there", o->model);
        while (last > o->model && last[-1] != '/')
            last--;
        snprintf(found->name, sizeof found->name, "%s", *last ? last : o->model);
        return 0;
    }
    if (!o->model && first_for(task, found->name, sizeof found->name, e))
        return -1;
    if (o->model && !is_name(o->model, sizeof found->name))
        return err_set(e, ERR_MODEL, "-m: '%.100s' is not the name of a model",
                       o->model);
    if (o->model)
        snprintf(found->name, sizeof found->name, "%s", o->model);
    if (!find_named(found->name, 0, found->dir, sizeof found->dir))
        return err_set(e, ERR_MODEL, "model '%s' is not here; run: textmill pull %s",
                       found->name, found->name);
    return 0;
}

int
modelopt_overlong(const struct modelopt *o, int chunk, enum overlong *how,
                  struct err *e)
{
    enum overlong said = o->overlong ? overlong_find(o->overlong) : *how;

    if (o->overlong && (said == OVERLONG_NONE || (said == OVERLONG_CHUNK && !chunk)))
        return err_set(e, ERR_USAGE,
                       "--overlong is one of %struncate, skip, error, not '%.40s'",
                       chunk ? "chunk, " : "", o->overlong);
    *how = said;
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
