/* classifier.c - which of some labels fits a text */
#include "infer/classifier.h"

#include <math.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "tensor/ops.h"

struct classifier {
    struct embedder *embedder;
    const struct kernels *k;
    size_t n, wide;
    struct str *name; /* [n], copies */
    float *vec;       /* [n, wide], of length 1 */
    float sharpness;  /* 1 / T */
};

/* ---- open ---- */

static int
check_labels(const struct classifier_opt *opt, struct err *e)
{
    struct map *seen;
    int rc = 0;

    if (opt->n_label == 0 || opt->n_label > CLASSIFIER_LABELS)
        return err_set(e, ERR_USAGE, "%zu labels: must be 1 to %d", opt->n_label,
                       CLASSIFIER_LABELS);
    seen = map_new(opt->n_label);
    for (size_t i = 0; i < opt->n_label && rc == 0; i++) {
        struct str name = opt->label[i].name;
        if (name.n == 0)
            rc = err_set(e, ERR_USAGE, "label %zu has no name", i + 1);
        else if (!map_put(seen, name, (int32_t)i))
            rc = err_set(e, ERR_USAGE, "label '%.*s' is given twice",
                         (int)(name.n < 100 ? name.n : 100), name.p);
    }
    map_free(seen);
    return rc;
}

static int
set_temperature(struct classifier *c, float t, struct err *e)
{
    if (t == 0)
        t = CLASSIFIER_TEMPERATURE;
    if (!(t >= 1e-4f && t <= 1e4f))
        return err_set(e, ERR_USAGE, "temperature %g: must be 0.0001 to 10000",
                       (double)t);
    c->sharpness = 1.0f / t;
    return 0;
}

static void
copy_names(struct classifier *c, const struct classifier_label *label)
{
    c->name = mem_zero(c->n, sizeof *c->name);
    for (size_t i = 0; i < c->n; i++) {
        char *copy = mem_alloc(label[i].name.n);
        memcpy(copy, label[i].name.p, label[i].name.n);
        c->name[i] = (struct str){ copy, label[i].name.n };
    }
}

/* One vector for each description, however long it is. */
static int
embed_labels(struct classifier *c, const struct classifier_label *label, struct err *e)
{
    struct embedder_info *info = mem_zero(c->n, sizeof *info);
    struct str *text = mem_zero(c->n, sizeof *text);
    struct embedder_work w = { 0 };
    int rc = 0;

    for (size_t i = 0; i < c->n; i++)
        text[i] = label[i].description.n ? label[i].description : label[i].name;
    c->vec = mem_zero(c->n, mem_mul(c->wide, sizeof *c->vec));
    embedder_run(c->embedder, &w, text, c->n, c->vec, info);
    for (size_t i = 0; i < c->n && rc == 0; i++)
        if (info[i].code != ERR_NONE || info[i].how == OVERLONG_SKIP) {
            embedder_explain(c->embedder, &info[i], e);
            e->code = ERR_USAGE;
            rc = err_wrap(e, "description of label %zu", i + 1);
        }
    embedder_work_release(&w);
    mem_free(text);
    mem_free(info);
    return rc;
}

struct classifier *
classifier_open(const struct classifier_opt *opt, struct err *e)
{
    struct embedder_opt embed = opt->embed;
    struct classifier *c;

    if (check_labels(opt, e))
        return NULL;
    embed.normalize = EMBEDDER_YES;
    embed.dims = 0;
    c = mem_zero(1, sizeof *c);
    c->k = kernel_get(cpu_level());
    c->n = opt->n_label;
    if (set_temperature(c, opt->temperature, e) == 0 &&
        (c->embedder = embedder_open(&embed, e)) != NULL) {
        c->wide = (size_t)embedder_dim(c->embedder);
        copy_names(c, opt->label);
        if (embed_labels(c, opt->label, e) == 0)
            return c;
    }
    classifier_close(c);
    return NULL;
}

void
classifier_close(struct classifier *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; c->name && i < c->n; i++)
        mem_free((char *)(uintptr_t)c->name[i].p);
    mem_free(c->name);
    mem_free(c->vec);
    embedder_close(c->embedder);
    mem_free(c);
}

const struct embedder *
classifier_embedder(const struct classifier *c)
{
    return c->embedder;
}

size_t
classifier_count(const struct classifier *c)
{
    return c->n;
}

struct str
classifier_name(const struct classifier *c, size_t label)
{
    return c->name[label];
}

/* ---- run ---- */

/* row [n] = row + part * cosine of vec to each label. -1: vec is not finite. */
static int
add_cosines(const struct classifier *c, float *vec, float part, float *row)
{
    if (!isfinite(ops_dot(c->k, vec, vec, c->wide)))
        return -1;
    ops_normalize(c->k, vec, c->wide);
    for (size_t i = 0; i < c->n; i++)
        row[i] += part * ops_dot(c->k, vec, c->vec + i * c->wide, c->wide);
    return 0;
}

/* The probabilities of a text from its k pieces. */
static int
text_row(const struct classifier *c, const struct embedder_piece *piece, float *vec,
         size_t k, float *row)
{
    size_t total = 0;

    for (size_t i = 0; i < k; i++)
        total += piece[i].tokens;
    memset(row, 0, c->n * sizeof *row);
    for (size_t i = 0; i < k; i++) {
        float part = k == 1 ? 1.0f : (float)piece[i].tokens / (float)total;
        if (add_cosines(c, vec + i * c->wide, part, row))
            return -1;
    }
    ops_softmax(c->k, row, c->n, c->sharpness);
    return 0;
}

void
classifier_run(const struct classifier *c, struct embedder_work *w,
               const struct str *text, size_t n, float *prob,
               struct embedder_info *info)
{
    struct embedder_pieces p = embedder_pool(c->embedder, w, text, n, info);

    if (n > 0)
        memset(prob, 0, mem_mul(n, c->n * sizeof *prob));
    for (size_t i = 0, k; i < p.n; i += k) {
        size_t t = p.piece[i].text;

        for (k = 1; i + k < p.n && p.piece[i + k].text == t;)
            k++;
        if (text_row(c, &p.piece[i], p.vec + i * c->wide, k, prob + t * c->n) == 0)
            continue;
        memset(prob + t * c->n, 0, c->n * sizeof *prob);
        info[t].code = ERR_NAN;
        info[t].kept = 0;
    }
}

size_t
classifier_best(const struct classifier *c, const float *prob)
{
    size_t best = 0;

    for (size_t i = 1; i < c->n; i++)
        if (prob[i] > prob[best])
            best = i;
    return best;
}
