/* greedy.c - translations word by word, always the likeliest next one */
#include "infer/greedy.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/ops.h"

/* The rows of a run, those that have not ended in front. */
struct rows {
    size_t n;
    struct marian_row *row;
    float *cells, *x;
    struct words *words; /* of each source */
    float *logits;
};

/* What a source may become. */
struct words {
    struct marian_words *some; /* NULL: any word */
    int32_t *id;               /* [n] rising; NULL: any word */
    size_t n;
    size_t most; /* words of a translation */
};

void
greedy_work_release(struct greedy_work *w)
{
    marian_work_release(&w->model);
    arena_release(&w->mem);
    mem_free(w->allowed);
    w->allowed = NULL;
}

/* ---- which words ---- */

static void
allow(uint64_t *bits, int32_t id)
{
    bits[id / 64] |= UINT64_C(1) << id % 64;
}

/* The set bits below n in rising order; all of them are cleared. */
static size_t
take_bits(uint64_t *bits, size_t n, int32_t *id)
{
    size_t count = 0;

    for (size_t i = 0; i <= (n - 1) / 64; i++)
        for (; bits[i]; bits[i] &= bits[i] - 1)
            id[count++] = (int32_t)(i * 64) + __builtin_ctzll(bits[i]);
    return count;
}

/* Frequent words, those that go with the source's, and the source's own, or names could
 * not be copied. */
static void
allow_words(const struct greedy *g, struct greedy_work *w,
            const struct greedy_source *s, struct words *to)
{
    size_t n_vocab = marian_vocab(g->m), most = shortlist_frequent(g->lex) + s->n + 1;

    if (w->allowed == NULL)
        w->allowed = mem_zero((n_vocab + 63) / 64, sizeof *w->allowed);
    for (size_t i = 0; i < shortlist_frequent(g->lex); i++)
        allow(w->allowed, (int32_t)i);
    for (size_t i = 0; i < s->n; i++) {
        struct shortlist_words list = shortlist_get(g->lex, s->id[i]);

        allow(w->allowed, s->id[i]);
        for (size_t k = 0; k < list.n; k++)
            allow(w->allowed, list.id[k]);
        most += list.n;
    }
    allow(w->allowed, g->eos);
    w->allowed[g->unk / 64] &= ~(UINT64_C(1) << g->unk % 64);
    to->id = arena_alloc(&w->mem, (most < n_vocab ? most : n_vocab) * sizeof *to->id);
    to->n = take_bits(w->allowed, n_vocab, to->id);
    to->some = marian_words_new(g->m, to->id, to->n, &w->mem);
}

static void
set_words(const struct greedy *g, struct greedy_work *w, const struct greedy_source *s,
          struct words *to)
{
    double most = g->factor * (double)(s->n + 1);

    *to = (struct words){ .n = marian_vocab(g->m), .most = MARIAN_STEPS };
    if (most < MARIAN_STEPS)
        to->most = most < 1 ? 1 : (size_t)most;
    if (g->lex)
        allow_words(g, w, s, to);
}

/* ---- steps ---- */

/* The likeliest of n words, the first of equal ones; -1: there is a NaN. */
static ptrdiff_t
best_of(const struct greedy *g, const struct words *words, const float *logits)
{
    ptrdiff_t best = -1;
    float sum = 0.0f;

    for (size_t i = 0; i < words->n; i++) {
        sum += logits[i] * 0.0f; /* NaN after an infinity or a NaN */
        if (words->id == NULL && (int32_t)i == g->unk)
            continue;
        if (best < 0 || logits[i] > logits[best])
            best = (ptrdiff_t)i;
    }
    return isnan(sum) ? -1 : best;
}

/* The next word of row r: 1 when that was the last one. */
static int
choose(const struct greedy *g, struct greedy_work *w, struct rows *rows, size_t r,
       struct greedy_out *out)
{
    struct marian_row *row = &rows->row[r];
    const struct words *words = &rows->words[row->seq];
    struct greedy_out *o = &out[row->seq];
    ptrdiff_t best;

