/* inspect.c - say what is in a model's files */
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "cli/modelopt.h"
#include "infer/aboutout.h"

struct conf {
    int json, metadata, summary;
};

static const struct cli_opt opts[] = {
    { 0, "json", NULL, CLI_FLAG, offsetof(struct conf, json), "one JSON object" },
    { 0, "metadata", NULL, CLI_FLAG, offsetof(struct conf, metadata),
      "the settings that the files have, too" },
    { 0, "summary", NULL, CLI_FLAG, offsetof(struct conf, summary),
      "leave out the tensors" },
    { 0 },
};

/* What has a slash is a path; else a model's name, and if there is none, a path. */
static int
find(const char *what, char path[PATH_MAX], struct err *e)
{
    struct modelopt want = { .model = what };
    struct modelopt_found found;
    int named = strchr(what, '/') == NULL && modelopt_find(&want, "", &found, e) == 0;

    if (!named && strchr(what, '/') == NULL && !file_exists(what))
        return -1;
    if (strlen(named ? found.dir : what) >= PATH_MAX)
        return err_set(e, ERR_MODEL, "the path is too long");
    strcpy(path, named ? found.dir : what);
    return 0;
}

static int
show(const struct conf *conf, const char *what, struct err *e)
{
    unsigned parts = (conf->summary ? 0u : (unsigned)ABOUTOUT_TENSORS) |
                     (conf->metadata ? (unsigned)ABOUTOUT_METADATA : 0u);
    struct buf b = { 0 };
    struct about *in;
    char path[PATH_MAX];
    int rc;

    if (find(what, path, e) || (in = about_open(path, e)) == NULL)
        return -1;
    (conf->json ? aboutout_json : aboutout_table)(in, parts, &b);
    rc = cli_print(&b, 1, e);
    buf_free(&b);
    about_close(in);
    return rc;
}

int
main(int argc, char **argv)
{
    struct conf conf = { 0 };
    struct cli_group groups[] = { { opts, &conf }, { 0 } };
    struct err e = { 0 };
    struct cli c;
    int status;

    cli_parse(&c, "inspect", "say what is in a model's files", groups, argc, argv);
    if (c.argc != 1)
        cli_usage(&c, "one model, by name or path, not %d", c.argc);
    file_guard();
    status = show(&conf, c.argv[0], &e) ? cli_fail(&c, &e) : 0;
    cli_release(&c);
    return status;
}
