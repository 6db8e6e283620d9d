/*
 * labeltrie.h - labels as a tree of their tokens, to be scored in one pass
 *
 * What labels have in common is computed once: each node is a token behind those of its
 * parents, the root (node 0) is the end of the prompt. Nodes stand in breadth-first
 * order, so parents stand before their children and the children of a node side by
 * side.
 *
 *     struct labeltrie *t = labeltrie_make(label, n, end, &e);
 *     feed the tokens of t->run [n_run], each at position prompt + depth - 1, attending
 *     to the prompt and its parents; what comes out behind the prompt is the root's
 *     logp [node] = log-probability of token [node] among all tokens, by the logits of
 *                   its parent
 *     labeltrie_fit(t, logp, fit, &e);                       fit [n_label]
 *     labeltrie_free(t);
 *
 * A label's probability is that of all its tokens and of `end` behind them; the softmax
 * of fit is that, normalized over the labels. Without `end` (-1) no label may begin
 * another one: its shorter text would always be the likelier.
 *
 * Owns:    its arrays.  Threads: constant once made.
 */
#ifndef INFER_LABELTRIE_H
#define INFER_LABELTRIE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LABELTRIE_TOKENS ((size_t)1 << 20) /* of all labels */

struct labeltrie_label {
    const int32_t *id; /* [n] */
    size_t n;
};

struct labeltrie {
    size_t n_node, n_label, n_run;
    int32_t *token;   /* [n_node]; -1 for the root */
    uint32_t *parent; /* [n_node]; 0 for the root */
    uint32_t *depth;  /* [n_node]; 0 for the root */
    uint32_t *first;  /* [n_node + 1]: children of a node, first [i] up to first [i+1],
                         in the order of their tokens */
    uint32_t *run;    /* [n_run]: nodes that have children, without the root: those that
                         the network must be fed */
    uint32_t *leaf;   /* [n_label]: where each label ends */
};

/* ERR_USAGE: a label has no tokens or `end` among them, is there twice, or begins
 * another one (only without end); labels are named by their numbers from 1. ERR_LIMIT.
 */
struct labeltrie *labeltrie_make(const struct labeltrie_label *label, size_t n,
                                 int32_t end, struct err *e);
void labeltrie_free(struct labeltrie *t); /* NULL is fine */

/* fit [n_label] from logp [n_node] (the root's is not read): each label's
 * log-probability less the highest of them, and -1e30 where it is none. ERR_NAN: one is
 * NaN, or none is finite. */
int labeltrie_fit(const struct labeltrie *t, const float *logp, float *fit,
                  struct err *e);

#endif
