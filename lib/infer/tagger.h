/*
 * tagger.h - names, places, dates: spans of a text that a model labels
 *
 *     struct embedder_opt opt = { .session = { .dir = dir } };
 *     struct tagger *t = tagger_open(&opt, &e);
 *     tagger_run(t, &work, text, n, tags, info);         tags [n]
 *     tagger_close(t);
 *
 * The rules are those of the strategy "first" of transformers' token-classification
 * pipeline:
 *  - A token has its likeliest label, of equals the first, and its probability.
 *  - A word has the label and the probability of its first token. Words are what the
 *    tokenizer says ("##" goes on with a word), or else every token is one.
 *  - B-X begins a span of X; I-X, and a label X without such a prefix, go on with a
 *    span of X, or begin one where the word before has another.
 *  - A span's score is the mean of its words'; O is no span.
 * How texts are read that are too long: windows.h.
 *
 * Threads: as an embedder.  Limits: TASKHEAD_LABELS labels.
 */
#ifndef INFER_TAGGER_H
#define INFER_TAGGER_H

#include "infer/windows.h"

/* A span of the text: bytes [byte, byte_end), the same in code points [at, at_end). */
struct tagger_span {
    struct tokenizer_span where;
    struct str label; /* until the tagger is closed */
    float score;
};

struct tagger_tags {
    const struct tagger_span *span; /* until the next run with w */
    size_t n;
};

struct tagger;

/* ERR_MODEL: also a checkpoint without labels of tokens. */
struct tagger *tagger_open(const struct embedder_opt *opt, struct err *e);
void tagger_close(struct tagger *t); /* NULL is fine */

const struct embedder *tagger_embedder(const struct tagger *t);

/* What is wrong with a text is in its info (embedder_explain()); it has no tags then.
 * Where `tags` is NULL, texts are only counted. */
void tagger_run(const struct tagger *t, struct embedder_work *w, const struct str *text,
                size_t n, struct tagger_tags *tags, struct embedder_info *info);

#endif
