/*
 * marianstore.h - the weights and settings of a Marian model, whatever file they are in
 *
 * Two kinds: Marian's binary (marianbin.h), a file, and a folder of Hugging Face with
 * config.json (model_type marian) and safetensors, as Helsinki-NLP's opus-mt models are
 * published. Both are asked by Marian's names: encoder_l1_self_Wq, Wemb.
 *
 *     struct marianstore *s = marianstore_open(path, &e);
 *     marianstore_settings(s, &settings, &e);
 *     marianstore_outputs(s, "encoder_l1_self_Wq", 512, 512, rows, &e);
 *     marianstore_close(s);
 *
 * Owns:    the mapped files.  Threads: constant after open.
 * Source:  the files; Hugging Face's names in transformers' modeling_marian.py.
 */
#ifndef MODEL_MARIANSTORE_H
#define MODEL_MARIANSTORE_H

#include <stddef.h>

#include "base/err.h"
#include "base/sha.h"

struct marianstore_settings {
    int n_enc, n_dec; /* layers */
    int n_head, n_head_dec;
    int n_source, n_vocab; /* words that go in, and come out */
    int d, d_ff, d_ff_dec;
    int attends; /* the decoder remembers by self-attention, not by SSRU cells */
    int swish;   /* x sigmoid(x) in the wide layers, not ReLU */
    float eps;   /* of the norms */
    float scale; /* of a word's vector */
    double wave; /* see wave_fill() */
};

struct marianstore;

/* A file, or a folder. ERR_MODEL, ERR_NOMEM. */
struct marianstore *marianstore_open(const char *path, struct err *e);
void marianstore_close(struct marianstore *s); /* NULL is fine */

/* ERR_MODEL: what is missing, or not supported. */
int marianstore_settings(const struct marianstore *s, struct marianstore_settings *to,
                         struct err *e);

int marianstore_has(const struct marianstore *s, const char *name);

/* A vector [n]. NULL: only say whether it is there and has this length. */
int marianstore_vector(const struct marianstore *s, const char *name, size_t n,
                       float *to, struct err *e);

/* A matrix of which single rows are read, the weights of an output each: one that is
 * called [n_in, n_out], or is a table. Valid until close. */
struct marianstore_outputs {
    const void *tensor;
    size_t n_in;
    int is_table;
};
int marianstore_outputs(const struct marianstore *s, const char *name, size_t n_in,
                        size_t n_out, struct marianstore_outputs *to, struct err *e);
void marianstore_output(const struct marianstore *s,
                        const struct marianstore_outputs *m, size_t i, float *to);
/* As in struct pack_matrix */
float marianstore_step(const struct marianstore *s,
                       const struct marianstore_outputs *m);

/* A table [n, d] of which single rows are read; valid until close. */
struct marianstore_table {
    const void *tensor;
    size_t n, d;
};
int marianstore_table(const struct marianstore *s, const char *name, size_t n, size_t d,
                      struct marianstore_table *to, struct err *e);
void marianstore_row(const struct marianstore *s, const struct marianstore_table *t,
                     size_t i, float *to);

/* The largest input that a matrix was trained for (NAME_QuantMultA), or infinity. */
float marianstore_limit(const struct marianstore *s, const char *name);

/* Like sha_mapped(), for caches. 0: not known, and `compute` did not ask for more. */
int marianstore_sha(const struct marianstore *s, int compute, char hex[SHA_HEX]);

#endif
