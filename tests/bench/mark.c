/* mark.c - a tool that finds the text and adds a constant: the record layer alone */
#include "cli/filter.h"

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    (void)arg;
    (void)e;
    for (int i = 0; i < b->n; i++)
        buf_puts(result_put(b->result[i], 0), "1");
    return 0;
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", NULL };
    static const struct filter_tool tool = {
        .in = "text", .out = "mark", .type = JSON_STRING, .suffix = suffix, .batch = 256
    };
    struct filter_opt opt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { filter_opts, &opt }, { 0 } };
    struct filter *f;
    struct err e;
    struct cli c;
    int status;

    cli_parse(&c, "mark", "add a constant member to each record", groups, argc, argv);
    f = filter_open(&c, &opt, &tool, &e);
    if (f)
        filter_run(f, work, NULL, &e);
    status = filter_close(f, &c, &e);
    cli_release(&c);
    return status;
}
