/*
 * relay.h - texts into another language by one model, or by two, one after the other
 *
 * The second goes on where the first arrived. What is in the last language already can
 * be left alone (already.h).
 *
 *     struct relay_opt opt = { .leg = { en_pt }, .n = 1, .to = "pt", .lid = path };
 *     struct relay *r = relay_open(&opt, &e);
 *     struct relay_work w = { 0 };                          one per thread
 *     relay_run(r, &w, text, n, out);                       out [n]
 *     relay_work_release(&w);
 *     relay_close(r);
 *
 * Threads: constant after open; one relay_work per thread.
 */
#ifndef INFER_RELAY_H
#define INFER_RELAY_H

#include <stddef.h>

#include "infer/already.h"
#include "infer/translator.h"

#define RELAY_LEGS 2

struct relay_opt {
    struct translator_opt leg[RELAY_LEGS]; /* [n]; n_best counts in the last one */
    size_t n;
    const char *lid; /* a model that tells languages apart; NULL: translate all */
    const char *to;  /* the last language, if there is a lid */
};

struct relay_out {
    struct str text; /* until the next call with the work */
    /* What the first leg says of its tokens; the score is the product of both, the
     * n best are the last one's. */
    struct translator_info info;
    int already; /* the text was in the last language; it is its own translation */
};

struct relay_work {
    struct translator_work leg[RELAY_LEGS];
    struct already_work already;
    struct arena mem;
};
void relay_work_release(struct relay_work *w);

struct relay;

/* As translator_open() and already_open(). */
struct relay *relay_open(const struct relay_opt *opt, struct err *e);
void relay_close(struct relay *r); /* NULL is fine */

/* The first model. */
const struct translator *relay_first(const struct relay *r);

/* Texts must be UTF-8. */
void relay_run(const struct relay *r, struct relay_work *w, const struct str *text,
               size_t n, struct relay_out *out);

/* What relay_run() would say of each in info.tokens and already. */
void relay_count(const struct relay *r, struct relay_work *w, const struct str *text,
                 size_t n, struct relay_out *out);

#endif
