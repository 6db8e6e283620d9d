/*
 * decodersize.h - how much memory a decoder takes to run, before it does
 *
 * Upper bounds, near what is really taken where sequences grow to their full length.
 * SIZE_MAX: too many.
 *
 * Threads: no state.
 */
#ifndef MODEL_DECODERSIZE_H
#define MODEL_DECODERSIZE_H

#include "model/decoder.h"

/* Of a sequence of n tokens that has `shared` of them in common with another */
size_t decodersize_seq(const struct decoder *m, size_t n, size_t shared);

/* Of a decoder_work for calls of n_tok tokens in sequences of n_ctx */
size_t decodersize_work(const struct decoder *m, size_t n_tok, size_t n_ctx);

/* Of the model's file, that is read as its tokens come */
size_t decodersize_tables(const struct decoder *m);

#endif
