/* classifier.c - which of some labels fits a text */
#include "infer/classifier.h"

#include <math.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "tensor/ops.h"

struct classifier {
    struct labeler l;
    size_t wide;
    struct str *name; /* [n], copies */
    float *vec;       /* [n, wide], of length 1 */
};

/* ---- open ---- */

int
classifier_check(const struct classifier_label *label, size_t n, struct err *e)
{
    struct map *seen;
    int rc = 0;

    if (n == 0 || n > CLASSIFIER_LABELS)
        return err_set(e, ERR_USAGE, "%zu labels: must be 1 to %d", n,
                       CLASSIFIER_LABELS);
    seen = map_new(n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct str name = label[i].name;
        if (name.n == 0)
            rc = err_set(e, ERR_USAGE, "label %zu has no name", i + 1);
        else if (!map_put(seen, name, (int32_t)i))
            rc = err_set(e, ERR_USAGE, "label '%.*s' is given twice",
                         (int)(name.n < 100 ? name.n : 100), name.p);
    }
    map_free(seen);
    return rc;
}

static void
copy_names(struct classifier *c, const struct classifier_label *label)
{
    c->name = mem_zero(c->l.n, sizeof *c->name);
    c->l.name = c->name;
    for (size_t i = 0; i < c->l.n; i++) {
        char *copy = mem_alloc(label[i].name.n);
        memcpy(copy, label[i].name.p, label[i].name.n);
        c->name[i] = (struct str){ copy, label[i].name.n };
    }
}

/* One vector for each description, however long it is. */
static int
embed_labels(struct classifier *c, const struct classifier_label *label, struct err *e)
{
    struct embedder_info *info = mem_zero(c->l.n, sizeof *info);
    struct str *text = mem_zero(c->l.n, sizeof *text);
    struct embedder_work w = { 0 };
    int rc = 0;

    for (size_t i = 0; i < c->l.n; i++)
        text[i] = label[i].description.n ? label[i].description : label[i].name;
    c->vec = mem_zero(c->l.n, mem_mul(c->wide, sizeof *c->vec));
    embedder_run(c->l.embedder, &w, text, c->l.n, c->vec, info);
    for (size_t i = 0; i < c->l.n && rc == 0; i++)
        if (info[i].code != ERR_NONE || info[i].how == OVERLONG_SKIP) {
            embedder_explain(c->l.embedder, &info[i], e);
            e->code = ERR_USAGE;
            rc = err_wrap(e, "description of label %zu", i + 1);
        }
    embedder_work_release(&w);
    mem_free(text);
    mem_free(info);
    return rc;
}

/* row [n] = row + part * cosine of vec to each label. */
static int
add_cosines(const struct labeler *l, struct embedder_work *w, float *vec, float part,
            float *row)
{
    const struct classifier *c = (const struct classifier *)l;

    (void)w;
    if (!isfinite(ops_dot(l->k, vec, vec, c->wide)))
        return -1;
    ops_normalize(l->k, vec, c->wide);
    for (size_t i = 0; i < l->n; i++)
        row[i] += part * ops_dot(l->k, vec, c->vec + i * c->wide, c->wide);
    return 0;
}

static void
close_classifier(struct labeler *l)
{
    struct classifier *c = (struct classifier *)l;

    for (size_t i = 0; c->name && i < l->n; i++)
        mem_free((char *)(uintptr_t)c->name[i].p);
    mem_free(c->name);
    mem_free(c->vec);
    mem_free(c);
}

struct labeler *
classifier_open(const struct classifier_opt *opt, struct err *e)
{
    static const struct labeler_ops ops = { .add_scores = add_cosines,
                                            .close = close_classifier };
    struct embedder_opt embed = opt->embed;
    struct classifier *c;

    if (classifier_check(opt->label, opt->n_label, e))
        return NULL;
    embed.normalize = EMBEDDER_YES;
    embed.dims = 0;
    c = mem_zero(1, sizeof *c);
    c->l.ops = &ops;
    c->l.k = kernel_get(cpu_level());
    c->l.n = opt->n_label;
    if (labeler_set_temperature(
            &c->l, opt->temperature == 0 ? CLASSIFIER_TEMPERATURE : opt->temperature,
            e) == 0 &&
        (c->l.embedder = embedder_open(&embed, e)) != NULL) {
        c->wide = (size_t)embedder_dim(c->l.embedder);
        copy_names(c, opt->label);
        if (embed_labels(c, opt->label, e) == 0)
            return &c->l;
    }
    labeler_close(&c->l);
    return NULL;
}
