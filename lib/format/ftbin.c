/* ftbin.c - fastText's classifiers */
#include "format/ftbin.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

#define MAGIC      793712314
#define SUPERVISED 3
#define CENTROIDS  256
#define NGRAM_MAX  100 /* characters, words: more would make long texts slow */
#define ENTRY_MIN  10  /* bytes of a dictionary's entry: "", count, type */

/* What is left of the file. A read beyond it fails, and says where. */
struct cursor {
    struct bytes rest;
    const unsigned char *begin;
    struct err *e;
};

/* The next n bytes, or NULL. */
static const unsigned char *
take(struct cursor *c, size_t n, const char *what)
{
    const unsigned char *p = bytes_take(&c->rest, n);

    if (p == NULL)
        err_set(c->e, ERR_MODEL, "cut: %s at byte %zu needs %zu bytes, %zu are there",
                what, (size_t)(c->rest.p - c->begin), n, c->rest.n);
    return p;
}

static int32_t
i32(const unsigned char *p)
{
    return (int32_t)bytes_u32(p);
}

static int64_t
i64(const unsigned char *p)
{
    return (int64_t)bytes_u64(p);
}

/* ---- settings ---- */

/* dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate: i32
 * each; then t: f64 */
enum { DIM = 0, WORD_NGRAMS = 5, LOSS = 6, MODEL = 7, BUCKET = 8, MINN = 9, MAXN = 10 };
#define N_SETTINGS 12

static int
check_setting(struct cursor *c, const char *name, int32_t v, int32_t lo, int32_t hi)
{
    if (v >= lo && v <= hi)
        return 0;
    return err_set(c->e, ERR_MODEL, "%s is %d: must be %d to %d", name, (int)v, (int)lo,
                   (int)hi);
}

static int
read_settings(struct ftbin *f, struct cursor *c)
{
    const unsigned char *p = take(c, 8, "the head");
    int32_t v[N_SETTINGS], version;

    if (p == NULL)
        return -1;
    version = i32(p + 4);
    if (i32(p) != MAGIC)
        return err_set(c->e, ERR_MODEL, "no fastText model: it begins otherwise");
    if (version != 11 && version != 12)
        return err_set(c->e, ERR_MODEL, "version %d is not supported, 11 and 12 are",
                       (int)version);
    if ((p = take(c, N_SETTINGS * 4 + 8, "the settings")) == NULL)
        return -1;
    for (int i = 0; i < N_SETTINGS; i++)
        v[i] = i32(p + 4 * i);
    if (v[MODEL] != SUPERVISED)
        return err_set(c->e, ERR_MODEL, "these are word vectors, no classifier");
    if (version == 11) /* had no n-grams of characters in classifiers */
        v[MAXN] = 0;
    if (check_setting(c, "dim", v[DIM], 1, 1 << 20) ||
        check_setting(c, "wordNgrams", v[WORD_NGRAMS], 0, NGRAM_MAX) ||
        check_setting(c, "loss", v[LOSS], FTBIN_HS, FTBIN_OVA) ||
        check_setting(c, "bucket", v[BUCKET], 0, INT32_MAX) ||
        check_setting(c, "minn", v[MINN], 0, NGRAM_MAX) ||
        check_setting(c, "maxn", v[MAXN], 0, NGRAM_MAX))
        return -1;
    f->dim = (uint32_t)v[DIM];
    f->word_ngrams = (uint32_t)v[WORD_NGRAMS];
    f->loss = (enum ftbin_loss)v[LOSS];
    f->bucket = (uint32_t)v[BUCKET];
    f->min_n = (uint32_t)v[MINN];
    f->max_n = (uint32_t)v[MAXN];
    return 0;
}

/* ---- dictionary ---- */

static int
read_word(struct ftbin_word *w, int type, size_t i, struct cursor *c)
{
    struct bytes rest = c->rest;
    const unsigned char *end = rest.n ? memchr(rest.p, '\0', rest.n) : NULL, *p;

    if (end == NULL)
        return err_set(c->e, ERR_MODEL, "cut: word %zu has no end", i);
    w->text = (struct str){ (const char *)rest.p, (size_t)(end - rest.p) };
    if ((p = take(c, w->text.n + ENTRY_MIN, "a word")) == NULL)
        return -1;
    p += w->text.n + 1;
    w->count = i64(p);
    if (p[8] != type)
        return err_set(c->e, ERR_MODEL, "word %zu is of type %u, not %d", i, p[8],
                       type);
    if (type == 1 && (w->count < 0 || w->count > FTBIN_COUNT))
        return err_set(c->e, ERR_MODEL, "label %zu: its count cannot be", i);
    return 0;
}

