/* fasttext.c - fastText's linear classifiers */
#include "infer/fasttext.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/dirlist.h"
#include "base/mem.h"
#include "format/ftbin.h"
#include "tensor/ops.h"
#include "text/utf8.h"

#define DECODE_MAX ((size_t)64 << 20) /* bytes of a quantized output, decoded */
#define PREFIX     STR("__label__")

struct tree_node {
    uint32_t left, right;
};

struct fasttext {
    struct ftbin f;
    struct ftwords words;
    const struct kernels *k;
    float *out;             /* [dim, out_wide]: the output matrix, transposed */
    size_t n_out, out_wide; /* its rows: labels, or inner nodes of the tree */
    struct tree_node *tree; /* [n_label - 1]: inner nodes, the root last */
    char file[PATH_MAX];
};

/* ---- open ---- */

static struct str
without_prefix(struct str s)
{
    if (s.n > PREFIX.n && memcmp(s.p, PREFIX.p, PREFIX.n) == 0)
        return (struct str){ s.p + PREFIX.n, s.n - PREFIX.n };
    return s;
}

static int
check_labels(const struct fasttext *m, struct err *e)
{
    for (size_t i = 0; i < m->f.n_label; i++) {
        struct str s = fasttext_label(m, i);
        if (s.n == 0 || utf8_valid(s.p, s.n) != s.n)
            return err_set(e, ERR_MODEL, "the name of label %zu is empty or no UTF-8",
                           i);
    }
    return 0;
}

static int
transpose_output(struct fasttext *m, struct err *e)
{
    size_t dim = m->f.dim, bytes;
    float *row;

    m->n_out = m->f.n_label - (m->f.loss == FTBIN_HS);
    m->out_wide = (m->n_out + 15) / 16 * 16;
    bytes = mem_mul(dim, mem_mul(m->out_wide, sizeof *m->out));
    /* A quantized matrix could stand for far more than the file holds. */
    if (m->f.output.dense == NULL && bytes > DECODE_MAX)
        return err_set(e, ERR_MODEL, "the quantized output would take %zu bytes",
                       bytes);
    if ((m->out = mem_try(bytes + (bytes == 0))) == NULL)
        return err_set(e, ERR_NOMEM, "no memory for the output matrix");
    memset(m->out, 0, bytes);
    row = mem_alloc(dim * sizeof *row);
    for (size_t i = 0; i < m->n_out; i++) {
        ftbin_row(&m->f.output, i, row);
        for (size_t d = 0; d < dim; d++)
            m->out[d * m->out_wide + i] = row[d];
    }
    mem_free(row);
    return 0;
}

/* The Huffman tree over the labels' counts: labels from the rarest up and finished
 * nodes in the order of their making are two queues, the smaller heads are joined. Of
 * equal counts the node goes first. Numbers: label i is i, inner node i is n + i. */
static void
grow_tree(struct fasttext *m)
{
    size_t n = m->f.n_label, leaf = n, node = 0;
    int64_t *count = mem_zero(n, sizeof *count); /* of inner nodes */

    m->tree = mem_zero(n, sizeof *m->tree);
    for (size_t made = 0; made + 1 < n; made++) {
        uint32_t pick[2];
        for (int j = 0; j < 2; j++) {
            int64_t a = leaf > 0 ? m->f.word[m->f.n_word + leaf - 1].count : 0;
            int is_leaf = leaf > 0 && (node == made || a < count[node]);
            pick[j] = (uint32_t)(is_leaf ? --leaf : n + node);
            count[made] += is_leaf ? a : count[node++];
        }
        m->tree[made] = (struct tree_node){ pick[0], pick[1] };
    }
    mem_free(count);
}

static struct fasttext *
finish_open(struct fasttext *m, struct err *e)
{
    m->k = kernel_best();
    if (check_labels(m, e) || ftwords_init(&m->words, &m->f, e) ||
        transpose_output(m, e)) {
        fasttext_close(m);
        return NULL;
    }
    if (m->f.loss == FTBIN_HS)
        grow_tree(m);
    return m;
}

