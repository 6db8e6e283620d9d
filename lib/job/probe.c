/* probe.c - run the command on nothing */
#define _GNU_SOURCE
#include "job/probe.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "job/bashpipe.h"
#include "job/tally.h"

#define MAX_REPORT ((size_t)1 << 20)

/* Why the command cannot be used, by the worst of what its stages ended with. */
static int
refuse(const struct bashpipe_end *end, struct err *e)
{
    enum err_code code = ERR_USAGE;
    char how[160];

    for (unsigned i = 0; i < end->n_stage; i++)
        switch (end->status[i]) {
        case 3: code = ERR_INPUT; break;
        case 4: code = ERR_MODEL; break;
        default: break;
        }
    bashpipe_say(end, how, sizeof how);
    return err_set(e, code, "the command does not work: on no input it ends with %s",
                   how);
}

static int
take_report(struct probe *p, const char *path, struct err *e)
{
    struct tally t = { 0 };
    struct buf report = { 0 };
    int rc = file_read(path, MAX_REPORT, &report, e) ||
             tally_read(&t, buf_span(&report), e) ||
             tally_tools(buf_span(&report), &p->tools, e);

    p->n_tool = (unsigned)t.n_tool;
    tally_release(&t);
    buf_free(&report);
    return rc ? -1 : 0;
}

int
probe_run(struct probe *p, const struct jobdir *d, const char *command,
          const char *threads, int stop, struct err *e)
{
    char report[PATH_MAX];
    int fd = jobdir_temp(d, 0, ".probe", report, e);
    struct bashpipe pipe = { .command = command,
                             .out = open("/dev/null", O_WRONLY | O_CLOEXEC),
                             .err = -1,
                             .report = report,
                             .errors = "/dev/null",
                             .threads = threads,
                             .stop = stop,
                             .stop_write = -1 };
    struct bashpipe_end end;
    int rc = fd < 0 ? -1 : bashpipe_run(&pipe, NULL, &end, e);

    *p = (struct probe){ 0 };
    if (rc == 0 && end.stopped)
        rc = err_set(e, ERR_LIMIT, "stopped before the job began");
    else if (rc == 0 && !bashpipe_good(&end))
        rc = refuse(&end, e);
    else if (rc == 0) {
        p->stages = end.n_stage;
        rc = take_report(p, report, e);
    }
    if (fd >= 0) {
        close(fd);
        unlink(report);
    }
    if (pipe.out >= 0)
        close(pipe.out);
    return rc;
}

void
probe_release(struct probe *p)
{
    buf_free(&p->tools);
}
