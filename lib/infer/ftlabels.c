/* ftlabels.c - the labels of a fastText classifier */
#include "infer/ftlabels.h"

#include <string.h>

#include "base/dirlist.h"
#include "base/mem.h"
#include "infer/fasttext.h"

struct ftlabels {
    struct labeler l;
    struct fasttext *m;
    struct str *name;
};

int
ftlabels_bid(const char *path)
{
    return dirlist_has(path, ".ftz") || str_ends(str_of(path), ".bin");
}

static void
run(const struct labeler *l, struct labeler_work *w, const struct str *text, size_t n,
    float *prob, struct embedder_info *info)
{
    const struct ftlabels *h = (const struct ftlabels *)l;
    struct fasttext_work work = { 0 };

    (void)w;
    for (size_t i = 0; i < n; i++) {
        float *row = prob ? prob + i * l->n : NULL;
        size_t words =
            row ? fasttext_run(h->m, &work, text[i], row) : ftwords_count(text[i]);

        info[i] = (struct embedder_info){ .tokens = words, .kept = words };
        if (row == NULL)
            continue;
        if (words > 0 && !(row[labeler_best(l, row)] >= 0))
            info[i].code = ERR_NAN;
        if (words == 0 || info[i].code != ERR_NONE)
            memset(row, 0, l->n * sizeof *row);
    }
    fasttext_work_release(&work);
}

static void
close_labels(struct labeler *l)
{
    struct ftlabels *h = (struct ftlabels *)l;

    fasttext_close(h->m);
    mem_free(h->name);
    mem_free(h);
}

struct labeler *
ftlabels_open(const char *path, struct err *e)
{
    static const struct labeler_ops ops = { .run = run, .close = close_labels };
    struct fasttext *m = fasttext_open(path, e);
    struct ftlabels *h;

    if (m == NULL)
        return NULL;
    h = mem_zero(1, sizeof *h);
    h->m = m;
    h->l = (struct labeler){ .ops = &ops, .n = fasttext_count(m) };
    h->name = mem_alloc(mem_mul(h->l.n, sizeof *h->name));
    for (size_t i = 0; i < h->l.n; i++)
        h->name[i] = fasttext_label(m, i);
    h->l.name = h->name;
    return &h->l;
}

const char *
ftlabels_file(const struct labeler *l)
{
    return fasttext_file(((const struct ftlabels *)l)->m);
}
