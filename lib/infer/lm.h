/*
 * lm.h - a language model, opened: network, tokenizer, and how it is spoken to
 *
 *     struct lm_opt opt = { .path = "models/smollm2", .pool = pool };
 *     struct lm *m = lm_open(&opt, &e);
 *     lm_close(m);
 *
 * What is checked here is that the parts fit each other; each part has checked itself.
 *
 * Threads: constant after open.
 */
#ifndef INFER_LM_H
#define INFER_LM_H

#include "base/err.h"
#include "base/pool.h"
#include "infer/chat.h"
#include "model/decoder.h"
#include "token/tokenizer.h"

/* The arithmetic where none is named */
#define LM_ARITH ARITH_I16

/* Tokens of a call of the decoder: enough for the products, few enough to stay in the
 * caches */
#define LM_PASS_TOKENS 192

struct lm_opt {
    const char *path;      /* a folder or a GGUF file */
    const char *precision; /* name of an arithmetic; NULL: LM_ARITH */
    const char *kv;        /* type of the cache (kv.h); NULL: f16 */
    size_t ctx;            /* tokens of a text at most; 0: what the model takes */
    size_t enough;         /* and where it takes more than this, this; 0: all */
    struct chat_opt chat;
    struct pool *pool; /* used while opening; NULL: one thread */
    int cache;         /* of packed weights, see decoder.h */
};

struct lm {
    struct decoder *decoder;
    struct tokenizer *tokenizer;
    struct chat *chat;
    enum arith arith;
    enum kv_type kv;
    size_t n_ctx; /* tokens of a sequence at most */
};

/* ERR_MODEL; ERR_USAGE for an unknown precision or type, or a ctx that the model does
 * not have; ERR_NOMEM. */
struct lm *lm_open(const struct lm_opt *opt, struct err *e);
void lm_close(struct lm *m); /* NULL is fine */

/* Does it look like one: a GGUF file or a folder with one; or a folder whose
 * config.json names a decoder's type, or a class for texts that go on? */
int lm_bid(const char *path);

/* For reports; valid until close. */
const char *lm_file(const struct lm *m);      /* of the weights */
const char *lm_precision(const struct lm *m); /* "i16" */

#endif
