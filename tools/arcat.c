/* arcat.c - turn archives and text files into records */
#include <limits.h>
#include <stdlib.h>

#include "cli/feed.h"
#include "source/source.h"

struct conf {
    const char *type, *charset, *shard;
    struct cli_list match;
    int lines, list, max_depth, max_ratio;
    size_t max_text, max_bytes, max_members, max_name;
};

static const struct cli_opt opts[] = {
#define OPT(letter, name, arg, kind, field, help)                                      \
    {                                                                                  \
        letter, name, arg, kind, offsetof(struct conf, field), help                    \
    }
    OPT(0, "type", "TYPE", CLI_STR, type,
        "what texts are, where their name does not tell"),
    OPT(0, "lines", NULL, CLI_FLAG, lines, "plain text: a record a line, not a file"),
    OPT(0, "list", NULL, CLI_FLAG, list, "say what is there, without the texts"),
    OPT(0, "match", "GLOB", CLI_LIST, match, "only members of such a name"),
    OPT(0, "from-charset", "NAME", CLI_STR, charset, "what text without a mark is in"),
    OPT(0, "shard", "K/N", CLI_STR, shard, "only the K-th of N parts, K from 1"),
    OPT(0, "max-text", "SIZE", CLI_SIZE, max_text,
        "longest text, line or message [64M]"),
    OPT(0, "max-bytes", "SIZE", CLI_SIZE, max_bytes,
        "most that a file unpacks to [1024G]"),
    OPT(0, "max-ratio", "N", CLI_COUNT, max_ratio,
        "bytes out for a byte in, 0: any [200]"),
    OPT(0, "max-members", "N", CLI_SIZE, max_members, "members of a file [1000000]"),
    OPT(0, "max-depth", "N", CLI_COUNT, max_depth, "archives in archives [8]"),
    OPT(0, "max-name", "N", CLI_SIZE, max_name, "bytes of a member's name [4096]"),
    { 0 },
#undef OPT
};

struct job {
    struct feed *feed;
    int file;
};

static int
put(void *arg, const struct reader_item *item)
{
    static const enum outcome_kind kind[] = {
        [READER_RECORD] = OUT_DONE,
        [READER_BLANK] = OUT_BLANK,
        [READER_PASSED] = OUT_PASSED,
        [READER_BAD] = OUT_REJECTED,
    };
    struct job *job = arg;

    return feed_put(job->feed, &(struct feed_item){
                                   .kind = item->more ? OUT_PIECE : kind[item->what],
                                   .file = job->file,
                                   .member = item->member,
                                   .line = item->line,
                                   .byte = item->offset,
                                   .out = item->out,
                                   .raw = item->raw,
                                   .why = item->why });
}

static void
pause_output(void *arg)
{
    (void)feed_flush(((struct job *)arg)->feed);
}

static void
begin_file(void *arg, int i)
{
    ((struct job *)arg)->file = i;
}

/* "2/3" */
static int
parse_shard(const char *text, struct reader_opt *r)
{
    char *end;
    unsigned long k = strtoul(text, &end, 10), n;

    if (end == text || *end != '/' || end[1] < '0' || end[1] > '9' || text[0] == '-')
        return 0;
    n = strtoul(end + 1, &end, 10);
    if (*end || k < 1 || k > n || n > INT_MAX)
        return 0;
    r->shard = k - 1;
    r->n_shard = n;
    return 1;
}

static void
fill(const struct cli *c, const struct conf *conf, const struct filter_opt *fopt,
     struct source_opt *o)
{
    struct reader_opt *r = &o->reader;

    if (conf->type && (o->type = kind_find(conf->type)) == KIND_NONE)
        cli_usage(c,
                  "there is no type '%s'; they are: text jsonl csv tsv mbox eml html "
                  "warc, tar zip cpio ar 7z, gzip bzip2 xz zstd lz4",
                  conf->type);
    if (conf->shard && !parse_shard(conf->shard, r))
        cli_usage(c, "--shard is K/N, 1/4 to 4/4, not '%s'", conf->shard);
    if (conf->charset && !source_charset(o, conf->charset))
        cli_usage(c, "--from-charset: there is no charset '%s'", conf->charset);
    r->by_lines = conf->lines;
    r->list = conf->list;
    r->max_text = conf->max_text;
    r->replace = fopt->utf8 && strcmp(fopt->utf8, "replace") == 0;
    r->put = put;
    o->match = conf->match.item;
    o->n_match = conf->match.n;
    o->guard = (struct guard_opt){ .max_bytes = conf->max_bytes,
                                   .max_ratio = (unsigned)conf->max_ratio,
                                   .max_members = conf->max_members,
                                   .max_depth = conf->max_depth,
                                   .max_name = conf->max_name };
    o->pause = pause_output;
    o->file = begin_file;
}

int
main(int argc, char **argv)
{
    struct conf conf = { .max_depth = 8,
                         .max_ratio = 200,
                         .max_members = 1000000,
                         .max_name = 4096,
                         .max_text = (size_t)64 << 20,
                         .max_bytes = (size_t)1 << 40 };
    struct filter_opt fopt = { 0 };
    struct cli_group groups[] = { { opts, &conf }, { feed_opts, &fopt }, { 0 } };
    struct source_opt opt = { 0 };
    struct job job = { 0 };
    struct err e = { 0 };
    struct cli c;
    int status;

    cli_parse(&c, "arcat", "turn archives and text files into records", groups, argc,
              argv);
    fill(&c, &conf, &fopt, &opt);
    opt.reader.arg = opt.arg = &job;
    job.feed = feed_open(&c, &fopt, &e);
    if (job.feed) {
        opt.stop_fd = feed_stop_fd(job.feed);
        opt.bytes_in = feed_bytes_in(job.feed);
        (void)source_run(feed_names(job.feed), &opt, &e);
    }
    status = feed_close(job.feed, &c, &e);
    cli_release(&c);
    return status;
}
