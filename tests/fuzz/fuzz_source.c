/* fuzz_source.c - a file of any bytes, through all unpackers and readers */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "reading.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
nothing(void *arg)
{
    (void)arg;
}

static void
no_file(void *arg, int i)
{
    (void)arg;
    (void)i;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char name[64];
    const char *names[] = { name, NULL };
    struct source_opt opt = { .reader = { .max_text = 1 << 20, .put = reading_put },
                              .guard = { .max_bytes = 1 << 22,
                                         .max_members = 500,
                                         .max_ratio = 200,
                                         .max_depth = 4,
                                         .max_name = 300 },
                              .stop_fd = -1,
                              .pause = nothing,
                              .file = no_file };
    struct err e;

    if (fd < 0)
        fd = memfd_create("source", MFD_CLOEXEC);
    if (fd < 0 || size == 0 || ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) ||
        file_write_all(fd, data + 1, size - 1))
        return 0;
    opt.type = data[0] % KIND_COUNT;
    opt.reader.by_lines = data[0] >> 5 & 1;
    opt.reader.list = data[0] >> 6 == 3;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    (void)source_run(names, &opt, &e);
    return 0;
}
