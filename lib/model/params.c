/* params.c - the small tensors of a network, as floats */
#include "model/params.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"

const float *
params_get(const struct weights *w, const char *name, int rows, int n,
           struct arena *own, struct err *e)
{
    size_t dim[] = { (size_t)rows, (size_t)n };
    size_t count = mem_mul(rows ? dim[0] : 1, dim[1]);
    const struct weight *t =
        weights_get(w, name, rows ? 2 : 1, rows ? dim : dim + 1, e);
    float *v;

    if (t == NULL)
        return NULL;
    if (t->type == QUANT_F32 && (uintptr_t)t->data % sizeof(float) == 0)
        return t->data;
    v = arena_alloc(own, mem_mul(count, sizeof *v));
    quant_to_f32(t->type, t->data, v, count);
    return v;
}

int
params_get_norm(const struct weights *w, const char *name, int n, struct arena *own,
                struct params_norm *norm, struct err *e)
{
    char full[200];
    int old;

    snprintf(full, sizeof full, "%s.gamma", name);
    old = weights_find(w, full) != NULL;
    snprintf(full, sizeof full, "%s.%s", name, old ? "gamma" : "weight");
    if ((norm->gamma = params_get(w, full, 0, n, own, e)) == NULL)
        return -1;
    snprintf(full, sizeof full, "%s.%s", name, old ? "beta" : "bias");
    return (norm->beta = params_get(w, full, 0, n, own, e)) ? 0 : -1;
}

struct packfile *
params_packed_by(params_sha *sha_of, const void *of, const struct pack_opt *pack)
{
    struct packfile_key key = { .arith = pack_arith_name(pack->arith),
                                .version = pack_arith_version(pack->arith),
                                .level = cpu_name(pack->kernels->level) };
    char dir[PATH_MAX], sha[SHA_HEX];

    if (file_cache_dir("packed", dir, sizeof dir) ||
        (!sha_of(of, 0, sha) && !(packfile_can_write(dir) && sha_of(of, 1, sha))))
        return NULL;
    key.sha = sha;
    return packfile_open(dir, &key, pack->pool);
}

static int
sha_of_weights(const void *of, int compute, char hex[SHA_HEX])
{
    return weights_sha(of, compute, hex);
}

struct packfile *
params_packed(const struct weights *w, const struct pack_opt *pack)
{
    return params_packed_by(sha_of_weights, w, pack);
}