static int
read_dictionary(struct ftbin *f, struct cursor *c)
{
    const unsigned char *p = take(c, 28, "the dictionary's head");
    int64_t size, n_word, n_label, kept;

    if (p == NULL)
        return -1;
    size = i32(p);
    n_word = i32(p + 4);
    n_label = i32(p + 8);
    kept = i64(p + 20); /* behind the number of tokens of the training data */
    if (n_word < 0 || n_label < 1 || size != n_word + n_label)
        return err_set(c->e, ERR_MODEL, "%lld words and %lld labels do not make %lld",
                       (long long)n_word, (long long)n_label, (long long)size);
    if ((uint64_t)size > c->rest.n / ENTRY_MIN)
        return err_set(c->e, ERR_MODEL, "cut: %lld words are not there",
                       (long long)size);
    f->n_word = (size_t)n_word;
    f->n_label = (size_t)n_label;
    if ((f->word = mem_try(mem_mul((size_t)size, sizeof *f->word))) == NULL)
        return err_set(c->e, ERR_NOMEM, "no memory for %lld words", (long long)size);
    for (size_t i = 0; i < (size_t)size; i++)
        if (read_word(&f->word[i], i >= f->n_word, i, c))
            return -1;
    f->pruned = kept >= 0;
    if (kept < 0)
        return 0;
    f->n_kept = (uint64_t)kept > c->rest.n / 8 ? SIZE_MAX : (size_t)kept;
    f->kept = take(c, mem_mul(f->n_kept, 8), "the list of kept n-grams");
    return f->kept ? 0 : -1;
}

struct ftbin_kept
ftbin_kept(const struct ftbin *f, size_t i)
{
    return (struct ftbin_kept){ i32(f->kept + 8 * i), bytes_u32(f->kept + 8 * i + 4) };
}

/* ---- matrices ---- */

static int
read_bool(struct cursor *c, const char *what)
{
    const unsigned char *p = take(c, 1, what);

    if (p && *p > 1)
        return err_set(c->e, ERR_MODEL, "%s: %u is neither yes nor no", what, *p);
    return p ? *p : -1;
}

static int
read_pq(struct ftbin_pq *pq, size_t cols, struct cursor *c)
{
    const unsigned char *p = take(c, 16, "a quantizer");
    int64_t dim, n_sub, sub, last;

    if (p == NULL)
        return -1;
    dim = i32(p);
    n_sub = i32(p + 4);
    sub = i32(p + 8);
    last = i32(p + 12);
    if (dim != (int64_t)cols || n_sub < 1 || sub < 1 || last < 1 || last > sub ||
        (n_sub - 1) * sub + last != dim)
        return err_set(c->e, ERR_MODEL,
                       "a quantizer of %lld parts of %lld and %lld does not make %zu",
                       (long long)n_sub, (long long)sub, (long long)last, cols);
    pq->n_sub = (uint32_t)n_sub;
    pq->sub = (uint32_t)sub;
    pq->last = (uint32_t)last;
    pq->centroid = take(c, mem_mul(cols, CENTROIDS * sizeof(float)), "centroids");
    return pq->centroid ? 0 : -1;
}

static int
read_size(struct ftbin_matrix *m, const struct ftbin *f, struct cursor *c)
{
    const unsigned char *p = take(c, 16, "a matrix");
    int64_t rows, cols;

    if (p == NULL)
        return -1;
    rows = i64(p);
    cols = i64(p + 8);
    if (rows < 0 || cols != f->dim || (uint64_t)rows > c->rest.n)
        return err_set(c->e, ERR_MODEL, "a matrix of %lld by %lld cannot be here",
                       (long long)rows, (long long)cols);
    m->rows = (size_t)rows;
    m->cols = f->dim;
    return 0;
}

static int
read_dense(struct ftbin_matrix *m, const struct ftbin *f, struct cursor *c)
{
    if (read_size(m, f, c))
        return -1;
    m->dense = take(c, mem_mul(m->rows, mem_mul(m->cols, sizeof(float))), "a matrix");
    return m->dense ? 0 : -1;
}

static int
read_quantized(struct ftbin_matrix *m, const struct ftbin *f, struct cursor *c)
{
    int has_norm = read_bool(c, "norms");
    const unsigned char *p;
    int64_t codes;

    if (has_norm < 0 || read_size(m, f, c) ||
        (p = take(c, 4, "the number of codes")) == NULL)
        return -1;
    codes = i32(p);
    if (codes < 0 || (m->code = take(c, (size_t)codes, "codes")) == NULL ||
        read_pq(&m->pq, m->cols, c))
        return codes < 0 ? err_set(c->e, ERR_MODEL, "a negative number of codes") : -1;
    if (mem_mul(m->rows, m->pq.n_sub) != (size_t)codes)
        return err_set(c->e, ERR_MODEL, "%lld codes for %zu rows of %u parts",
                       (long long)codes, m->rows, m->pq.n_sub);
    if (!has_norm)
        return 0;
    m->norm_code = take(c, m->rows, "norms");
    return m->norm_code ? read_pq(&m->norm, 1, c) : -1;
}

