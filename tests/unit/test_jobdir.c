/* test_jobdir.c - the folder of a job: places, locks, what dead workers leave; marks */
#include <fcntl.h>
#include <sys/wait.h>

#include "folder.h"
#include "job/finish.h"
#include "job/jobdir.h"
#include "job/shardmark.h"
#include "tap.h"

static int
is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void
test_places(const struct jobdir *d)
{
    char temp[PATH_MAX], place[PATH_MAX];
    struct err e = { 0 };
    int fd = jobdir_temp(d, 17, ".out", temp, &e);

    jobdir_shard(d, 17, ".out", place);
    tap_ok(fd >= 0 && is_there(temp) && !is_there(place), "begun beside its place");
    tap_ok(file_write_all(fd, "x", 1) == 0 && jobdir_commit(fd, temp, place, &e) == 0 &&
               is_there(place) && !is_there(temp),
           "committed to it");
    tap_ok(jobdir_commit(-1, temp, place, &e) == -1 && e.code == ERR_OUTPUT,
           "or not: %s", e.msg);
    tap_ok(jobdir_replace(place, "yy", 2, &e) == 0, "replaced");
    unlink(place);
}

/* In another process, as locks are between processes. */
static int
child_takes(const struct jobdir *d, size_t shard)
{
    pid_t pid = fork();
    struct err e;
    int status;

    if (pid == 0)
        _exit(jobdir_take(jobdir_locks(d, &e), shard, &e));
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void
test_locks(const struct jobdir *d)
{
    char mine[PATH_MAX], dead[PATH_MAX], other[PATH_MAX];
    struct err e = { 0 };
    int locks = jobdir_locks(d, &e), hold = jobdir_hold(d, &e);

    tap_ok(locks >= 0 && jobdir_take(locks, 3, &e) == 1, "a shard taken");
    tap_ok(child_takes(d, 3) == 0, "is not taken by another");
    tap_ok(child_takes(d, 4) == 1, "who may have the next one");
    close(jobdir_temp(d, 3, ".out", mine, &e));
    close(jobdir_temp(d, 4, ".out", dead, &e));
    jobdir_path(d, "shards/.keep", other);
    close(open(other, O_CREAT | O_WRONLY, 0600));
    jobdir_sweep(d);
    tap_ok(is_there(mine) && !is_there(dead) && is_there(other),
           "swept: what nobody works on, and nothing else");
    jobdir_leave(locks, 3);
    tap_ok(child_takes(d, 3) == 1, "left, it is free");
    tap_ok(hold >= 0 && jobdir_hold(d, &e) == -1 && e.code == ERR_LIMIT,
           "a second driver: %s", e.msg);
    close(hold);
    hold = jobdir_hold(d, &e);
    tap_ok(hold >= 0, "free again when the first is gone");
    close(hold);
    close(locks);
}

static void
test_marks(const struct jobdir *d)
{
    struct manifest m = { .id = "0123" }, another = { .id = "4567" };
    struct shardmark mark = { .out_bytes = 2, .out_sha = "aa" }, back;
    char place[PATH_MAX];
    struct err e = { 0 };

    jobdir_shard(d, 0, ".out", place);
    tap_ok(!shardmark_read(d, &m, 0, &back), "no mark");
    jobdir_replace(place, "xx", 2, &e);
    mark.tally.lines_in = 7;
    tap_ok(shardmark_write(d, &m, 0, &mark, &e) == 0 && shardmark_there(d, 0),
           "marked");
    tap_ok(shardmark_read(d, &m, 0, &back) && back.tally.lines_in == 7 &&
               strcmp(back.out_sha, "aa") == 0,
           "read back");
    tally_release(&back.tally);
    tap_ok(!shardmark_read(d, &another, 0, &back), "a mark of another job is none");
    jobdir_replace(place, "xxx", 3, &e);
    tap_ok(!shardmark_read(d, &m, 0, &back), "nor one whose file is longer");
    unlink(place);
    tap_ok(!shardmark_read(d, &m, 0, &back), "or is gone");
}

int
main(void)
{
    char path[128];
    struct folder f;
    struct jobdir d;
    struct err e = { 0 };

    folder_make(&f);
    snprintf(path, sizeof path, "%s/a/b", f.dir);
    tap_ok(jobdir_open(&d, path, 0, &e) == -1 && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(jobdir_open(&d, path, 1, &e) == 0, "made");
    test_places(&d);
    test_locks(&d);
    test_marks(&d);
    finish_clear(&d);
    snprintf(path, sizeof path, "%s/a/b/lock", f.dir);
    unlink(path);
    for (int i = 0; i < 2; i++) {
        *strrchr(path, '/') = '\0';
        tap_ok(rmdir(path) == 0, "nothing else is left in %s", strrchr(path, '/'));
    }
    folder_remove(&f);
    return tap_done();
}
