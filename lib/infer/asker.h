/*
 * asker.h - texts to a language model and its answers, as its template has them
 *
 *     struct asker_opt opt = { .lm = lm, .head = STR("Summarize: "),
 *                              .generator = { .max_tokens = 128 } };
 *     struct asker *a = asker_open(&opt, &e);
 *     struct asker_work w = { 0 };                           one per thread
 *     asker_run(a, &w, text, n, answer, info);               answer [n]
 *     asker_work_release(&w);
 *     asker_close(a);
 *
 * A text is what the user says; system text and turns are the same for all. One that is
 * too long, with max_tokens for its answer, loses tokens at its end, before the tail.
 *
 * Threads: constant after open; one asker_work per thread. One call works on one
 *          thread.
 */
#ifndef INFER_ASKER_H
#define INFER_ASKER_H

#include "infer/chat.h"
#include "infer/generator.h"
#include "infer/overlong.h"

struct asker_opt {
    const struct lm *lm;
    const struct str *system; /* NULL: none of ours */
    const struct chat_turn *turn;
    size_t n_turn;
    struct str head;                /* what most texts begin with */
    struct str tail;                /* what all texts end with: it stays */
    enum overlong overlong;         /* OVERLONG_ERROR, _TRUNCATE or _SKIP */
    struct generator_opt generator; /* but for lm and prefix */
};

/* What happened to a text */
struct asker_info {
    struct err e;      /* ERR_NONE, or why there is no answer */
    enum overlong how; /* OVERLONG_SKIP: there is none either */
    size_t tokens, kept;
};

/* One thread's memory. A zeroed struct is ready. Fields are private. */
struct asker_work {
    struct generator_work generator;
    struct chat_work chat;
    struct tokenizer_work token;
    struct buf cut;
    struct arena batch;
};
void asker_work_release(struct asker_work *w);

struct asker;

/* ERR_USAGE, ERR_MODEL; the strings of opt outlive it. */
struct asker *asker_open(const struct asker_opt *opt, struct err *e);
void asker_close(struct asker *a); /* NULL is fine */

const struct generator *asker_generator(const struct asker *a);

/* Texts must be UTF-8. answer and info [n], valid until the next call with w. */
void asker_run(const struct asker *a, struct asker_work *w, const struct str *text,
               size_t n, struct generator_answer *answer, struct asker_info *info);

/* What asker_run() would say in info, from the tokens alone. */
void asker_count(const struct asker *a, struct asker_work *w, const struct str *text,
                 size_t n, struct asker_info *info);

#endif