static void
add_centroids(const struct ftbin_pq *pq, const unsigned char *code, float *x)
{
    for (uint32_t s = 0; s < pq->n_sub; s++) {
        size_t wide = s + 1 == pq->n_sub ? pq->last : pq->sub;
        size_t at = (size_t)s * CENTROIDS * pq->sub + code[s] * wide;
        memcpy(x + (size_t)s * pq->sub, pq->centroid + at * sizeof *x,
               wide * sizeof *x);
    }
}

void
ftbin_row(const struct ftbin_matrix *m, size_t r, float *x)
{
    float norm;

    if (m->dense) {
        memcpy(x, m->dense + r * m->cols * sizeof *x, m->cols * sizeof *x);
        return;
    }
    add_centroids(&m->pq, m->code + r * m->pq.n_sub, x);
    if (m->norm_code == NULL)
        return;
    add_centroids(&m->norm, m->norm_code + r, &norm);
    for (size_t i = 0; i < m->cols; i++)
        x[i] *= norm;
}

/* ---- the whole ---- */

/* Every row that a word, an n-gram or a label can name is there. */
static int
check_rows(const struct ftbin *f, struct err *e)
{
    size_t behind, nodes = f->n_label - (f->loss == FTBIN_HS);
    int64_t sum = 0;

    if (f->n_word > f->input.rows)
        return err_set(e, ERR_MODEL, "%zu rows for %zu words", f->input.rows,
                       f->n_word);
    behind = f->input.rows - f->n_word;
    if (!f->pruned && f->bucket > behind)
        return err_set(e, ERR_MODEL, "%zu rows for %u buckets", behind, f->bucket);
    for (size_t i = 0; i < f->n_kept; i++)
        if (ftbin_kept(f, i).row >= behind)
            return err_set(e, ERR_MODEL, "n-gram %zu has row %u of %zu", i,
                           ftbin_kept(f, i).row, behind);
    if (nodes > f->output.rows)
        return err_set(e, ERR_MODEL, "%zu output rows for %zu labels", f->output.rows,
                       f->n_label);
    for (size_t i = 0; i < f->n_label && sum <= FTBIN_COUNT; i++)
        sum += f->word[f->n_word + i].count;
    if (f->loss == FTBIN_HS && sum > FTBIN_COUNT)
        return err_set(e, ERR_MODEL, "the labels' counts are too many");
    return 0;
}

static int
read_all(struct ftbin *f, struct cursor *c)
{
    int quantized, quantized_out;

    if (read_settings(f, c) || read_dictionary(f, c) ||
        (quantized = read_bool(c, "quantized input")) < 0)
        return -1;
    if (f->pruned && !quantized)
        return err_set(c->e, ERR_MODEL,
                       "pruned n-grams, but the input is not quantized");
    if (quantized ? read_quantized(&f->input, f, c) : read_dense(&f->input, f, c))
        return err_wrap(c->e, "input");
    if ((quantized_out = read_bool(c, "quantized output")) < 0)
        return -1;
    if (quantized && quantized_out ? read_quantized(&f->output, f, c)
                                   : read_dense(&f->output, f, c))
        return err_wrap(c->e, "output");
    if (c->rest.n > 0)
        return err_set(c->e, ERR_MODEL, "%zu bytes behind the end", c->rest.n);
    return check_rows(f, c->e);
}

int
ftbin_read(struct ftbin *f, const unsigned char *p, size_t n, struct err *e)
{
    struct cursor c = { { p, n }, p, e };

    *f = (struct ftbin){ 0 };
    if (read_all(f, &c) == 0)
        return 0;
    ftbin_close(f);
    return -1;
}

int
ftbin_open(struct ftbin *f, const char *path, struct err *e)
{
    struct file file;

    *f = (struct ftbin){ 0 };
    if (file_map(&file, path, e))
        return -1;
    if (ftbin_read(f, file.p, file.n, e)) {
        file_unmap(&file);
        return err_wrap(e, "%s", path);
    }
    f->file = file;
    return 0;
}

void
ftbin_close(struct ftbin *f)
{
    mem_free(f->word);
    if (f->file.p)
        file_unmap(&f->file);
    *f = (struct ftbin){ 0 };
}