    marian_logits(g->m, words->some, rows->x + r * marian_width(g->m), 1, rows->logits,
                  &w->model);
    if ((best = best_of(g, words, rows->logits)) < 0) {
        o->nan = 1;
        o->n = 0;
        return 1;
    }
    if (g->score) {
        ops_softmax(kernel_best(), rows->logits, words->n, 1.0f);
        o->score += rows->logits[best];
    }
    row->prev = words->id ? words->id[best] : (int32_t)best;
    if (row->prev == g->eos)
        return 1;
    o->id[o->n++] = row->prev;
    return ++row->step == words->most;
}

/* All rows, one word on; those that end leave. */
static void
step(const struct greedy *g, struct greedy_work *w, const struct marian_source *s,
     struct rows *rows, struct greedy_out *out)
{
    size_t cells = marian_cells(g->m), d = marian_width(g->m);

    marian_step(g->m, s, rows->row, rows->n, rows->cells, rows->x, &w->model);
    for (size_t r = 0; r < rows->n;) {
        size_t last = rows->n - 1;

        if (!choose(g, w, rows, r, out)) {
            r++;
            continue;
        }
        if (r < last) {
            rows->row[r] = rows->row[last];
            memcpy(rows->cells + r * cells, rows->cells + last * cells,
                   cells * sizeof *rows->cells);
            memcpy(rows->x + r * d, rows->x + last * d, d * sizeof *rows->x);
        }
        rows->n--;
    }
}

/* Sources end to end, each with eos behind it */
static void
join(const struct greedy *g, struct arena *mem, const struct greedy_source *source,
     size_t n, struct marian_source *s)
{
    size_t *start = arena_alloc(mem, mem_mul(n + 1, sizeof *start)), total = n;
    int32_t *id;

    for (size_t i = 0; i < n; i++)
        total += source[i].n;
    id = arena_alloc(mem, mem_mul(total, sizeof *id));
    start[0] = 0;
    for (size_t i = 0; i < n; i++) {
        if (source[i].n > 0)
            memcpy(id + start[i], source[i].id, source[i].n * sizeof *id);
        start[i + 1] = start[i] + source[i].n + 1;
        id[start[i + 1] - 1] = g->eos;
    }
    *s = (struct marian_source){ id, total, start, n, NULL };
}

static void
begin(const struct greedy *g, struct greedy_work *w, const struct greedy_source *source,
      size_t n, struct rows *rows, struct greedy_out *out)
{
    size_t cells = mem_mul(n, marian_cells(g->m) * sizeof(float)), widest = 0;

    rows->n = n;
    rows->row = arena_alloc(&w->mem, mem_mul(n, sizeof *rows->row));
    rows->words = arena_alloc(&w->mem, mem_mul(n, sizeof *rows->words));
    rows->x = arena_alloc(&w->mem, mem_mul(n, marian_width(g->m) * sizeof *rows->x));
    rows->cells = arena_alloc(&w->mem, cells);
    memset(rows->cells, 0, cells);
    for (size_t i = 0; i < n; i++) {
        rows->row[i] = (struct marian_row){ i, 0, -1 };
        set_words(g, w, &source[i], &rows->words[i]);
        widest = rows->words[i].n > widest ? rows->words[i].n : widest;
        out[i] = (struct greedy_out){ 0 };
        out[i].id = arena_alloc(&w->mem, rows->words[i].most * sizeof *out[i].id);
    }
    rows->logits = arena_alloc(&w->mem, mem_mul(widest, sizeof *rows->logits));
}

void
greedy_run(const struct greedy *g, struct greedy_work *w,
           const struct greedy_source *source, size_t n, struct greedy_out *out)
{
    struct marian_source s;
    struct rows rows;

    arena_reset(&w->mem);
    if (n == 0)
        return;
    join(g, &w->mem, source, n, &s);
    begin(g, w, source, n, &rows, out);
    marian_encode(g->m, &s, &w->model);
    while (rows.n > 0)
        step(g, w, &s, &rows, out);
}
