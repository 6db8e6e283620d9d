/* head.c - which of some labels fits a text, by a trained head */
#include "infer/head.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

struct head {
    struct labeler l;
    const struct headfile *file;
};

static int
add_scores(const struct labeler *l, struct embedder_work *w, float *vec, float part,
           float *row)
{
    const struct headfile *f = ((const struct head *)l)->file;

    (void)w;
    if (!isfinite(ops_dot(l->k, vec, vec, f->dim)))
        return -1;
    ops_normalize(l->k, vec, f->dim);
    for (size_t i = 0; i < l->n; i++)
        row[i] +=
            part * (f->bias[i] + ops_dot(l->k, vec, f->weights + i * f->dim, f->dim));
    return 0;
}

static void
close_head(struct labeler *l)
{
    mem_free(l);
}

/* Is it the model that the head was trained on? */
static int
check_model(const struct head *h, struct err *e)
{
    const struct headfile *f = h->file;
    const size_t wide = (size_t)embedder_dim(h->l.embedder);
    char sha[SHA_HEX];

    session_sha(embedder_session(h->l.embedder), sha);
    if (strcmp(sha, f->sha) != 0)
        return err_set(e, ERR_MODEL,
                       "the head is for a model '%s' with weights of sha256 %.12s..., "
                       "this one's are %.12s...",
                       f->base, f->sha, sha);
    if (wide != f->dim)
        return err_set(e, ERR_MODEL, "the head is for %zu numbers, the model has %zu",
                       f->dim, wide);
    return 0;
}

static int
open_model(struct head *h, const struct head_opt *opt, struct err *e)
{
    struct embedder_opt embed = opt->embed;

    embed.normalize = EMBEDDER_YES;
    embed.dims = 0;
    if (embed.session.precision == NULL) {
        embed.session.precision = h->file->precision;
        if (pack_arith_find(h->file->precision) < 0)
            return err_set(e, ERR_MODEL,
                           "the head is for a precision '%s', which is "
                           "not known",
                           h->file->precision);
    }
    h->l.embedder = embedder_open(&embed, e);
    return h->l.embedder ? check_model(h, e) : -1;
}

struct labeler *
head_open(const struct head_opt *opt, struct err *e)
{
    static const struct labeler_ops ops = { .add_scores = add_scores,
                                            .close = close_head };
    struct head *h = mem_zero(1, sizeof *h);
    float t = opt->temperature == 0 ? opt->file->temperature : opt->temperature;

    h->file = opt->file;
    h->l = (struct labeler){ .ops = &ops,
                             .k = kernel_get(cpu_level()),
                             .n = opt->file->n_label,
                             .name = opt->file->label };
    if (labeler_set_temperature(&h->l, t, e) == 0 && open_model(h, opt, e) == 0)
        return &h->l;
    labeler_close(&h->l);
    return NULL;
}
