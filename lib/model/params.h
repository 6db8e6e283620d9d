/*
 * params.h - what the networks' files share: small tensors, as floats, and where packed
 * weights are kept
 *
 *     const float *bias = params_get(w, "classifier.bias", 0, 9, &own, &e);
 *
 * What the file has as aligned floats stays there; the rest is converted into `own`.
 * Errors are those of weights_get().
 *
 * Owns:    nothing; results live as long as the weights and `own` both do.
 * Threads: start only; what they gave is constant.
 */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H

#include "base/arena.h"
#include "format/weights.h"
#include "tensor/packfile.h"

/* The tensor [rows, n], or [n] where rows is 0. NULL: it is not there or not so. */
const float *params_get(const struct weights *w, const char *name, int rows, int n,
                        struct arena *own, struct err *e);

/* Layer norm: see kernel.h. */
struct params_norm {
    const float *gamma, *beta; /* [n] */
};

/* NAME.weight and NAME.bias, or .gamma and .beta as files of the first years say. */
int params_get_norm(const struct weights *w, const char *name, int n, struct arena *own,
                    struct params_norm *norm, struct err *e);

/* The file of packed weights; NULL: there is no place for one. The hash of the weights,
 * when it is not known yet, costs more than packing: it must be worth it. */
struct packfile *params_packed(const struct weights *w, const struct pack_opt *pack);

/* The same for what is in files of another kind: `sha` is as weights_sha(), of `of`. */
typedef int params_sha(const void *of, int compute, char hex[SHA_HEX]);
struct packfile *params_packed_by(params_sha *sha, const void *of,
                                  const struct pack_opt *pack);

#endif
