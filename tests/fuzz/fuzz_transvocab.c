/*
 * fuzz_transvocab.c - a vocab.json of any bytes beside two vocabularies: all pieces
 * have ids that the model has, and all ids a text
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "infer/transvocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define OPUS "tests/golden/tiny-marian/opus/"
#define IDS  ((size_t)1 << 24)

static void
use(const struct transvocab *v)
{
    size_t n = unigram_size(transvocab_source(v)), most = 0;
    struct buf text = { 0 };
    struct err e;

    for (size_t i = 0; i < n; i++) {
        int32_t piece = (int32_t)i, id;

        transvocab_ids(v, &piece, 1, &id);
        if (id < 0 || (size_t)id >= IDS)
            abort();
        most = (size_t)id > most ? (size_t)id : most;
        transvocab_decode(v, &id, 1, &text);
    }
    if (transvocab_check(v, IDS, IDS, &e) || !transvocab_check(v, most, IDS, &e))
        abort();
    buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    int fd = memfd_create("vocab.json", MFD_CLOEXEC);
    struct transvocab_files f = { OPUS "source.spm", OPUS "target.spm", NULL };
    struct err e = { 0 };
    struct transvocab *v;
    char path[64];

    if (fd < 0 || write(fd, p, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    f.json = path;
    v = transvocab_open(&f, &e);
    if (v)
        use(v);
    else if (e.code != ERR_MODEL || e.msg[0] == '\0')
        abort();
    transvocab_close(v);
    close(fd);
    return 0;
}
