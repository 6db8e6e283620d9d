/*
 * masks.h - which tokens may come next, so that the text is a value of a schema
 *
 *     struct masks *m = masks_open(schema, tokenizer, &e);
 *     struct masks_walk w = { 0 };                           one per text
 *     if (masks_begin(m, &w, max_tokens, &e)) ...            too few for any value
 *     for (;;) {
 *         struct masks_next next;
 *         masks_next(m, &w, &next);
 *         if (next.what == MASKS_DONE)
 *             break;
 *         if (next.what == MASKS_FORCED)
 *             append next.id [next.n] to the text, nothing is asked of the model
 *         else if id = sample(logits, next.bits), or the end where next.may_end
 *             if (masks_take(m, &w, id))
 *                 append id
 *     }
 *     the value is w.text; every token of it was either forced or taken
 *     masks_walk_release(&w);
 *     masks_close(m);
 *
 * A model may give logits for more tokens than the tokenizer has: those beyond the mask
 * must not be chosen, nor must special tokens, which no mask has.
 *
 * There is no dead end: at any time what is left of max_tokens is enough to make the
 * value whole. A token after which it would not be is not taken, and the next tokens
 * are those that close the value: w.cut is set.
 *
 * Where only one text can follow (brackets, names of members) it is forced: as the
 * tokens that the tokenizer makes of it alone, or the longest that fit. Where tokens go
 * beyond its end (`":["`, with the quote of the first string) the last of it is left to
 * a mask; so may a token go beyond the end of any value, as the model likes it: `",`.
 *
 * A mask is made when it is first needed, in less than a millisecond, and kept. All
 * states inside of a string share one set of tokens that stay inside; only tokens with
 * a quote are looked at for each state.
 *
 * Owns:    masks what it made; the schema and the tokenizer must live as long. A walk
 *          its text.
 * Threads: masks may be used by any number of threads; a walk has one owner.
 * Limits:  MASKS_CACHE bytes of masks are kept; beyond that they are made each time.
 *          Tokens of more than TOKENTRIE_BYTES bytes never come.
 */
#ifndef INFER_MASKS_H
#define INFER_MASKS_H

#include "infer/schemawalk.h"
#include "token/tokenizer.h"

#define MASKS_CACHE ((size_t)64 << 20)

struct masks;
struct masks_entry;

/* ERR_MODEL: the vocabulary lacks bytes that a value needs. */
struct masks *masks_open(const struct schema *s, const struct tokenizer *t,
                         struct err *e);
void masks_close(struct masks *m); /* NULL is fine */

size_t masks_words(const struct masks *m); /* of a mask, 64 tokens each */
size_t masks_least(const struct masks *m); /* tokens of a shortest value */

/* A zeroed struct is ready. */
struct masks_walk {
    struct buf text; /* the value so far */
    size_t left;     /* tokens that may still come */
    int cut;         /* it was closed because no more tokens were left */

    struct schemawalk at; /* below: private */
    int ended;
    struct buf ids, close, key;
    struct masks_entry *own; /* one that is not kept */
};

/* ERR_RANGE: no value fits into max_tokens (the end token not counted). The walk may
 * have been used before. */
int masks_begin(const struct masks *m, struct masks_walk *w, size_t max_tokens,
                struct err *e);
void masks_walk_release(struct masks_walk *w);

enum masks_what {
    MASKS_FORCED, /* id [n] come next; they have been taken */
    MASKS_CHOICE, /* one of the tokens whose bit is set: masks_take() it */
    MASKS_DONE    /* the value is whole, nothing may follow */
};

struct masks_next {
    enum masks_what what;
    const int32_t *id; /* valid until the next call with w */
    size_t n;
    const uint64_t *bits; /* [masks_words(m)]: token i is bit i % 64 of word i / 64; at
                             least one is set. Valid until the next call with w */
    int may_end;          /* the model may end the text here, too: masks_end() */
};

void masks_next(struct masks *m, struct masks_walk *w, struct masks_next *next);

/* After MASKS_CHOICE. 1: taken. 0: not, since the value could not be made whole then:
 * masks_next() goes on. -1: the token is not in the mask. */
int masks_take(const struct masks *m, struct masks_walk *w, int32_t id);

/* The model ended the text, where it may. */
void masks_end(struct masks_walk *w);

#endif
