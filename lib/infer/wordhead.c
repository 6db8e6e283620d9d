/* wordhead.c - which of some labels fits a text, by its words */
#include "infer/wordhead.h"

#include <math.h>

#include "base/mem.h"
#include "text/wordbag.h"

struct wordhead {
    struct labeler l;
    const struct headfile *file;
    struct map *number; /* of the words */
    float *weights;     /* [dim, n]: a word's are side by side */
};

static void
add_row(const struct wordhead *h, const struct wordbag *b, struct arena *a, float *row)
{
    const size_t n = h->l.n;
    double *sum = arena_alloc(a, n * sizeof *sum);
    size_t found;
    int32_t *id = wordbag_known(b, h->number, a, &found);
    double value = found ? 1 / sqrt((double)found) : 0;

    for (size_t l = 0; l < n; l++)
        sum[l] = 0;
    for (size_t i = 0; i < found; i++)
        for (size_t l = 0; l < n; l++)
            sum[l] += (double)h->weights[(size_t)id[i] * n + l];
    for (size_t l = 0; l < n; l++)
        row[l] = (float)(sum[l] * value + (double)h->file->bias[l]);
    ops_softmax(h->l.k, row, n, h->l.sharpness);
}

static void
run(const struct labeler *l, struct labeler_work *w, const struct str *text, size_t n,
    float *prob, struct embedder_info *info)
{
    const struct wordhead *h = (const struct wordhead *)l;

    for (size_t i = 0; i < n; i++) {
        struct wordbag b;
        arena_reset(&w->mem);
        b = wordbag_split(text[i], &w->mem);
        info[i] = (struct embedder_info){ .tokens = b.n, .kept = b.n ? b.n : 1 };
        if (prob)
            add_row(h, &b, &w->mem, prob + i * l->n);
    }
}

static void
close_head(struct labeler *l)
{
    struct wordhead *h = (struct wordhead *)l;

    map_free(h->number);
    mem_free(h->weights);
    mem_free(h);
}

static int
place_words(struct wordhead *h, struct err *e)
{
    const struct headfile *f = h->file;
    const size_t bytes = mem_mul(f->dim, f->n_label * sizeof *h->weights);

    if ((h->weights = mem_try(bytes)) == NULL)
        return err_set(e, ERR_NOMEM, "no memory for %zu bytes of weights", bytes);
    h->number = map_new(f->dim);
    for (size_t i = 0; i < f->dim; i++) {
        map_put(h->number, f->word[i], (int32_t)i);
        for (size_t l = 0; l < f->n_label; l++)
            h->weights[i * f->n_label + l] = f->weights[l * f->dim + i];
    }
    return 0;
}

struct labeler *
wordhead_open(const struct headfile *file, float temperature, struct err *e)
{
    static const struct labeler_ops ops = { .run = run, .close = close_head };
    struct wordhead *h = mem_zero(1, sizeof *h);
    float t = temperature == 0 ? file->temperature : temperature;

    h->file = file;
    h->l = (struct labeler){ .ops = &ops,
                             .k = kernel_get(cpu_level()),
                             .n = file->n_label,
                             .name = file->label };
    if (labeler_set_temperature(&h->l, t, e) == 0 && place_words(h, e) == 0)
        return &h->l;
    labeler_close(&h->l);
    return NULL;
}
