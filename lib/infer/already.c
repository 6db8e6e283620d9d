/* already.c - is a text already in the language that it shall be translated into? */
#include "infer/already.h"

#include <string.h>

#include "base/mem.h"

struct already {
    struct fasttext *m;
    size_t from, to; /* labels; from is the number of labels where it is not known */
};

/* The label of a language; the number of labels: there is none. */
static size_t
find(const struct fasttext *m, const char *lang)
{
    /* names in use that models of fastText do not have */
    static const char *const other[][2] = { { "nb", "no" }, { "iw", "he" } };
    struct str want = { lang, strcspn(lang, "-_") };
    size_t n = fasttext_count(m);

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (want.n == 2 && memcmp(want.p, other[i][0], 2) == 0)
            want.p = other[i][1];
    for (size_t i = 0; i < n; i++) {
        struct str label = fasttext_label(m, i);

        if (label.n == want.n && memcmp(label.p, want.p, want.n) == 0)
            return i;
    }
    return n;
}

struct already *
already_open(const char *path, const char *from, const char *to, struct err *e)
{
    struct fasttext *m = fasttext_open(path, e);
    struct already *a;

    if (m == NULL)
        return NULL;
    a = mem_zero(1, sizeof *a);
    *a = (struct already){ m, find(m, from), find(m, to) };
    if (a->to < fasttext_count(m))
        return a;
    err_set(e, ERR_USAGE, "%s does not know language '%.40s'", fasttext_file(m), to);
    already_close(a);
    return NULL;
}

void
already_close(struct already *a)
{
    if (a == NULL)
        return;
    fasttext_close(a->m);
    mem_free(a);
}

void
already_work_release(struct already_work *w)
{
    fasttext_work_release(&w->model);
    arena_release(&w->mem);
}

int
already_is(const struct already *a, struct already_work *w, struct str text)
{
    size_t n = fasttext_count(a->m), top;
    float *prob;

    arena_reset(&w->mem);
    prob = arena_alloc(&w->mem, mem_mul(n, sizeof *prob));
    if (fasttext_run(a->m, &w->model, text, prob) == 0)
        return 0;
    if (a->from < n)
        return prob[a->to] > prob[a->from];
    fasttext_top(a->m, prob, 1, &top);
    return top == a->to;
}
