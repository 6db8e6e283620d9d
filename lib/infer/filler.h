/*
 * filler.h - which words stand where a text has the model's mask token
 *
 *     struct filler_opt opt = { .embed = ..., .top = 5 };
 *     struct filler *f = filler_open(&opt, &e);
 *     filler_run(f, &work, text, n, found, info);        found [n]
 *     filler_text(f, text[i], &found[i], &out);
 *     filler_close(f);
 *
 * The mask is what tokenizer_config.json calls mask_token, or else [MASK] or <mask>; it
 * is the only special token that counts where a text has it: "[CLS]" is plain text. The
 * probability of a word is the softmax over the whole vocabulary; special tokens, and
 * numbers without a token, are never proposed. Each mask is filled for itself, with all
 * the others still masked. Of equally probable words that with the lower number is
 * first. How texts are read that are too long: windows.h.
 *
 * Threads: as an embedder.  Limits: FILLER_TOP words of a mask.
 */
#ifndef INFER_FILLER_H
#define INFER_FILLER_H

#include "infer/windows.h"

#define FILLER_TOP 1000

struct filler_opt {
    struct embedder_opt embed; /* its pooling is not looked at */
    int top;                   /* words of a mask, 1 to FILLER_TOP */
};

struct filler_word {
    int32_t id;
    float prob;
};

struct filler_mask {
    struct tokenizer_span where;
    const struct filler_word *word; /* [n], the likeliest first */
    size_t n;                       /* top, or as many as there are */
};

struct filler_found {
    const struct filler_mask *mask; /* in their order; until the next run with w */
    size_t n;                       /* 0: the text has none, or none that was read */
};

struct filler;

/* ERR_MODEL: also a checkpoint without such a head, or a tokenizer without a mask;
 * ERR_USAGE: top. */
struct filler *filler_open(const struct filler_opt *opt, struct err *e);
void filler_close(struct filler *f); /* NULL is fine */

const struct embedder *filler_embedder(const struct filler *f);
const char *filler_token(const struct filler *f); /* "[MASK]" */

/* What is wrong with a text is in its info (embedder_explain()). Where `found` is NULL,
 * texts are only counted. */
void filler_run(const struct filler *f, struct embedder_work *w, const struct str *text,
                size_t n, struct filler_found *found, struct embedder_info *info);

/* Append a word as the tokenizer writes it alone: "cat", "##ing". */
void filler_word(const struct filler *f, int32_t id, struct buf *out);

/* Append the text with the likeliest word for each mask: where a word stands alone it
 * gets a space in front if there is none yet, what goes on with a word ("##ing") goes
 * on with what is there. */
void filler_text(const struct filler *f, struct str text,
                 const struct filler_found *found, struct buf *out);

#endif
