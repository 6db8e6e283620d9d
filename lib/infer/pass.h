/*
 * pass.h - sequences through the network, as many at a time as suits it
 *
 *     struct pass_seq seq[] = { { id, 12 }, { id + 12, 30 } };
 *     pass_run(session, seq, 2, &work, &mem, take, arg);
 *
 * What a sequence's rows are does not depend on the others, nor on how many passes
 * there are.
 *
 * Threads: one call works on one thread; the session is shared.
 */
#ifndef INFER_PASS_H
#define INFER_PASS_H

#include "infer/session.h"

/* Tokens of a text; the session's frame comes around them. Together they are at most
 * session->max_tokens. */
struct pass_seq {
    const int32_t *id;
    size_t n;
};

/* x [n, n_embd]: the hidden states of sequence i, the frame's included. Sequences come
 * in their order. */
typedef void pass_take(void *arg, size_t i, const float *x, size_t n);

/* Memory of the passes is of mem, which the call does not empty. */
void pass_run(const struct session *s, const struct pass_seq *seq, size_t n,
              struct model_work *work, struct arena *mem, pass_take *take, void *arg);

#endif
