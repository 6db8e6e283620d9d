/* test_outfile.c - what is taken for a file of ours, and what is written over */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/filter.h"
#include "cli/outfile.h"
#include "cli/report.h"
#include "folder.h"
#include "tap.h"

#define ERRORS                                                                         \
    "{\"file\":\"x\",\"line\":1,\"byte\":0,\"code\":\"json\",\"msg\":\"m\","           \
    "\"raw_b64\":\"e30=\"}\n"
#define HEAD "{\"format\":\"textmill-head\",\n\"version\":1,\n"

static int
is(enum outfile_kind kind, const char *text)
{
    return outfile_is(kind, str_of(text), strlen(text));
}

/* The record itself, however long; not two of them, not a part, not one made pretty. */
static void
test_stats(void)
{
    struct report r = { .tool = "mark" };
    struct buf b = { 0 }, two = { 0 };

    report_json(&r, 0, &b);
    buf_puts(&b, "\n");
    tap_ok(outfile_is(OUTFILE_STATS, (struct str){ b.p, b.n }, b.n), "a stats record");
    buf_add(&two, b.p, b.n);
    buf_add(&two, b.p, b.n);
    tap_ok(!outfile_is(OUTFILE_STATS, (struct str){ two.p, two.n }, two.n),
           "a report of two");
    tap_ok(outfile_is(OUTFILE_STATS, (struct str){ b.p, b.n - 1 }, b.n),
           "its beginning, of a longer one");
    tap_ok(!outfile_is(OUTFILE_STATS, (struct str){ b.p, b.n - 1 }, b.n - 1),
           "a record without its end");
    tap_ok(!is(OUTFILE_STATS, "{\"tool\":\"hammer\",\"text\":\"a\"}\n") &&
               !is(OUTFILE_STATS, "{}\n") && !is(OUTFILE_STATS, ""),
           "records of others");
    buf_free(&b);
    buf_free(&two);
}

static void
test_others(void)
{
    tap_ok(is(OUTFILE_ERRORS, ERRORS) && is(OUTFILE_ERRORS, ERRORS ERRORS), "reasons");
    tap_ok(!is(OUTFILE_ERRORS, "{\"file\":\"a.c\",\"text\":\"int\"}\n") &&
               !is(OUTFILE_ERRORS, "a\n" ERRORS),
           "no reasons");
    tap_ok(is(OUTFILE_HEAD, HEAD) && !is(OUTFILE_HEAD, ERRORS) &&
               !is(OUTFILE_HEAD, "{\"format\":\"textmill-head\"}\n"),
           "heads");
    tap_ok(!is(OUTFILE_LINES, ERRORS) && !is(OUTFILE_LINES, "a\n"),
           "lines of the input are never known");
}

static int
check(const char *option, const char *path, enum outfile_kind kind, int appended,
      const char *input)
{
    struct outfile out[] = { { option, path, kind, appended }, { 0 } };
    const char *const names[] = { input, NULL };
    struct err e = { 0 };
    int rc = outfile_check(out, names, &e);

    return rc == 0 ? 0 : e.code == ERR_USAGE && strstr(e.msg, option) ? 1 : -1;
}

