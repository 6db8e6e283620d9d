/*
 * decoders.h - a decoder and the memory to run it, for the tests of lib/model/dec*
 */
#ifndef TESTS_UNIT_DECODERS_H
#define TESTS_UNIT_DECODERS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "model/decoder.h"

#define DECODERS_TINY "tests/golden/tiny-decoders/"

static inline struct decoder *
decoders_open(const char *path, enum arith arith, enum kv_type kv, struct err *e)
{
    struct decoder_opt opt = { .arith = arith, .kv = kv };

    e->msg[0] = '\0';
    return decoder_open(path, &opt, e);
}

/* x [n, n_embd]: the states of the tokens, appended in one call; to be freed */
static inline float *
decoders_run(const struct decoder *m, struct decoder_seq *s, const int32_t *id,
             size_t n)
{
    struct decoder_part part = { s, id, n, 0 };
    struct decoder_work work = { 0 };
    float *x = mem_alloc(n * (size_t)m->n_embd * sizeof *x);

    decoder_run(m, &part, 1, x, &work);
    decoder_work_release(&work);
    return x;
}

/* [n, n_vocab]; to be freed */
static inline float *
decoders_logits(const struct decoder *m, const float *x, size_t n)
{
    struct decoder_work work = { 0 };
    float *y = mem_alloc(n * (size_t)m->n_vocab * sizeof *y);

    decoder_logits(m, x, n, y, &work);
    decoder_work_release(&work);
    return y;
}

/* A test that cannot go on */
static inline void
decoders_die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* The file of a tiny checkpoint as `name` of f; missing: the test ends */
static inline void
decoders_copy_file(struct folder *f, const char *from, const char *file,
                   const char *name)
{
    char path[256];
    struct file map;
    struct err e;

    snprintf(path, sizeof path, DECODERS_TINY "%s/%s", from, file);
    if (file_map(&map, path, &e))
        decoders_die(e.msg);
    folder_write(f, name, map.p, map.n);
    file_unmap(&map);
}

/* A tiny checkpoint with settings of its own: its file `config` */
static inline void
decoders_copy(struct folder *f, const char *from, const char *config)
{
    static const char *const shards[] = { "model-00001-of-00003.safetensors",
                                          "model-00002-of-00003.safetensors",
                                          "model-00003-of-00003.safetensors",
                                          "model.safetensors.index.json" };
    char path[256];

    decoders_copy_file(f, from, config, "config.json");
    snprintf(path, sizeof path, DECODERS_TINY "%s/%s", from, "model.safetensors");
    if (file_exists(path))
        decoders_copy_file(f, from, "model.safetensors", "model.safetensors");
    else
        for (size_t i = 0; i < 4; i++)
            decoders_copy_file(f, from, shards[i], shards[i]);
}

/* The largest |a - b| in units of the largest |b|; NaN where one is */
static inline double
decoders_apart(const float *a, const float *b, size_t n)
{
    double most = 0, size = 1;

    for (size_t i = 0; i < n; i++) {
        double x = fabs((double)a[i] - (double)b[i]);

        if (!(x <= most))
            most = x;
        size = fmax(size, fabs((double)b[i]));
    }
    return most / size;
}

#endif
