/* millrun.c - run a pipeline over a corpus, in shards, whatever happens */
#include <stdio.h>

#include "base/file.h"
#include "cli/cli.h"
#include "job/driver.h"
#include "job/worker.h"

struct conf {
    const char *dir, *arcat, *hosts, *until, *job;
    size_t block;
    int workers, max_poison, keep, quiet, worker, probe;
};

static const struct cli_opt opts[] = {
#define OPT(letter, name, arg, kind, field, help)                                      \
    {                                                                                  \
        letter, name, arg, kind, offsetof(struct conf, field), help                    \
    }
    OPT(0, "dir", "OUT", CLI_STR, dir, "folder of the job and its result"),
    OPT(0, "workers", "N", CLI_COUNT, workers,
        "shards at a time, on each machine [processors / tools]"),
    OPT(0, "block", "SIZE", CLI_SIZE, block, "bytes of a shard [4M]"),
    OPT(0, "arcat", "OPTIONS", CLI_STR, arcat,
        "read every input by arcat with these options"),
    OPT(0, "hosts", "FILE", CLI_STR, hosts,
        "work on these machines, by ssh; a line each"),
    OPT(0, "until", "HH:MM", CLI_STR, until, "stop at that time, exit 75"),
    OPT(0, "max-poison", "N", CLI_COUNT, max_poison,
        "records of a shard that may bring the command down [100]"),
    OPT(0, "keep", NULL, CLI_FLAG, keep, "leave the shards when the job is done"),
    OPT('q', "quiet", NULL, CLI_FLAG, quiet, "no progress"),
    OPT(0, "worker", NULL, CLI_FLAG, worker,
        "take shards of the job in --dir: what millrun starts"),
    OPT(0, "job", "ID", CLI_STR, job, "the job that the worker is for"),
    OPT(0, "probe", NULL, CLI_FLAG, probe,
        "see first that its tools are those of the job"),
    { 0 },
#undef OPT
};

/* 1 and the status: as a worker. */
static int
work(const struct cli *c, const struct conf *conf)
{
    struct worker_opt opt = { .job = conf->job,
                              .max_poison = conf->max_poison,
                              .probe = conf->probe };
    struct jobdir dir;
    struct err e = { 0 };
    int status;

    if (jobdir_open(&dir, conf->dir, 0, &e))
        return cli_fail(c, &e);
    status = worker_run(&dir, &opt, &e);
    if (e.code != ERR_NONE)
        cli_fail(c, &e);
    return status;
}

static int
drive(const struct cli *c, const struct conf *conf)
{
    struct driver_opt opt = { .dir = conf->dir,
                              .command = c->argv[0],
                              .inputs = c->argv + 1,
                              .n_input = (size_t)c->argc - 1,
                              .arcat = conf->arcat,
                              .block = conf->block,
                              .workers = conf->workers,
                              .max_poison = conf->max_poison,
                              .hosts = conf->hosts,
                              .until = conf->until,
                              .keep = conf->keep,
                              .quiet = conf->quiet };
    struct err e = { 0 };
    int status = driver_run(&opt, &e);

    if (e.code != ERR_NONE)
        cli_fail(c, &e);
    return status;
}

int
main(int argc, char **argv)
{
    struct conf conf = { .max_poison = DRIVER_POISON };
    struct cli_group groups[] = { { opts, &conf }, { 0 } };
    struct cli c;
    int status;

    cli_parse(&c, "millrun",
              "run a pipeline over a corpus, in shards, whatever happens", groups, argc,
              argv);
    if (conf.dir == NULL)
        cli_usage(&c, "which folder? --dir=OUT");
    if (!conf.worker && c.argc < 2)
        cli_usage(&c, "what is to be run on what? -- 'COMMAND' FILE ...");
    file_guard();
    status = conf.worker ? work(&c, &conf) : drive(&c, &conf);
    cli_release(&c);
    return status;
}