static void
test_files(void)
{
    struct folder f;
    char mine[128], none[128], ours[128], link[128], fifo[128];

    folder_make(&f);
    folder_puts(&f, "mine", "a\n");
    folder_puts(&f, "ours", ERRORS);
    snprintf(mine, sizeof mine, "%s/mine", f.dir);
    snprintf(ours, sizeof ours, "%s/ours", f.dir);
    snprintf(none, sizeof none, "%s/none", f.dir);
    snprintf(link, sizeof link, "%s/link", f.dir);
    snprintf(fifo, sizeof fifo, "%s/fifo", f.dir);
    tap_ok(symlink("mine", link) == 0 && mkfifo(fifo, 0666) == 0, "set up");
    tap_ok(check("--x", none, OUTFILE_LINES, 0, mine) == 0, "what is not there");
    tap_ok(check("--x", fifo, OUTFILE_LINES, 0, mine) == 0, "a fifo");
    tap_ok(check("--x", "/dev/null", OUTFILE_LINES, 0, "/dev/null") == 0, "a device");
    tap_ok(check("--x", f.dir, OUTFILE_STATS, 0, mine) == 1, "a folder");
    tap_ok(check("--x", ours, OUTFILE_ERRORS, 0, mine) == 0, "one of ours");
    tap_ok(check("--x", ours, OUTFILE_STATS, 0, mine) == 1, "ours of another kind");
    tap_ok(check("--x", mine, OUTFILE_ERRORS, 0, ours) == 1, "somebody else's");
    tap_ok(check("--x", link, OUTFILE_ERRORS, 0, ours) == 1, "by another name");
    tap_ok(check("--x", ours, OUTFILE_ERRORS, 0, ours) == 1, "ours, but the input");
    tap_ok(check("--x", mine, OUTFILE_LINES, 1, ours) == 0, "appended to");
    tap_ok(check("--x", link, OUTFILE_LINES, 1, mine) == 1, "appended to the input");
    unlink(link);
    unlink(fifo);
    folder_remove(&f);
}

static void
test_pairs(void)
{
    struct outfile out[] = { { "--a", "/nonexistent/x", OUTFILE_STATS, 0 },
                             { "--b", NULL, OUTFILE_STATS, 0 },
                             { "--c", "/nonexistent/x", OUTFILE_ERRORS, 0 },
                             { 0 } };
    const char *const names[] = { "/dev/null", NULL };
    struct err e = { 0 };

    tap_ok(outfile_check(out, names, &e) == -1 && strstr(e.msg, "--a and --c"),
           "two options, one file");
    out[0].appended = 1;
    tap_ok(outfile_check(out, names, &e) == -1, "one of them appends");
    out[2].appended = 1;
    tap_ok(outfile_check(out, names, &e) == 0, "both do");
    out[0] = out[2] = (struct outfile){ "--a", "/dev/null", OUTFILE_STATS, 0 };
    tap_ok(outfile_check(out, names, &e) == 0, "a device takes both");
}

/* By two names, of a file that is not there yet */
static void
test_new(void)
{
    struct outfile out[] = { { "--a", "new-x", OUTFILE_STATS, 0 },
                             { "--b", "./new-x", OUTFILE_ERRORS, 0 },
                             { 0 } };
    const char *const names[] = { "/dev/null", NULL };
    struct err e = { 0 };

    tap_ok(outfile_check(out, names, &e) == -1 && strstr(e.msg, "--a and --b"),
           "one new file, two names");
    out[1].path = ".//../nonexistent/new-x";
    tap_ok(outfile_check(out, names, &e) == 0, "of one name in two folders");
    out[1].path = "./new-y";
    tap_ok(outfile_check(out, names, &e) == 0, "two new files in a folder");
    out[1].path = "new-x/.";
    tap_ok(outfile_check(out, names, &e) == 0, "a file, and one in a folder");
}

/* Said before the work, not behind it */
static void
test_folders(void)
{
    struct filter_opt o = { .stats = "/nonexistent/x" };
    const char *const names[] = { "/dev/null", NULL };
    struct err e = { 0 };

    tap_ok(outfile_check_options(&o, names, &e) == -1 && e.code == ERR_OUTPUT &&
               strstr(e.msg, "/nonexistent/x"),
           "in a folder that is not there");
    o.stats = "/etc/passwd/x";
    tap_ok(outfile_check_options(&o, names, &e) == -1 && e.code == ERR_OUTPUT,
           "in what is no folder");
    o.stats = "x";
    tap_ok(outfile_check_options(&o, names, &e) == 0, "in this folder");
    setenv("TEXTMILL_REPORT", "/nonexistent/x", 1);
    tap_ok(outfile_check_options(&o, names, &e) == -1 && e.code == ERR_OUTPUT,
           "what is appended to, too");
    unsetenv("TEXTMILL_REPORT");
}

int
main(void)
{
    test_stats();
    test_others();
    test_files();
    test_pairs();
    test_new();
    test_folders();
    return tap_done();
}
