/* algo.c - what tokenization algorithms share */
#include "token/algo.h"

void
algo_grow(struct tokenizer_work *w)
{
    size_t cap = w->cap ? w->cap * 2 : 256;

    w->id = mem_grow(w->id, w->n * sizeof *w->id, cap * sizeof *w->id);
    w->cap = cap;
    if (w->flags & TOKENIZER_SPANS) {
        w->span = mem_grow(w->span, w->n * sizeof *w->span, cap * sizeof *w->span);
        w->span_cap = cap;
    }
}
