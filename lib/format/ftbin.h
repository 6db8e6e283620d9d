/*
 * ftbin.h - fastText's classifiers: .bin, and .ftz with product quantization
 *
 * The parts of the file as they lie there, checked: settings, dictionary, the input
 * matrix (a row for each word, then for each bucket of n-grams) and the output matrix
 * (a row for each label, or node of the tree). Everything that may be asked of it below
 * is in bounds; what the numbers mean is infer/fasttext.h's matter.
 *
 *     struct ftbin f;
 *     if (ftbin_open(&f, "lid.176.ftz", &e) == 0) {
 *         ftbin_row(&f.input, 17, x);                x [f.dim]
 *         ftbin_close(&f);
 *     }
 *
 * Owns:    a struct ftbin its mapped file; words and matrices point into it.
 * Threads: constant after open.
 * Limits:  supervised models of versions 11 and 12, little-endian.
 * Source:  Joulin et al. 2016, "FastText.zip"; the files that fastText 0.9.2 writes.
 */
#ifndef FORMAT_FTBIN_H
#define FORMAT_FTBIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

enum ftbin_loss {
    FTBIN_HS = 1,  /* hierarchical softmax over a Huffman tree */
    FTBIN_NS,      /* negative sampling: a logistic function for each label, */
    FTBIN_SOFTMAX, /* softmax, */
    FTBIN_OVA      /* one against all: as NS */
};

/* A product quantizer: a vector in n_sub parts of `sub` numbers (the last of `last`),
 * each part one of 256 centroids. */
struct ftbin_pq {
    uint32_t n_sub, sub, last;
    const unsigned char *centroid; /* f32 */
};

/* [rows, cols], of f32 or quantized. Unaligned. */
struct ftbin_matrix {
    size_t rows, cols;
    const unsigned char *dense; /* f32, or NULL: */
    const unsigned char *code;  /* [rows, pq.n_sub] */
    struct ftbin_pq pq;
    const unsigned char *norm_code; /* [rows], or NULL: the length is 1 */
    struct ftbin_pq norm;           /* of one number */
};

struct ftbin_word {
    struct str text;
    int64_t count; /* in the training data; 0 to FTBIN_COUNT for labels */
};

/* More than this is "no node yet" in the building of a Huffman tree. */
#define FTBIN_COUNT ((int64_t)1000000000000000)

/* A bucket that has a row: pairs of i32, bucket and row behind the words'. */
struct ftbin_kept {
    int32_t bucket;
    uint32_t row;
};

struct ftbin {
    uint32_t dim, word_ngrams, bucket, min_n, max_n; /* characters; max_n 0: none */
    enum ftbin_loss loss;
    size_t n_word, n_label;
    struct ftbin_word *word; /* [n_word], then the labels; own memory */
    int pruned;              /* only the kept buckets have rows */
    size_t n_kept;
    const unsigned char *kept; /* see ftbin_kept() */
    struct ftbin_matrix input, output;
    struct file file;
};

/* ERR_MODEL: it is none, is cut, says what cannot be; ERR_INPUT: cannot be opened. */
int ftbin_open(struct ftbin *f, const char *path, struct err *e);
void ftbin_close(struct ftbin *f); /* one that was never opened must be zeroed */

/* The same of bytes in memory that stay there until ftbin_close(). */
int ftbin_read(struct ftbin *f, const unsigned char *p, size_t n, struct err *e);

struct ftbin_kept ftbin_kept(const struct ftbin *f, size_t i);

/* x [cols] = row r */
void ftbin_row(const struct ftbin_matrix *m, size_t r, float *x);

#endif
