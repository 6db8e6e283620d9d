/*
 * embedder.h - one vector for each text
 *
 *     struct embedder_opt opt = { .session = { .dir = dir, .pool = pool } };
 *     struct embedder *m = embedder_open(&opt, &e);
 *     struct embedder_work w = { 0 };                        one per thread
 *     embedder_run(m, &w, text, n, vec, info, &e);           vec [n, embedder_dim(m)]
 *     embedder_work_release(&w);
 *     embedder_close(m);
 *
 * The hidden states of a text's tokens, special ones included, become one vector by the
 * model's pooling; normalized when the model says so. A text without tokens gets the
 * vector of its special tokens alone: defined, and the same for all such texts.
 *
 * A text of more tokens than the model takes is cut into chunks of nearly equal length,
 * each with special tokens of its own; its vector is the mean of the (normalized)
 * vectors of its chunks, weighted by their tokens, then normalized.
 *
 * A text's vector is the same bits whatever its neighbours, threads and CPU.
 *
 * Threads: constant after open; one embedder_work per thread. One call works on one
 *          thread: callers divide their texts.
 */
#ifndef INFER_EMBEDDER_H
#define INFER_EMBEDDER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "infer/overlong.h"
#include "infer/session.h"

enum embedder_choice { EMBEDDER_AS_MODEL, EMBEDDER_YES, EMBEDDER_NO };

struct embedder_opt {
    struct session_opt session;
    enum overlong overlong;         /* OVERLONG_NONE: OVERLONG_CHUNK */
    const char *pooling;            /* "mean", "cls"; NULL: the model's */
    enum embedder_choice normalize; /* to length 1 */
    int dims; /* keep the first dims numbers (before normalizing); 0: all */
};

/* What happened to a text. */
struct embedder_info {
    enum err_code code; /* ERR_NONE, or why it has no vector: ERR_OVERLONG, ERR_NAN (the
                           model gives no finite numbers), ERR_LIMIT */
    enum overlong how;  /* OVERLONG_SKIP: it has no vector either */
    size_t tokens;      /* with special tokens, before anything was cut */
    size_t kept;        /* of these; fewer when truncated, 0 without a vector */
};

struct embedder_piece {
    size_t text;       /* its number */
    size_t at, tokens; /* which of the text's tokens; special ones not counted */
};

/* One thread's memory. A zeroed struct is ready. Fields are private. */
struct embedder_work {
    struct tokenizer_work token;
    struct model_work model;
    struct arena batch;
};
void embedder_work_release(struct embedder_work *w);

struct embedder;

/* ERR_MODEL; ERR_USAGE for an option that the model cannot follow; ERR_NOMEM. */
struct embedder *embedder_open(const struct embedder_opt *opt, struct err *e);
void embedder_close(struct embedder *m); /* NULL is fine */

int embedder_dim(const struct embedder *m);
const struct session *embedder_session(const struct embedder *m);

/* Texts must be UTF-8. vec [n, dim]; the row of a text without a vector is zero. What
 * is wrong with one text is in its info and no failure of the call. */
void embedder_run(const struct embedder *m, struct embedder_work *w,
                  const struct str *text, size_t n, float *vec,
                  struct embedder_info *info);

/* What embedder_run() would say in info, from the tokens alone: nothing is computed. */
void embedder_count(const struct embedder *m, struct embedder_work *w,
                    const struct str *text, size_t n, struct embedder_info *info);

/* Say why info->code is what it is, for a text of this embedder. */
void embedder_explain(const struct embedder *m, const struct embedder_info *info,
                      struct err *e);

/*
 * The parts of embedder_run(), for who merges chunks in another way: the pooled vectors
 * of all pieces in the order of the texts, not cut to dims nor normalized; texts
 * without a vector have no pieces. Valid until the next call with w.
 */
struct embedder_pieces {
    const struct embedder_piece *piece;
    float *vec; /* [n, n_embd] */
    size_t n;
};
struct embedder_pieces embedder_pool(const struct embedder *m, struct embedder_work *w,
                                     const struct str *text, size_t n,
                                     struct embedder_info *info);

#endif
