/* pass.c - sequences through the network, as many at a time as suits it */
#include "infer/pass.h"

#include <string.h>

#include "base/mem.h"

/* Tokens of one pass through the network: enough for the products to be efficient, few
 * enough for the activations to stay in the cache. */
#define PASS_TOKENS 512

struct pass {
    int32_t *id;
    size_t *start; /* [n_seq + 1] */
    float *hidden; /* [tokens, n_embd] */
};

static size_t
frame_size(const struct session *s)
{
    return s->frame.n_before + s->frame.n_after;
}

static void
add_sequence(const struct session *s, const struct pass_seq *seq, int32_t *to)
{
    const struct tokenizer_frame *f = &s->frame;

    memcpy(to, f->before, f->n_before * sizeof *to);
    if (seq->n > 0)
        memcpy(to + f->n_before, seq->id, seq->n * sizeof *to);
    memcpy(to + f->n_before + seq->n, f->after, f->n_after * sizeof *to);
}

/* How many of n sequences go into one pass: one at least. */
static size_t
pass_size(const struct session *s, const struct pass_seq *seq, size_t n, size_t tokens)
{
    size_t i, sum = 0;

    for (i = 0; i < n; i++) {
        sum += seq[i].n + frame_size(s);
        if (i > 0 && sum > tokens)
            break;
    }
    return i;
}

static void
encode(const struct session *s, const struct pass_seq *seq, size_t n,
       const struct pass *pass, struct model_work *work)
{
    struct model_batch b = { .id = pass->id, .start = pass->start, .n_seq = n };

    pass->start[0] = 0;
    for (size_t i = 0; i < n; i++) {
        add_sequence(s, &seq[i], pass->id + b.n_tok);
        pass->start[i + 1] = b.n_tok += seq[i].n + frame_size(s);
    }
    model_encode(s->model, &b, pass->hidden, work);
}

void
pass_run(const struct session *s, const struct pass_seq *seq, size_t n,
         struct model_work *work, struct arena *mem, pass_take *take, void *arg)
{
    size_t cap = s->max_tokens > PASS_TOKENS ? s->max_tokens : PASS_TOKENS;
    size_t wide = (size_t)s->model->n_embd;
    struct pass pass;

    pass.id = arena_alloc(mem, mem_mul(cap, sizeof *pass.id));
    pass.start = arena_alloc(mem, mem_mul(cap + 1, sizeof *pass.start));
    pass.hidden = arena_alloc(mem, mem_mul(cap, wide * sizeof *pass.hidden));
    for (size_t first = 0, k; first < n; first += k) {
        k = pass_size(s, seq + first, n - first, cap);
        encode(s, seq + first, k, &pass, work);
        for (size_t i = 0; i < k; i++)
            take(arg, first + i, pass.hidden + pass.start[i] * wide,
                 pass.start[i + 1] - pass.start[i]);
    }
}
