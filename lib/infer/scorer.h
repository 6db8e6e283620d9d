/*
 * scorer.h - how well a language model foresees texts
 *
 *     struct scorer_work w = { 0 };                          one per thread
 *     scorer_run(lm, &opt, &w, text, n, info);               info [n]
 *     scorer_work_release(&w);
 *
 * The text as it is, behind the token that begins a text where the model has one: each
 * token but the first one is foretold from those before it. A text's numbers depend on
 * the text alone.
 *
 * Threads: one work per thread; one call works on one thread.
 */
#ifndef INFER_SCORER_H
#define INFER_SCORER_H

#include "infer/lm.h"
#include "infer/overlong.h"
#include "infer/slots.h"

struct scorer_opt {
    int special;            /* special tokens written in texts are such */
    enum overlong overlong; /* OVERLONG_ERROR, _TRUNCATE or _SKIP */
    struct slots *room;     /* memory for texts; NULL: no bound */
};
#define SCORER_SLOTS 64 /* texts at once */

/* So that the process stays below mem bytes while so many workers run; mem 0: no bound.
 * To be closed. NULL: ERR_USAGE, that is too little. */
struct slots *scorer_room(const struct lm *m, size_t mem, size_t workers,
                          struct err *e);

/* What is said of a text */
struct scorer_info {
    enum err_code code; /* ERR_NONE, or why there is nothing: ERR_OVERLONG, ERR_NAN,
                           ERR_LIMIT */
    enum overlong how;
    size_t tokens, kept; /* of the text, with the one that begins it */
    size_t foretold;     /* tokens; with none mean_nll is 0 */
    double mean_nll;     /* the mean of -log(probability), natural */
};

/* One thread's memory. A zeroed struct is ready. Fields are private. */
struct scorer_work {
    struct decoder_seq **seq; /* [n_seq] */
    size_t n_seq;
    float *x, *logits;
    struct tokenizer_work token;
    struct decoder_work decoder;
    struct arena batch;
};
void scorer_work_release(struct scorer_work *w);

/* Texts must be UTF-8. */
void scorer_run(const struct lm *m, const struct scorer_opt *opt, struct scorer_work *w,
                const struct str *text, size_t n, struct scorer_info *info);

/* What scorer_run() would say in info, but for mean_nll. */
void scorer_count(const struct lm *m, const struct scorer_opt *opt,
                  struct scorer_work *w, const struct str *text, size_t n,
                  struct scorer_info *info);

#endif
