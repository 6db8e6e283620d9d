/*
 * prefiximage.h - what a decoder remembers of a text's beginning, kept in a file
 *
 *     struct prefiximage_opt opt = { "prompt.kv", id, n, n_ctx };
 *     struct prefiximage *p = prefiximage_open(m, &opt, &e);
 *     struct decoder_seq *s = decoder_seq_new(m);
 *     if (!prefiximage_read(p, s))
 *         run the n tokens, prefiximage_write(p, s);
 *     ...                                     s goes on, or others begin as it does
 *     decoder_seq_free(s);
 *     prefiximage_close(p);
 *
 * The file is a packfile.h whose pieces are the blocks of kv.h: mapped, they are what
 * attention reads, so that all processes with this beginning share one copy. Its key is
 * the SHA-256 of all that their bytes depend on: the weights, their configuration, the
 * arithmetic, the ids, the room for tokens, and how this code computes and lays out.
 * What is not of this key, damaged, cut, or could have been written by another user is
 * made anew. That nothing can be read or written is no error.
 *
 * Owns:    the mapping, which outlives the sequences that it was read to.
 * Threads: one, but for sequences, which are as any.
 */
#ifndef MODEL_PREFIXIMAGE_H
#define MODEL_PREFIXIMAGE_H

#include "model/decoder.h"

struct prefiximage_opt {
    const char *path;  /* of the file; its folder is not made */
    const int32_t *id; /* [n], n > 0 */
    size_t n;
    size_t n_ctx; /* tokens of a sequence at most */
};

struct prefiximage;

/* ERR_USAGE: something lies there that is no such file; it is left alone. */
struct prefiximage *prefiximage_open(const struct decoder *m,
                                     const struct prefiximage_opt *opt, struct err *e);
void prefiximage_close(struct prefiximage *p); /* NULL is fine */

/* 1: s begins anew with the n tokens. */
int prefiximage_read(struct prefiximage *p, struct decoder_seq *s);

/* s has the n tokens and no others, and was never reset. 1: the file is there now. */
int prefiximage_write(struct prefiximage *p, const struct decoder_seq *s);

#endif
