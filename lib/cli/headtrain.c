/* headtrain.c - from examples to a head */
#include "cli/headtrain.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/trainreport.h"
#include "format/headfile.h"

/* training: the report, which the file has too. */
static int
save(const struct headtrain *h, const struct examples *x, const struct trainer *t,
     const struct buf *training, struct err *e)
{
    const struct session *s = embedder_session(h->m);
    struct headfile f = { .n_label = x->n_label,
                          .dim = (size_t)embedder_dim(h->m),
                          .label = x->name,
                          .temperature = (float)t->temperature,
                          .bias = t->bias,
                          .weights = t->weights };
    struct buf b = { 0 };
    int rc;

    snprintf(f.base, sizeof f.base, "%s", h->base);
    snprintf(f.precision, sizeof f.precision, "%s", session_precision(s));
    session_sha(s, f.sha);
    headfile_write(&f, (struct str){ training->p, training->n }, &b);
    rc = file_replace(h->save, b.p, b.n, e);
    buf_free(&b);
    return rc;
}

static int
fit(const struct headtrain *h, const struct examples *x, const float *vec,
    struct buf *json, struct buf *text, struct err *e)
{
    struct trainer_set set = { .vec = vec,
                               .n = x->n,
                               .d = (size_t)embedder_dim(h->m),
                               .label = x->label,
                               .n_label = x->n_label,
                               .print = x->print };
    struct trainer *t = trainer_run(&set, &h->opt);
    struct trainreport r;
    int rc;

    trainreport_make(&r, x, t, &h->opt);
    trainreport_json(&r, json);
    trainreport_text(&r, text);
    rc = h->save ? save(h, x, t, json, e) : 0;
    trainreport_release(&r);
    trainer_free(t);
    return rc;
}

int
headtrain_run(const struct headtrain *h, const struct str *row, size_t n,
              struct buf *json, struct buf *text, struct err *e)
{
    struct examples x;
    float *vec;
    int rc = -1;

    if (examples_make(&x, row, n, e))
        return -1;
    vec = mem_alloc(mem_mul(n, (size_t)embedder_dim(h->m) * sizeof *vec));
    if (vectors_make(h->m, x.text, n, &h->vectors, vec, e) >= 0)
        rc = fit(h, &x, vec, json, text, e);
    mem_free(vec);
    examples_release(&x);
    return rc;
}