/* The one file of a folder, or the path itself. */
static int
find_file(const char *path, char *file, size_t cap, struct err *e)
{
    int n = dirlist_find(path, "", ".ftz", file, cap);

    if (n == 0)
        n = dirlist_find(path, "", ".bin", file, cap);
    if (n < 0)
        return err_set(e, ERR_MODEL, "cannot read '%s': %s", path, strerror(errno));
    if (n > 1)
        return err_set(e, ERR_MODEL, "%s: more than one model in the folder", path);
    if (n == 0 && (size_t)snprintf(file, cap, "%s", path) >= cap)
        return err_set(e, ERR_MODEL, "the model's path is too long");
    if (n == 0 && dirlist_is(path))
        return err_set(e, ERR_MODEL, "%s: no .ftz and no .bin in the folder", path);
    return 0;
}

struct fasttext *
fasttext_open(const char *path, struct err *e)
{
    struct fasttext *m = mem_zero(1, sizeof *m);

    if (find_file(path, m->file, sizeof m->file, e) || ftbin_open(&m->f, m->file, e)) {
        mem_free(m);
        return NULL;
    }
    return finish_open(m, e);
}

struct fasttext *
fasttext_open_bytes(const unsigned char *p, size_t n, struct err *e)
{
    struct fasttext *m = mem_zero(1, sizeof *m);

    if (ftbin_read(&m->f, p, n, e)) {
        mem_free(m);
        return NULL;
    }
    return finish_open(m, e);
}

void
fasttext_close(struct fasttext *m)
{
    if (m == NULL)
        return;
    ftwords_release(&m->words);
    mem_free(m->out);
    mem_free(m->tree);
    ftbin_close(&m->f);
    mem_free(m);
}

const char *
fasttext_file(const struct fasttext *m)
{
    return m->file;
}

size_t
fasttext_count(const struct fasttext *m)
{
    return m->f.n_label;
}

struct str
fasttext_label(const struct fasttext *m, size_t label)
{
    return without_prefix(m->f.word[m->f.n_word + label].text);
}

void
fasttext_work_release(struct fasttext_work *w)
{
    ftwords_work_release(&w->words);
    mem_free(w->node);
    *w = (struct fasttext_work){ 0 };
}

/* ---- rows to probabilities ---- */

/* From the root down: a node's probability is shared by its two sides. */
static void
walk_tree(const struct fasttext *m, struct fasttext_work *w, const float *right,
          float *prob)
{
    size_t n = m->f.n_label;
    float *node = w->node + m->out_wide; /* [n - 1] of inner nodes */

    if (n == 1)
        prob[0] = 1;
    else
        node[n - 2] = 1;
    for (size_t i = n - 1; i-- > 0;) {
        const struct tree_node *t = &m->tree[i];
        float r = node[i] * right[i], l = node[i] * (1 - right[i]);
        *(t->left < n ? &prob[t->left] : &node[t->left - n]) = l;
        *(t->right < n ? &prob[t->right] : &node[t->right - n]) = r;
    }
}

static void
predict(const struct fasttext *m, struct fasttext_work *w, const float *hidden,
        float *prob)
{
    float *y = w->node;

    memset(y, 0, m->out_wide * sizeof *y);
    for (size_t d = 0; d < m->f.dim; d++)
        ops_add_scaled(m->k, y, hidden[d], m->out + d * m->out_wide, m->out_wide);
    if (m->f.loss == FTBIN_SOFTMAX)
        ops_softmax(m->k, y, m->n_out, 1.0f);
    else
        ops_sigmoid(m->k, y, m->n_out);
    if (m->f.loss == FTBIN_HS)
        walk_tree(m, w, y, prob);
    else
        memcpy(prob, y, m->n_out * sizeof *prob);
}

size_t
fasttext_run(const struct fasttext *m, struct fasttext_work *w, struct str text,
             float *prob)
{
    struct ftwords_sum s = ftwords_add(&m->words, &w->words, text);

    if (s.rows == 0)
        return 0;
    if (w->node == NULL)
        w->node = mem_zero(m->out_wide + m->f.n_label, sizeof *w->node);
    ops_scale(m->k, s.sum, 1.0f / (float)s.rows, m->words.wide);
    predict(m, w, s.sum, prob);
    return s.words;
}

size_t
fasttext_top(const struct fasttext *m, const float *prob, size_t k, size_t *top)
{
    size_t n = 0;

    if (k == 0)
        return 0;
    for (size_t i = 0; i < m->f.n_label; i++) {
        size_t at = n < k ? n++ : k;
        if (at == k && !(prob[i] > prob[top[k - 1]]))
            continue;
        for (at -= at == k; at > 0 && prob[i] > prob[top[at - 1]]; at--)
            top[at] = top[at - 1];
        top[at] = i;
    }
    return n;
}
