/*
 * embed_bench.c - how fast texts become vectors
 *
 * usage: embed_bench MODEL FILE.jsonl THREADS [RECORDS [PRECISION]]
 *
 * Opens the model, then embeds the `text` of the first records (600), in batches of 32
 * that threads take one by one, five times. Prints one JSON object: seconds of opening,
 * of the median pass, tokens, and tokens a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "infer/embedder.h"
#include "json/json.h"

#define BATCH 32
#define RUNS  5

struct bench {
    struct embedder *m;
    struct embedder_work *work; /* one a part: there are as many as threads */
    struct str *text;
    struct embedder_info *info;
    float *vec;
    size_t n;
    int next, n_thread; /* next: the batch that is taken next */
};

static void
die(const char *what)
{
    fprintf(stderr, "embed_bench: %s\n", what);
    exit(1);
}

/* The texts, in memory that lives as long as the process. */
static void
read_texts(struct bench *b, const char *path, size_t max)
{
    struct file f;
    struct err e;
    const char *p, *end;

    if (file_map(&f, path, &e))
        die(e.msg);
    b->text = mem_zero(max, sizeof *b->text);
    p = (const char *)f.p;
    for (end = p + f.n; p < end && b->n < max;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        struct buf text = { 0 };
        struct json v;
        if (eol == NULL || json_scan(p, (size_t)(eol - p), NULL, 0, &v, &e) ||
            json_unquote(json_get(v, "text"), &text, &e))
            die("a record without text");
        b->text[b->n++] = (struct str){ text.p, text.n };
        p = eol + 1;
    }
}

static void
part(void *arg, int thread)
{
    struct bench *b = arg;
    size_t d = (size_t)embedder_dim(b->m), at;

    while ((at = (size_t)__atomic_fetch_add(&b->next, 1, __ATOMIC_RELAXED) * BATCH) <
           b->n)
        embedder_run(b->m, &b->work[thread], b->text + at,
                     b->n - at < BATCH ? b->n - at : BATCH, b->vec + at * d,
                     b->info + at);
}

static int
by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
    struct bench b = { 0 };
    struct embedder_opt opt = { .overlong = OVERLONG_TRUNCATE };
    double t0, t_open, t[RUNS];
    struct pool *pool;
    size_t tokens = 0;
    struct err e;

    if (argc < 4 || (b.n_thread = atoi(argv[3])) < 1)
        die("usage: embed_bench MODEL FILE.jsonl THREADS [RECORDS [PRECISION]]");
    read_texts(&b, argv[2], argc > 4 ? (size_t)atoi(argv[4]) : 600);
    pool = pool_new(b.n_thread);
    opt.session = (struct session_opt){ .dir = argv[1],
                                        .precision = argc > 5 ? argv[5] : NULL,
                                        .pool = pool };
    t0 = pool_clock();
    if ((b.m = embedder_open(&opt, &e)) == NULL)
        die(e.msg);
    t_open = pool_clock() - t0;
    b.work = mem_zero((size_t)b.n_thread, sizeof *b.work);
    b.info = mem_zero(b.n, sizeof *b.info);
    b.vec = mem_alloc(mem_mul(b.n, (size_t)embedder_dim(b.m) * sizeof *b.vec));
    for (int i = 0; i < RUNS; i++) {
        b.next = 0;
        t0 = pool_clock();
        pool_run(pool, b.n_thread, part, &b);
        t[i] = pool_clock() - t0;
    }
    qsort(t, RUNS, sizeof *t, by_value);
    for (size_t i = 0; i < b.n; i++)
        tokens += b.info[i].kept;
    printf("{\"precision\":\"%s\",\"records\":%zu,\"tokens\":%zu,\"threads\":%d,"
           "\"open_ms\":%.1f,\"seconds\":%.3f,\"tokens_s\":%.0f}\n",
           session_precision(embedder_session(b.m)), b.n, tokens, b.n_thread,
           1e3 * t_open, t[RUNS / 2], (double)tokens / t[RUNS / 2]);
    return 0;
}
