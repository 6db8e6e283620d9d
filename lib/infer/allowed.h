/*
 * allowed.h - which words a translation may use
 *
 * With a shortlist a source may become the common words, which stand first in the
 * vocabulary, and those that its own list allows. The list alone costs 0.3 BLEU of 41
 * (en-pt, 3,000 package summaries), all words give no more than these; and the common
 * ones are one product for all rows. Without a shortlist all words are common.
 *
 *     struct allowed a = { .m = m, .lex = lex, .eos = 0, .never = { 1, -1 } };
 *     allowed_init(&a);
 *     allowed_words(&a, &bits, id, n, &mem, &words);
 *     logits: those of a.common, then those of words.own
 *     word = allowed_id(&a, &words, k);                   of logit k
 *     allowed_release(&a);
 *
 * Threads: constant after init; bits belong to one thread.
 */
#ifndef INFER_ALLOWED_H
#define INFER_ALLOWED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "format/shortlist.h"
#include "model/marian.h"

#define ALLOWED_SHARE 16 /* the common words are the vocabulary divided by this */

struct allowed {
    const struct marian *m;
    const struct shortlist *lex; /* NULL: all words are allowed */
    int32_t eos;                 /* what ends a translation */
    int32_t never[2];            /* words that none has; -1: none */
    int copies; /* both sides have one vocabulary: a source's words may be copied */

    size_t n_common;             /* below: by allowed_init() */
    struct marian_words *common; /* NULL: all words */
    struct arena mem;
};

void allowed_init(struct allowed *a);
void allowed_release(struct allowed *a);

/* What a source may become, besides the common words */
struct allowed_words {
    struct marian_words *own; /* NULL: nothing */
    int32_t *id;              /* [n] rising, not common */
    size_t n;
};

/* Of a source id [n]. *bits: a bit for each word, all clear; made when it is NULL, the
 * caller's to mem_free(). The result is in mem. */
void allowed_words(const struct allowed *a, uint64_t **bits, const int32_t *id,
                   size_t n, struct arena *mem, struct allowed_words *to);

static inline int
allowed_never(const struct allowed *a, int32_t id)
{
    return id == a->never[0] || id == a->never[1];
}

static inline int32_t
allowed_id(const struct allowed *a, const struct allowed_words *words, size_t k)
{
    return k < a->n_common ? (int32_t)k : words->id[k - a->n_common];
}

#endif
