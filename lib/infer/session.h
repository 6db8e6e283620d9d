/*
 * session.h - a model's folder, opened: tokenizer, network, and how to make vectors
 *
 * What is checked here is that the parts fit each other; each part has checked itself.
 *
 *     struct session_opt opt = { .dir = dir, .pool = pool };
 *     struct session *s = session_open(&opt, &e);
 *     session_close(s);
 *
 * Threads: constant after open.
 */
#ifndef INFER_SESSION_H
#define INFER_SESSION_H

#include "base/err.h"
#include "base/pool.h"
#include "base/sha.h"
#include "format/sentence.h"
#include "model/model.h"
#include "token/tokenizer.h"

/* The arithmetic where none is named */
#define SESSION_ARITH ARITH_I8

struct session_opt {
    const char *dir;
    const char *precision; /* name of an arithmetic; NULL: SESSION_ARITH */
    struct pool *pool;     /* used while opening; NULL: one thread */
    int cache;             /* of packed weights, see model.h */
};

struct session {
    struct sentence how;
    struct tokenizer *tokenizer;
    struct tokenizer_frame frame; /* [CLS] and [SEP] */
    struct model *model;
    enum arith arith;
    size_t max_tokens; /* of a sequence, the frame included; more than the frame has */
};

/* ERR_MODEL; ERR_USAGE for an unknown precision; ERR_NOMEM. */
struct session *session_open(const struct session_opt *opt, struct err *e);
void session_close(struct session *s); /* NULL is fine */

/* The arithmetic of that name, `otherwise` for NULL; or -1, ERR_USAGE, and which
 * there are. */
int session_find_arith(const char *name, enum arith otherwise, struct err *e);

/* For reports; valid until close. */
const char *session_file(const struct session *s);      /* of the weights */
const char *session_precision(const struct session *s); /* "i8" */

/* The SHA-256 of the weights: what results depend on, with the precision. */
void session_sha(const struct session *s, char hex[SHA_HEX]);

#endif
