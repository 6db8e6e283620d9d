/*
 * extract.h - the sentences of a text that say most of it
 *
 *     struct extract_opt opt = { .embed = { .session = ... }, .n = 3 };
 *     struct extract *x = extract_open(&opt, &e);
 *     extract_run(x, &work, arena, text, n, out, info);          out [n]
 *     extract_close(x);
 *
 * A text's sentences (text/sents.h) become vectors of length 1 (embedder.h). The middle
 * of the text is the sum of these, each times the square root of its tokens. One by one
 * the sentence with the most points is chosen:
 *
 *     0.7 (cosine to the middle + 0.2 / (1 + i)) - 0.3 (highest cosine to one chosen)
 *
 * where i is its number, from 0: central, early, and not what another has said already;
 * of equal ones the first. One whose cosine to one chosen is 0.99 or more says nothing
 * new, and comes behind all others. They come out in the order of the text, as they
 * are, with a space between them, or with nothing where the text has nothing.
 *
 * The numbers are from some dozens that were tried on dialogues (dialogsum, dev), where
 * neighbours differ by little: tests/bench/SPEED.md has them.
 *
 * A text's sentences do not depend on its neighbours, threads or CPU.
 *
 * Threads: constant after open; one embedder_work per thread.
 * Time:    linear in the text, times n.  Memory: a vector for each sentence.
 * Source:  Radev et al., "Centroid-based summarization of multiple documents", 2004;
 *          Carbonell, Goldstein, "The use of MMR", 1998.
 */
#ifndef INFER_EXTRACT_H
#define INFER_EXTRACT_H

#include "infer/embedder.h"

#define EXTRACT_SENTENCES 65536 /* of a text */

struct extract_opt {
    struct embedder_opt embed; /* normalize and dims are not looked at */
    size_t n;                  /* sentences, at least 1 */
    const char *lang;          /* of the texts (sents.h); NULL: not known */
};

struct extract;

/* ERR_MODEL, ERR_USAGE, ERR_NOMEM as embedder_open(). */
struct extract *extract_open(const struct extract_opt *opt, struct err *e);
void extract_close(struct extract *x); /* NULL is fine */

const struct embedder *extract_embedder(const struct extract *x);

/* Texts must be UTF-8. out [n] is empty for a text without sentences, and for one that
 * info->code or info->how leaves without: these are those of its first bad sentence,
 * and ERR_LIMIT for too many sentences. Tokens are those of all sentences, the special
 * ones of each included. `out` is in the arena. */
void extract_run(const struct extract *x, struct embedder_work *w, struct arena *arena,
                 const struct str *text, size_t n, struct str *out,
                 struct embedder_info *info);

/* What extract_run() would say in info, from the tokens alone. */
void extract_count(const struct extract *x, struct embedder_work *w,
                   const struct str *text, size_t n, struct embedder_info *info);

/* Say why info->code is what it is. */
void extract_explain(const struct extract *x, const struct embedder_info *info,
                     struct err *e);

/* The choice alone: which of n sentences, pick [min(want, n)], rising. vec [n, dim] of
 * length 1, tokens [n]. */
void extract_choose(const struct kernels *k, const float *vec, const size_t *tokens,
                    size_t n, size_t dim, size_t want, size_t *pick);

#endif
