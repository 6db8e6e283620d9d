/*
 * replay.c - runs a fuzz target over its corpus, where no fuzzer is linked in
 *
 * The program fuzz_NAME reads every file of tests/fuzz/corpus/NAME in the order of
 * their names; a file is one test. With arguments it reads those files instead, so that
 * a finding can be looked at in a debugger. A fault is a crash: the target checks
 * itself.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of just the right size, so that a sanitizer sees one byte read past the end.
 */
static int
replay_file(const char *path)
{
    FILE *fp = fopen(path, "rb");
    uint8_t *all = NULL;
    size_t size = 0, n;
    char part[65536];

    if (fp == NULL)
        return -1;
    while ((n = fread(part, 1, sizeof part, fp)) > 0) {
        uint8_t *more = realloc(all, size + n);

        if (more == NULL)
            break;
        all = more;
        memcpy(all + size, part, n);
        size += n;
    }
    n = (size_t)ferror(fp) || !feof(fp);
    fclose(fp);
    if (n == 0)
        LLVMFuzzerTestOneInput(all, size);
    free(all);
    return n == 0 ? 0 : -1;
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
replay_folder(const char *name)
{
    struct dirent **entry = NULL;
    char path[4096];
    int bad = 0, n;

    snprintf(path, sizeof path, "tests/fuzz/corpus/%s", name);
    n = scandir(path, &entry, is_visible, alphasort);
    if (n <= 0) {
        printf("1..1\nnot ok 1 - %s has files\n", path);
        return 1;
    }
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "tests/fuzz/corpus/%s/%s", name, entry[i]->d_name);
        fflush(stdout);
        int rc = replay_file(path);
        printf("%s %d - %s\n", rc == 0 ? "ok" : "not ok", i + 1, path);
        bad |= rc != 0;
        free(entry[i]);
    }
    free(entry);
    return bad;
}

int
main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    int bad = 0;

    if (argc < 2)
        return replay_folder(strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);
    for (int i = 1; i < argc; i++)
        bad |= replay_file(argv[i]) != 0;
    return bad;
}
