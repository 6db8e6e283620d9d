/*
 * decoder.h - a language model that reads from left to right: token ids in, logits of
 * the next one out
 *
 *     struct decoder_opt opt = { .arith = ARITH_I8, .kv = KV_F16, .pool = pool };
 *     struct decoder *m = decoder_open("model.gguf", &opt, &e);
 *     struct decoder_seq *s = decoder_seq_new(m);
 *     struct decoder_work work = { 0 };                  one per thread
 *     struct decoder_part part = { s, ids, n, 0 };
 *     decoder_run(m, &part, 1, x, &work);                x [n, m->n_embd]
 *     decoder_logits(m, x + (n - 1) * m->n_embd, 1, logits, &work);
 *     decoder_seq_free(s);
 *     decoder_close(m);
 *
 * A sequence remembers its tokens as keys and values; each call appends some to some
 * sequences. A token's numbers are the same bits whatever else is in the call, and
 * however its sequence was cut into calls.
 *
 * A model is a GGUF file, a folder with one, or a Hugging Face folder with config.json
 * and safetensors. Each architecture is a line of decoder_list.h and a file.
 *
 * Owns:    the packed weights and the mapped files; with `cache` the packed weights lie
 *          in the cache folder "packed", shared by all processes that run the model.
 * Threads: the model is constant after open. A sequence and a work have one owner at a
 *          time. One call works on one thread.
 */
#ifndef MODEL_DECODER_H
#define MODEL_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "format/config.h"
#include "format/weights.h"
#include "tensor/kv.h"
#include "tensor/pack.h"

struct decoder_opt {
    enum arith arith;
    enum kv_type kv;
    struct pool *pool; /* shares the packing; NULL: on this thread */
    int cache;         /* packed weights are kept in a file for the next start */
};

struct decoder_net;

/* Of what a token's keys and values are, besides model, arithmetic and type: whatever
 * changes a bit of them makes it one more, for files that keep them (prefiximage.h). */
#define DECODER_VERSION 1

/* Constant; fields are to be read only. */
struct decoder {
    const char *arch; /* "llama" */
    int n_embd;       /* width of a hidden state */
    int n_ctx;        /* most tokens of a sequence */
    int n_vocab;
    const struct weights *weights; /* GGUF: and what the file says about itself */
    const struct config *config;   /* config.json, or NULL: a GGUF file */
    struct decoder_net *net;
};

/* Is there an architecture of that name? */
int decoder_knows(struct str name);

/* ERR_MODEL, ERR_NOMEM; what is wrong with a cache is no error. */
struct decoder *decoder_open(const char *path, const struct decoder_opt *opt,
                             struct err *e);
void decoder_close(struct decoder *m); /* NULL is fine */

/* A text in the making */
struct decoder_seq;

struct decoder_seq *decoder_seq_new(const struct decoder *m);
void decoder_seq_free(struct decoder_seq *s); /* NULL is fine */

/* Forget all tokens; memory stays for those to come. */
void decoder_seq_reset(struct decoder_seq *s);

/* The same, and the memory goes back to the system. */
void decoder_seq_drop(struct decoder_seq *s);

/* Begin anew with the first n tokens of another, which stays as it is until s is reset
 * or freed; most of its memory is shared. */
void decoder_seq_fork(struct decoder_seq *s, const struct decoder_seq *from, size_t n);

/* The same with tokens whose blocks (kv.h) lie elsewhere, and are only read. */
void decoder_seq_begin(struct decoder_seq *s, void *const *block, size_t n);

/* The blocks of its tokens, until it changes. Those of a sequence that was never reset
 * are zero behind them. */
void *const *decoder_seq_blocks(const struct decoder_seq *s);

/* Forget all but the first n tokens, which are no fewer than it was forked with. */
void decoder_seq_cut(struct decoder_seq *s, size_t n);

size_t decoder_seq_tokens(const struct decoder_seq *s);

/* Tokens to append: n > 0, and n_ctx is not passed. A sequence is in one part only. */
struct decoder_part {
    struct decoder_seq *seq;
    const int32_t *id; /* [n], each below n_vocab */
    size_t n;
    size_t skip; /* the states of so many at its begin are not wanted, <= n */
};

/* One thread's memory. A zeroed struct is ready. */
struct decoder_work {
    struct arena state;   /* activations */
    struct arena scratch; /* of one product */
};
void decoder_work_release(struct decoder_work *w);

/* The last hidden state of every token appended but those to be skipped, normalized: x
 * [n - skip of all parts, n_embd]. Bad weights may give NaN; nothing else can go wrong.
 * */
void decoder_run(const struct decoder *m, const struct decoder_part *part, size_t n,
                 float *x, struct decoder_work *work);

/* Logits of the token that follows: x [n, n_embd], logits [n, n_vocab] */
void decoder_logits(const struct decoder *m, const float *x, size_t n, float *logits,
                    struct decoder_work *work);

#endif
