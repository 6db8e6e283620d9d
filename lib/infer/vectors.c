/* vectors.c - the vectors of many texts, kept in a file for the next time */
#include "infer/vectors.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

#define VERSION 1  /* of the file, and of what embedder_run() computes */
#define PART    64 /* texts that a thread takes at once */

/* ---- the key ---- */

void
vectors_sha(const struct str *text, size_t n, char hex[SHA_HEX])
{
    struct buf b = { 0 };

    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 64; k += 8)
            buf_char(&b, (char)((uint64_t)text[i].n >> k & 0xff));
        buf_str(&b, text[i]);
    }
    sha_hex(b.p, b.n, hex);
    buf_free(&b);
}

static int
key_of(const struct embedder *m, const struct str *text, size_t n,
       const struct vectors_opt *opt, char hex[SHA_HEX])
{
    const struct session *s = embedder_session(m);
    char weights[SHA_HEX], tokenizer[SHA_HEX], texts[SHA_HEX], path[PATH_MAX];
    struct buf b = { 0 };
    struct err ignored;

    if (snprintf(path, sizeof path, "%s/tokenizer.json", s->how.dir) >=
            (int)sizeof path ||
        sha_file(path, tokenizer, &ignored))
        return -1;
    session_sha(s, weights);
    vectors_sha(text, n, texts);
    buf_printf(&b, "%d %s %s %s %d %d %d %zu %d %d %s", VERSION, weights, tokenizer,
               session_precision(s), pack_arith_version(s->arith), (int)s->how.pooling,
               s->how.normalize, s->max_tokens, (int)opt->overlong, embedder_dim(m),
               texts);
    sha_hex(b.p, b.n, hex);
    buf_free(&b);
    return 0;
}

/* ---- the file: a line of the key, a line of the sum, the numbers ---- */

#define HEAD (2 * SHA_HEX)

static int
path_of(const char *key, char *path, size_t cap)
{
    if (file_cache_dir("vectors", path, cap - SHA_HEX - 8))
        return -1;
    snprintf(path + strlen(path), SHA_HEX + 8, "/%s.vec", key);
    return 0;
}

static int
read_file(const char *path, const char *key, float *vec, size_t bytes)
{
    struct err ignored;
    struct file f;
    char sum[SHA_HEX];
    int ok = 0;

    if (file_map_own(&f, path, &ignored))
        return 0;
    if (f.n > HEAD && f.n - HEAD == bytes && memcmp(f.p, key, SHA_HEX - 1) == 0) {
        memcpy(vec, f.p + HEAD, bytes);
        sha_hex(vec, bytes, sum);
        ok = memcmp(f.p + SHA_HEX, sum, SHA_HEX - 1) == 0;
    }
    file_unmap(&f);
    return ok;
}

/* The folder is ours alone to look into: vectors tell of their texts. */
static void
write_file(const char *path, const char *key, const float *vec, size_t bytes)
{
    char dir[PATH_MAX], sum[SHA_HEX];
    struct buf b = { 0 };
    struct err ignored;

    snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    if (file_make_dirs(dir, &ignored) || chmod(dir, 0700))
        return;
    sha_hex(vec, bytes, sum);
    buf_printf(&b, "%s\n%s\n", key, sum);
    buf_add(&b, vec, bytes);
    (void)file_replace(path, b.p, b.n, &ignored);
    buf_free(&b);
}

/* ---- the vectors ---- */

struct job {
    const struct embedder *m;
    const struct str *text;
    size_t n;
    float *vec;
    struct embedder_info *info;
    const struct vectors_opt *opt;
    atomic_size_t next, done;
};

static void
worker(void *arg, int i)
{
    struct job *j = arg;
    size_t dim = (size_t)embedder_dim(j->m), at;
    struct embedder_work w = { 0 };

    while ((at = atomic_fetch_add(&j->next, PART)) < j->n) {
        size_t n = j->n - at < PART ? j->n - at : PART, before;
        embedder_run(j->m, &w, j->text + at, n, j->vec + at * dim, j->info + at);
        before = atomic_fetch_add(&j->done, n);
        if (i == 0 && j->opt->tell)
            j->opt->tell(j->opt->arg, before + n, j->n);
    }
    embedder_work_release(&w);
}

static int
compute(const struct embedder *m, const struct str *text, size_t n,
        const struct vectors_opt *opt, float *vec, struct err *e)
{
    struct job j = { .m = m, .text = text, .n = n, .vec = vec, .opt = opt };
    int rc = 0;

    j.info = mem_zero(n, sizeof *j.info);
    if (opt->pool)
        pool_run(opt->pool, pool_size(opt->pool), worker, &j);
    else
        worker(&j, 0);
    for (size_t i = 0; i < n && rc == 0; i++)
        if (j.info[i].code != ERR_NONE) {
            embedder_explain(m, &j.info[i], e);
            rc = err_wrap(e, "text %zu", i + 1);
        }
    mem_free(j.info);
    return rc;
}

int
vectors_make(const struct embedder *m, const struct str *text, size_t n,
             const struct vectors_opt *opt, float *vec, struct err *e)
{
    size_t bytes = mem_mul(n, (size_t)embedder_dim(m) * sizeof *vec);
    char key[SHA_HEX], path[PATH_MAX];
    int cache = opt->cache && n > 0 && key_of(m, text, n, opt, key) == 0 &&
                path_of(key, path, sizeof path) == 0;

    if (cache && read_file(path, key, vec, bytes))
        return 1;
    if (compute(m, text, n, opt, vec, e))
        return -1;
    if (cache)
        write_file(path, key, vec, bytes);
    return 0;
}
