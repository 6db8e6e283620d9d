/*
 * fuzz_decoder.c - a decoder of any settings: open it, and run what opens
 *
 * The input is a GGUF file, or the name of a folder of tests/golden/tiny-decoders,
 * whose weights are taken, a newline, and config.json.
 */
#define _GNU_SOURCE /* realpath */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/decoder.h"

#define TINY "tests/golden/tiny-decoders/"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const weights[] = {
    "llama",  "llama-tied", "llama-bias", "mistral", "qwen2",
    "gemma2", "gemma3",     "gpt2",       "gemma",   "gemma3-images-bare",
};
#define N_WEIGHTS (sizeof weights / sizeof *weights)

static char dir[64], *target[N_WEIGHTS];

static void
path_of(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", dir, name);
}

static void
clear(void)
{
    static const char *const names[] = { "config.json", "model.safetensors",
                                         "model.gguf" };
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_of(path, names[i]);
        unlink(path);
    }
}

static void
finish(void)
{
    clear();
    rmdir(dir);
    for (size_t i = 0; i < N_WEIGHTS; i++)
        free(target[i]);
}

static void
prepare(void)
{
    if (dir[0])
        return;
    snprintf(dir, sizeof dir, "/tmp/textmill-fuzz.XXXXXX");
    if (mkdtemp(dir) == NULL || atexit(finish))
        abort();
    for (size_t i = 0; i < N_WEIGHTS; i++) {
        char path[256];

        snprintf(path, sizeof path, TINY "%s/model.safetensors", weights[i]);
        if ((target[i] = realpath(path, NULL)) == NULL)
            abort();
    }
}

static void
put(const char *name, const void *p, size_t n)
{
    char path[128];
    FILE *f;

    path_of(path, name);
    if ((f = fopen(path, "wb")) == NULL || fwrite(p, 1, n, f) != n || fclose(f))
        abort();
}

/* The input as a model in the folder; 0: it is none */
static int
unpack(const char *p, size_t n)
{
    const char *eol = memchr(p, '\n', n);
    char path[128];

    if (n >= 4 && memcmp(p, "GGUF", 4) == 0) {
        put("model.gguf", p, n);
        return 1;
    }
    for (size_t i = 0; eol && i < N_WEIGHTS; i++)
        if (strlen(weights[i]) == (size_t)(eol - p) &&
            memcmp(p, weights[i], (size_t)(eol - p)) == 0) {
            put("config.json", eol + 1, n - 1 - (size_t)(eol - p));
            path_of(path, "model.safetensors");
            return symlink(target[i], path) == 0;
        }
    return 0;
}

static void
run(const struct decoder *m)
{
    struct decoder_seq *s = decoder_seq_new(m);
    struct decoder_work work = { 0 };
    int32_t id[] = { 0, m->n_vocab - 1, m->n_vocab / 2 };
    struct decoder_part part = { s, id, m->n_ctx < 3 ? (size_t)m->n_ctx : 3, 0 };
    float *x = mem_alloc(part.n * (size_t)m->n_embd * sizeof *x);
    float *y = mem_alloc((size_t)m->n_vocab * sizeof *y);

    decoder_run(m, &part, 1, x, &work);
    decoder_logits(m, x, 1, y, &work);
    decoder_seq_free(s);
    decoder_work_release(&work);
    mem_free(x);
    mem_free(y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct decoder_opt opt = { .arith = ARITH_F32, .kv = KV_F16 };
    struct decoder *m;
    struct err e = { 0 };

    prepare();
    clear();
    if (!unpack((const char *)p, n))
        return 0;
    if ((m = decoder_open(dir, &opt, &e)) == NULL) {
        if (e.code != ERR_MODEL || e.msg[0] == '\0')
            abort();
        return 0;
    }
    run(m);
    decoder_close(m);
    return 0;
}
