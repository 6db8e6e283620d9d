/*
 * vectors.h - the vectors of many texts, kept in a file for the next time
 *
 *     struct vectors_opt opt = { .pool = pool, .cache = 1 };
 *     if (vectors_make(m, text, n, &opt, vec, &e)) ...       vec [n, embedder_dim(m)]
 *
 * The file is in the cache folder "vectors" (file.h). Its name is the SHA-256 of all
 * that the numbers depend on: weights, tokenizer, arithmetic, how texts become vectors,
 * and the texts in their order. It is never trusted further than that: it must be ours
 * alone to write, hold the same key, the right size and its own SHA-256; else it is
 * made anew. That none can be read or written is no error.
 *
 * Threads: one caller; the pool makes the vectors, and its first thread tells.
 */
#ifndef INFER_VECTORS_H
#define INFER_VECTORS_H

#include "infer/embedder.h"

struct vectors_opt {
    struct pool *pool;
    enum overlong overlong; /* as the embedder has it */
    int cache;              /* 0: no file is read or written */
    /* Told now and then how many of all are made, by one of the threads; or NULL. */
    void (*tell)(void *arg, size_t done, size_t n);
    void *arg;
};

/* 1: from a file, 0: made, -1: ERR_NAN or another code of embedder_info, naming the
 * text by its number from 1. */
int vectors_make(const struct embedder *m, const struct str *text, size_t n,
                 const struct vectors_opt *opt, float *vec, struct err *e);

/* The SHA-256 of texts, each behind its length in 8 bytes, little-endian. */
void vectors_sha(const struct str *text, size_t n, char hex[SHA_HEX]);

#endif
