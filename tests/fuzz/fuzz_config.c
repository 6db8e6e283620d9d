/*
 * fuzz_config.c - a model's folder with any settings: open it, with tiny weights
 *
 * The input is text; lines "== NAME" divide it into the files of the folder. Weights
 * are those of tests/golden/tiny-bert/f32, or of what "== weights" names of
 * tests/golden/tiny-encoders. What opens must also run, its heads too.
 */
#define _GNU_SOURCE /* memmem */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/sentence.h"
#include "model/taskhead.h"

#define GOLDEN "tests/golden/"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const names[] = {
    "config.json",           "modules.json",
    "1_Pooling/config.json", "sentence_bert_config.json",
    "tokenizer_config.json", "config_sentence_transformers.json",
};
#define N_NAMES (int)(sizeof names / sizeof *names)

/* The first is the default. */
static const char *const weights[] = {
    "tiny-bert/f32", "bert-seq",       "bert-tok",       "bert-mlm", "roberta-seq",
    "xlm-tok",       "distilbert-seq", "distilbert-mlm", "mpnet-seq"
};
#define N_WEIGHTS (int)(sizeof weights / sizeof *weights)

static char dir[64], *paths[N_WEIGHTS];

static void
path_of(char *path, size_t cap, const char *name)
{
    snprintf(path, cap, "%s/%s", dir, name);
}

static void
link_weights(int i)
{
    char path[128];

    path_of(path, sizeof path, "model.safetensors");
    unlink(path);
    if (symlink(paths[i], path))
        abort();
}

static void
clear(void)
{
    char path[128];

    link_weights(0);

    for (int i = 0; i < N_NAMES; i++) {
        path_of(path, sizeof path, names[i]);
        unlink(path);
    }
}

static void
at_exit(void)
{
    char path[128];

    clear();
    path_of(path, sizeof path, "1_Pooling");
    rmdir(path);
    path_of(path, sizeof path, "model.safetensors");
    unlink(path);
    rmdir(dir);
    for (int i = 0; i < N_WEIGHTS; i++)
        free(paths[i]);
}

static int
find_weights(void)
{
    char path[128];

    for (int i = 0; i < N_WEIGHTS; i++) {
        snprintf(path, sizeof path, GOLDEN "%s%s/model.safetensors",
                 i > 0 ? "tiny-encoders/" : "", weights[i]);
        if ((paths[i] = realpath(path, NULL)) == NULL)
            return 0;
    }
    return 1;
}

/* A folder in memory, made once. */
static void
make_folder(void)
{
    static const char *const roots[] = { "/dev/shm", "/tmp" };
    char path[128];
    struct err e;

    for (int i = 0; i < 2 && dir[0] == '\0'; i++) {
        snprintf(dir, sizeof dir, "%s/fuzz-config.XXXXXX", roots[i]);
        if (mkdtemp(dir) == NULL)
            dir[0] = '\0';
    }
    path_of(path, sizeof path, "1_Pooling");
    if (dir[0] == '\0' || !find_weights() || file_make_dirs(path, &e)) {
        fprintf(stderr, "fuzz_config: run it where " GOLDEN " is\n");
        exit(1);
    }
    atexit(at_exit);
}

static void
write_file(const char *name, size_t n_name, const char *p, size_t n)
{
    char path[128];
    FILE *fp;

    if (n_name == 7 && memcmp(name, "weights", 7) == 0)
        for (int i = 0; i < N_WEIGHTS; i++)
            if (strlen(weights[i]) == n && memcmp(weights[i], p, n) == 0)
                link_weights(i);
    for (int i = 0; i < N_NAMES; i++)
        if (strlen(names[i]) == n_name && memcmp(names[i], name, n_name) == 0) {
            path_of(path, sizeof path, names[i]);
            if ((fp = fopen(path, "wb")) == NULL)
                abort();
            fwrite(p, 1, n, fp);
            fclose(fp);
        }
}

static void
unpack(const char *p, size_t n)
{
    const char *end = p + n;

    while (end - p > 3 && memcmp(p, "== ", 3) == 0) {
        const char *name = p + 3, *eol = memchr(name, '\n', (size_t)(end - name)),
                   *next;
        if (eol == NULL)
            return;
        next = memmem(eol, (size_t)(end - eol), "\n== ", 4);
        write_file(name, (size_t)(eol - name), eol + 1,
                   next == eol ? 0 : (size_t)((next ? next : end) - eol - 1));
        p = next ? next + 1 : end;
    }
}

static void
check(const struct err *e)
{
    if (e->code != ERR_MODEL || e->msg[0] == '\0')
        abort();
}

static void
run_model(const struct model *m)
{
    static const int32_t id[] = { 0, 0, 0 };
    static const size_t start[] = { 0, 1, 3 };
    struct model_batch b = { id, 3, start, 2 };
    struct model_work work = { 0 };
    float *h;

    if (m->n_ctx < 2)
        return;
    h = mem_alloc(3 * (size_t)m->n_embd * sizeof *h);
    model_encode(m, &b, h, &work);
    for (int task = 0; task < TASKHEADS; task++) {
        struct err e = { 0 };
        struct taskhead *head = taskhead_open(m, (enum taskhead_task)task, &e);
        float *y;
        if (head == NULL) {
            check(&e);
            continue;
        }
        y = mem_alloc(3 * head->n_out * sizeof *y);
        taskhead_run(head, h, (size_t)m->n_embd, 3, y, &work.scratch);
        mem_free(y);
        taskhead_close(head);
    }
    mem_free(h);
    model_work_release(&work);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct model_opt opt = { .arith = ARITH_F32 };
    struct err e = { 0 };
    struct sentence s;
    struct model *m;

    if (dir[0] == '\0')
        make_folder();
    clear();
    unpack((const char *)p, n);
    if (sentence_read(&s, dir, &e))
        check(&e);
    else if (s.max_tokens < 0 || s.n_embd < 0 || s.dir[0] == '\0')
        abort();
    if ((m = model_open(dir, &opt, &e)) == NULL)
        check(&e);
    else
        run_model(m);
    model_close(m);
    return 0;
}
