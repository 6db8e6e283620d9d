/* test_manifest.c - what is written is what is read; what is not one is refused */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "folder.h"
#include "job/cut.h"
#include "tap.h"

static void
test_round(const char *dir)
{
    char a[100], path[100];
    const char *paths[] = { a };
    struct manifest m = { .version = "1", .command = "tr \"a\" 'b\n'", .block = 10 };
    struct manifest back;
    struct buf b = { 0 };
    struct err e = { 0 };

    snprintf(a, sizeof a, "%s/a", dir);
    snprintf(path, sizeof path, "%s/manifest", dir);
    file_replace(a, "one\ntwo\nthree\nfour\nfive", 23, &e);
    m.tools = STR("[{\"tool\":\"x\"}]");
    m.stages = 2;
    tap_ok(cut_inputs(&m, paths, 1, &e) == 0 && m.n_shard == 2, "two shards");
    tap_ok(m.shard[0].from == 0 && m.shard[0].to == 14 && m.shard[1].to == 23,
           "cut behind the first newline at or after the block");
    manifest_write(&m, &b);
    file_replace(path, b.p, b.n, &e);
    tap_ok(manifest_load(&back, path, &e) == 0, "read back: %s", e.msg);
    tap_ok(strcmp(back.command, m.command) == 0 && back.arcat == NULL &&
               back.stages == 2 && str_eq(back.tools, m.tools),
           "the job is the same");
    tap_ok(back.n_shard == 2 && back.shard[1].from == 14 &&
               strcmp(back.shard[1].sha256, m.shard[1].sha256) == 0,
           "so are the shards");
    tap_ok(strcmp(back.id, m.id) == 0 && strlen(m.id) == 64, "and its name");
    tap_ok(cut_check(&back, paths, 1, &e) == 0, "the inputs are as they were");
    file_replace(a, "one\ntwo\nthree\nfour\nfivE", 23, &e);
    tap_ok(cut_check(&back, paths, 1, &e) == -1 && e.code == ERR_INPUT,
           "a byte changed: %s", e.msg);
    tap_ok(cut_check(&back, paths, 0, &e) == -1, "an input less: %s", e.msg);
    manifest_release(&back);
    /* Cut anywhere, it is none. */
    int bad = 0;
    for (size_t n = 0; n < b.n; n++) {
        file_replace(path, b.p, n, &e);
        bad += manifest_load(&back, path, &e) == 0;
    }
    tap_ok(bad == 0, "cut short it is refused, wherever");
    buf_free(&b);
    manifest_release(&m);
}

static void
test_refused(const char *dir)
{
    static const char *const texts[] = {
        "",
        "x\n",
        "[]\n",
        "{\"millrun\":2}\n",
        "{\"millrun\":1,\"version\":\"1\",\"command\":\"c\",\"arcat\":null,\"block\":1,"
        "\"stages\":1,\"tools\":[],\"shards\":99999999999,\"inputs\":[]}\n",
        "{\"millrun\":1,\"version\":\"1\",\"command\":\"c\",\"arcat\":null,\"block\":1,"
        "\"stages\":1,\"tools\":[],\"shards\":1,\"inputs\":[]}\n"
        "{\"input\":0,\"from\":0,\"to\":1,\"sha256\":\"\"}\n",
        "{\"millrun\":1,\"version\":\"1\",\"command\":\"c\\u0000\",\"arcat\":null,"
        "\"block\":1,\"stages\":1,\"tools\":[],\"shards\":0,\"inputs\":[]}\n",
    };
    char path[100];
    struct manifest m;
    struct err e;

    snprintf(path, sizeof path, "%s/bad", dir);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        file_replace(path, texts[i], strlen(texts[i]), &e);
        tap_ok(manifest_load(&m, path, &e) == -1 && e.code == ERR_INPUT,
               "refused %zu: %s", i, e.msg);
    }
}

int
main(void)
{
    struct folder f;

    folder_make(&f);
    folder_puts(&f, "a", ""); /* so that they are removed */
    folder_puts(&f, "manifest", "");
    folder_puts(&f, "bad", "");
    test_round(f.dir);
    test_refused(f.dir);
    folder_remove(&f);
    return tap_done();
}
