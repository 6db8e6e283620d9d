/*
 * headfile.h - a trained head in a file: weights for the vectors of one model,
 * or for words
 *
 *     struct headfile h;
 *     if (headfile_read(&h, path, &e) == 0) ...
 *     headfile_release(&h);
 *
 * The file is one JSON object, described in textmill-models(7): small enough to be read
 * and compared by people, and its numbers are the shortest decimals that read back to
 * the same float32. Members that are not known here are not looked at.
 *
 * Owns: what it read.  Threads: constant once read.
 * Limits: HEADFILE_LABELS labels, HEADFILE_WORDS words, a file of 256 MB.
 */
#ifndef FORMAT_HEADFILE_H
#define FORMAT_HEADFILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "base/str.h"

#define HEADFILE_VERSION   1
#define HEADFILE_LABELS    10000
#define HEADFILE_WORDS     (1 << 20)
#define HEADFILE_LABEL_MAX 1000 /* bytes of a label or word */

struct headfile {
    struct str *word;   /* [dim]: as labels; NULL: a head for vectors, and only then: */
    char base[256];     /* name of the model whose vectors it takes, */
    char sha[SHA_HEX];  /* the SHA-256 of that model's weights, */
    char precision[16]; /* and the arithmetic that its training vectors were made by */
    size_t n_label, dim;
    struct str *label; /* [n_label]: UTF-8, not empty, all different */
    float temperature; /* 0.0001 to 10000 */
    float *bias;       /* [n_label] */
    float *weights;    /* [n_label, dim] */
    struct buf text;   /* of the labels and words */
};

/* ERR_MODEL: it is no such file, or is damaged; what and where is in the message. */
int headfile_read(struct headfile *h, const char *path, struct err *e);

/* The same from memory; path is for messages. */
int headfile_parse(struct headfile *h, const char *p, size_t n, const char *path,
                   struct err *e);
void headfile_release(struct headfile *h);

/* Append the file's text. training: a JSON object, what is to be said of how it was
 * made. */
void headfile_write(const struct headfile *h, struct str training, struct buf *b);

#endif
