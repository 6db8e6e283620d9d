/* model.c - a network: token ids in, hidden states out */
#include "model/model.h"

#include <string.h>

#include "model/params.h"
#include "tensor/packfile.h"

#define MODEL(a) extern const struct model_ops a##_ops;
#include "model/model_list.h"
#undef MODEL

static const struct model_ops *const models[] = {
#define MODEL(a) &a##_ops,
#include "model/model_list.h"
#undef MODEL
};

void
model_work_release(struct model_work *w)
{
    arena_release(&w->state);
    arena_release(&w->between);
    arena_release(&w->scratch);
}

static const struct model_ops *
find(const struct config *c, struct err *e)
{
    char type[64];

    if (config_str(c, "model_type", type, sizeof type, e))
        return NULL;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(type, models[i]->type) == 0)
            return models[i];
    config_bad(c, "model_type", e, "'%s' is not supported", type);
    return NULL;
}

static struct model *
open_weights(const struct model_ops *ops, const char *dir, const struct config *c,
             const struct model_opt *opt, struct err *e)
{
    struct pack_opt pack = { .arith = opt->arith,
                             .kernels = kernel_get(cpu_level()),
                             .pool = opt->pool };
    struct weights *w = weights_open(dir, e);
    struct model *m;

    if (w && opt->cache)
        pack.file = params_packed(w, &pack);
    m = w ? ops->open(c, w, &pack, e) : NULL;
    if (m == NULL) {
        packfile_close(pack.file);
        weights_close(w);
        return NULL;
    }
    if (pack.file)
        packfile_end(pack.file);
    m->ops = ops;
    m->weights = w;
    m->packed = pack.file;
    return m;
}

struct model *
model_open(const char *dir, const struct model_opt *opt, struct err *e)
{
    struct config *c = config_open(dir, "config.json", e);
    const struct model_ops *ops = c ? find(c, e) : NULL;
    struct model *m = ops ? open_weights(ops, dir, c, opt, e) : NULL;

    if (m)
        m->config = c;
    else
        config_close(c);
    return m;
}

void
model_close(struct model *m)
{
    struct config *c;
    struct weights *w;
    struct packfile *packed;

    if (m == NULL)
        return;
    c = m->config;
    w = m->weights;
    packed = m->packed;
    m->ops->close(m);
    packfile_close(packed);
    weights_close(w);
    config_close(c);
}

void
model_encode(const struct model *m, const struct model_batch *b, float *hidden,
             struct model_work *work)
{
    m->ops->encode(m, b, hidden, work);
}
