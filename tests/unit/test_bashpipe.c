/* test_bashpipe.c - a pipe on a shard: each stage's status, what goes in and out */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "folder.h"
#include "job/bashpipe.h"
#include "job/cut.h"
#include "job/spawn.h"
#include "tap.h"

struct place {
    struct folder f;
    struct manifest m;
    char out[128];
};

static struct bashpipe_end
run(struct place *p, const char *command, struct intake *in)
{
    int fd = open(p->out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct bashpipe b = { .command = command,
                          .out = fd,
                          .err = -1,
                          .report = "/dev/null",
                          .errors = "/dev/null",
                          .stop = -1,
                          .stop_write = -1 };
    struct bashpipe_end end = { 0 };
    struct err e = { 0 };

    if (bashpipe_run(&b, in, &end, &e))
        end.n_stage = 99;
    close(fd);
    return end;
}

static void
ends(struct place *p, const char *command, const char *want, int good)
{
    struct bashpipe_end end = run(p, command, NULL);
    char said[160];

    bashpipe_say(&end, said, sizeof said);
    tap_ok(strcmp(said, want) == 0 && bashpipe_good(&end) == good, "%s: %s", command,
           said);
}

static int
wrote(struct place *p, const char *want)
{
    struct buf b = { 0 };
    struct err e;
    int same = file_read(p->out, 1 << 20, &b, &e) == 0 && str_is(buf_span(&b), want);

    buf_free(&b);
    return same;
}

static void
lines(struct place *p, size_t shard, uint64_t from, uint64_t to, const char *want)
{
    struct err e = { 0 };
    struct intake *in =
        intake_open(&p->m, shard, (struct intake_lines){ from, to }, NULL, NULL, &e);
    struct bashpipe_end end = run(p, "cat | cat", in);
    uint64_t n = intake_n_lines(in);
    int status, rc = intake_close(in, &status, &e);

    tap_ok(rc == 0 && end.n_stage == 2 && wrote(p, want), "lines %d to %d of shard %zu",
           (int)from, (int)to, shard);
    tap_ok(n <= to - from, "%d lines", (int)n);
}

static void
test_changed(struct place *p)
{
    struct err e = { 0 };
    struct intake *in;
    struct bashpipe_end end;
    int status;

    folder_puts(&p->f, "in", "one\ntwo\nthreE\nfour\nfive");
    in = intake_open(&p->m, 0, INTAKE_ALL, NULL, NULL, &e);
    end = run(p, "cat", in);
    tap_ok(end.n_stage == 1 && intake_close(in, &status, &e) == -1, "changed: %s",
           e.msg);
    folder_puts(&p->f, "in", "one\n");
    in = intake_open(&p->m, 0, INTAKE_ALL, NULL, NULL, &e);
    end = run(p, "cat", in);
    tap_ok(end.n_stage == 99, "cut short: the run failed");
    (void)intake_close(in, &status, &e);
    folder_puts(&p->f, "in", "one\ntwo\nthree\nfour\nfive");
    in = intake_open(&p->m, 0, INTAKE_ALL, NULL, NULL, &e);
    end = run(p, "head -c 1 >/dev/null; exec <&-; true", in);
    tap_ok(bashpipe_good(&end) && intake_close(in, &status, &e) == 0,
           "a command that does not read all is no fault of the input");
}

/* A command that asks for the stop itself, when it is ready for it */
static void
test_stop(struct place *p, int patience, const char *trap, int told, const char *want)
{
    char fifo[128], command[300], said[160];
    struct bashpipe b = { .command = command,
                          .out = -1,
                          .err = -1,
                          .report = "/dev/null",
                          .errors = "/dev/null",
                          .stop_write = -1,
                          .patience = patience };
    struct bashpipe_end end = { 0 };
    struct err e = { 0 };
    int rc;

    snprintf(fifo, sizeof fifo, "%s/fifo", p->f.dir);
    snprintf(
        command, sizeof command,
        "sh -c 'trap \"%s\" TERM; echo >%s; for i in $(seq 100); do sleep 0.1; done'",
        trap, fifo);
    (void)mkfifo(fifo, 0600);
    b.stop = open(fifo, O_RDWR | O_CLOEXEC);
    rc = bashpipe_run(&b, NULL, &end, &e);
    bashpipe_say(&end, said, sizeof said);
    tap_ok(rc == 0 && end.told == told && end.stopped == !told &&
               (!told || strcmp(said, want) == 0),
           "asked to stop, patience %d, trap '%s': %s", patience, trap, said);
    close(b.stop);
}

int
main(void)
{
    struct place p = { .m = { .block = 10 } };
    char path[128];
    const char *paths[] = { path };
    struct buf quoted = { 0 };
    struct err e = { 0 };

    signal(SIGPIPE, SIG_IGN);
    folder_make(&p.f);
    folder_puts(&p.f, "in", "one\ntwo\nthree\nfour\nfive");
    folder_puts(&p.f, "out", "");
    snprintf(path, sizeof path, "%s/in", p.f.dir);
    snprintf(p.out, sizeof p.out, "%s/out", p.f.dir);
    ends(&p, "true", "0", 1);
    ends(&p, "true | false | sh -c 'exit 7' | true # end", "0 1 7 0", 0);
    ends(&p, "grep x", "1", 1);
    ends(&p, "sh -c 'kill -9 $$' | cat", "137 0", 0);
    ends(&p, "while read -r x; do :; done", "0", 1);
    ends(&p, "no-such-program-here 2>/dev/null", "127", 0);
    ends(&p, "exit 9", "bash itself: 9", 0);
    ends(&p, "kill -9 $$", "bash itself: 137", 0);
    tap_ok(cut_inputs(&p.m, paths, 1, &e) == 0 && p.m.n_shard == 2, "an input");
    lines(&p, 0, 0, UINT64_MAX, "one\ntwo\nthree\n");
    lines(&p, 0, 1, 2, "two\n");
    lines(&p, 1, 1, 2, "five");
    lines(&p, 1, 5, 9, "");
    test_changed(&p);
    test_stop(&p, 60, "exit 3", 1, "3");
    test_stop(&p, 1, "", 0, "");
    test_stop(&p, 0, "exit 3", 0, "");
    spawn_quote(&quoted, "it's $x");
    tap_ok(str_is(buf_span(&quoted), "'it'\\''s $x'"), "quoted for a shell");
    buf_free(&quoted);
    manifest_release(&p.m);
    folder_remove(&p.f);
    return tap_done();
}
