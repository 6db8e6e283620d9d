/*
 * model.h - a network: token ids in, hidden states out
 *
 *     struct model_opt opt = { .arith = ARITH_F32, .pool = pool };
 *     struct model *m = model_open(dir, &opt, &e);
 *     struct model_batch b = { ids, n_tok, start, n_seq };
 *     struct model_work work = { 0 };                    one per thread
 *     model_encode(m, &b, hidden, &work);                hidden [n_tok, m->n_embd]
 *     model_close(m);
 *
 * The architecture is what config.json calls model_type; each is a line of model_list.h
 * and a file that shows the network and runs it.
 *
 * Owns:    the packed weights and the mapped files. With `cache` the packed weights lie
 *          in the cache folder "packed" (file.h), one file for each model, arithmetic
 *          and level, and are shared by all processes that run it.
 * Threads: constant after open; any number of threads may encode at once, each with a
 *          model_work of its own. One call works on one thread.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "format/config.h"
#include "format/weights.h"
#include "tensor/pack.h"

struct model_opt {
    enum arith arith;
    struct pool *pool; /* shares the packing; NULL: on this thread */
    int cache;         /* packed weights are kept in a file for the next start */
};

/* Sequences end to end, without padding. */
struct model_batch {
    const int32_t *id; /* [n_tok], each below n_vocab */
    size_t n_tok;
    const size_t *start; /* [n_seq + 1]: the first token of each; the last is n_tok */
    size_t n_seq;        /* each has 1 to n_ctx tokens */
};

/* One thread's memory, kept from batch to batch. A zeroed struct is ready. */
struct model_work {
    struct arena state;   /* activations */
    struct arena between; /* rows from one product to the next */
    struct arena scratch; /* of one product */
};
void model_work_release(struct model_work *w);

struct model;
struct taskhead_kind;

/* What an architecture provides. */
struct model_ops {
    const char *type; /* config.json's model_type */

    /* A struct that begins with struct model; model_open() fills ops, config,
     * weights and packed. All packs are made by the options given, in an order that the
     * configuration alone decides. */
    struct model *(*open)(const struct config *c, const struct weights *w,
                          const struct pack_opt *pack, struct err *e);
    void (*close)(struct model *m); /* NULL is fine */

    /* See model_encode(). */
    void (*encode)(const struct model *m, const struct model_batch *b, float *hidden,
                   struct model_work *work);

    /* [TASKHEADS]: what the heads of its checkpoints are called, see taskhead.h; NULL:
     * it has none that are read here. */
    const struct taskhead_kind *head;
};

struct model {
    const struct model_ops *ops;
    struct config *config; /* config.json, for what is read later: heads */
    struct weights *weights;
    struct packfile *packed; /* NULL: none */
    int n_embd;              /* width of a hidden state */
    int n_ctx;               /* most tokens of a sequence */
    int n_vocab;             /* ids go from 0 to n_vocab - 1 */

    /* What heads share with the network; an architecture without heads may leave it. */
    const struct weight *word; /* [n_vocab, n_embd], as the file has it */
    float eps;                 /* of its norms */
};

/* A folder with config.json and weights. ERR_MODEL, ERR_NOMEM; what is wrong with a
 * cache is no error. */
struct model *model_open(const char *dir, const struct model_opt *opt, struct err *e);
void model_close(struct model *m); /* NULL is fine */

/*
 * The last hidden state of every token: hidden [n_tok, n_embd]. A sequence's rows are
 * the same bits whatever its neighbours are. Bad weights may give NaN; nothing else can
 * go wrong.
 */
void model_encode(const struct model *m, const struct model_batch *b, float *hidden,
                  struct model_work *work);

#endif
