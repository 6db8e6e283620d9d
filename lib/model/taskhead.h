/*
 * taskhead.h - what a checkpoint brings on top of its encoder: labels of texts, labels
 * of tokens, words for a mask
 *
 *     struct taskhead *h = taskhead_open(m, TASKHEAD_TOKENS, &e);
 *     taskhead_run(h, hidden, n_embd, n_tok, logits, &work);     [n_tok, h->n_out]
 *     taskhead_close(h);
 *
 * All heads are one: a row x of hidden states becomes
 *
 *     y = norm(act(x D^T + b))                                [n_embd]
 *     logits = y W^T + c                                      [n_out]
 *
 * where a head of labels has no norm, that of tokens nothing in front of W, and the
 * masked language model the word embeddings for W. A text's row is that of its first
 * token. Computed in f32, whatever the arithmetic of the network: it is little.
 *
 * Owns:    its names and what it converted; the model must outlive it.
 * Threads: constant after open.
 * Source:  the modules of the same purpose in transformers.
 */
#ifndef MODEL_TASKHEAD_H
#define MODEL_TASKHEAD_H

#include "base/str.h"
#include "model/model.h"

enum taskhead_task {
    TASKHEAD_SEQUENCE, /* ...ForSequenceClassification */
    TASKHEAD_TOKENS,   /* ...ForTokenClassification */
    TASKHEAD_MASK,     /* ...ForMaskedLM */
    TASKHEADS
};

#define TASKHEAD_LABELS 10000

/* What an architecture's checkpoints call the parts; NULL: there is no such part. */
struct taskhead_kind {
    const char *dense; /* D: .weight and .bias */
    enum taskhead_act { TASKHEAD_TANH, TASKHEAD_RELU, TASKHEAD_GELU } act;
    const char *norm;
    const char *out;  /* W: .weight, and .bias */
    const char *bias; /* c, by another name than that */
};

extern const struct taskhead_kind roberta_heads[TASKHEADS]; /* MPNet's too */

struct taskhead {
    size_t n_out;
    const struct str *label; /* [n_out]; NULL: words */
    int independent;         /* each label is there or not, for itself; else one is */
};

/* ERR_MODEL: the checkpoint has no such head, or it is not what it must be. */
struct taskhead *taskhead_open(const struct model *m, enum taskhead_task task,
                               struct err *e);
void taskhead_close(struct taskhead *h); /* NULL is fine */

/* x: n rows of n_embd floats, ldx from one to the next; logits [n, n_out]. A row's
 * result does not depend on the others. work is scratch: this call empties it. */
void taskhead_run(const struct taskhead *h, const float *x, size_t ldx, size_t n,
                  float *logits, struct arena *work);

#endif
