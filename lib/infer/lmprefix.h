/*
 * lmprefix.h - what most prompts of a run begin with, fed to the network once
 *
 *     struct lmprefix *p = lmprefix_open(lm, id, n, "prompt.kv", &e);
 *     common = chat_common(prompt, n_prompt - 1, lmprefix_ids(p, &n), n);
 *     decoder_seq_fork(s, lmprefix_seq(p, &work), common);
 *     lmprefix_close(p);
 *
 * It is read from its file at the start, or computed by who needs it first, and kept
 * then: a run without a record, or one that only counts, computes nothing.
 *
 * Owns:    a copy of the ids, the sequence, the mapped file; the lm outlives it.
 * Threads: lmprefix_seq() may be called by several; who comes while it is computed
 *          waits.
 */
#ifndef INFER_LMPREFIX_H
#define INFER_LMPREFIX_H

#include "infer/lm.h"

/* Where it came from */
enum lmprefix_from {
    LMPREFIX_NONE,     /* it is not there, or was not needed */
    LMPREFIX_COMPUTED, /* and not kept, or it could not be */
    LMPREFIX_WRITTEN,  /* computed and kept */
    LMPREFIX_READ,
};

struct lmprefix;

/* id [n] is cut where n_ctx leaves nothing; file: see prefiximage.h, NULL: it is not
 * kept. ERR_USAGE: something else lies there. */
struct lmprefix *lmprefix_open(const struct lm *m, const int32_t *id, size_t n,
                               const char *file, struct err *e);
void lmprefix_close(struct lmprefix *p); /* NULL is fine */

const int32_t *lmprefix_ids(const struct lmprefix *p, size_t *n);
enum lmprefix_from lmprefix_from(const struct lmprefix *p);

/* Bytes that it will take when it is needed, beside what it has taken already */
size_t lmprefix_bytes(const struct lmprefix *p);

/* All of its tokens; n > 0. Read only, until close. */
const struct decoder_seq *lmprefix_seq(struct lmprefix *p, struct decoder_work *work);

#endif
