/* greedy.c - translations word by word, always the likeliest next one */
#include "infer/greedy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/ops.h"

/* The rows of a run, those that have not ended in front. */
struct rows {
    size_t n;
    struct marian_row *row;
    float *cells, *x;
    struct words *words; /* of each source */
    float *logits;       /* [n, ld]: the common words, then the source's */
    size_t ld;
};

/* What a source may become, besides the common words */
struct words {
    struct marian_words *own; /* NULL: nothing */
    int32_t *id;              /* [n] rising, not common */
    size_t n;
    size_t most; /* words of a translation */
};

void
greedy_init(struct greedy *g)
{
    int32_t *id;

    g->n_common = marian_vocab(g->m);
    if (g->lex == NULL || g->n_common < GREEDY_SHARE)
        return;
    g->n_common /= GREEDY_SHARE;
    id = arena_alloc(&g->mem, g->n_common * sizeof *id);
    for (size_t i = 0; i < g->n_common; i++)
        id[i] = (int32_t)i;
    g->common = marian_words_new(g->m, id, g->n_common, &g->mem);
}

void
greedy_release(struct greedy *g)
{
    arena_release(&g->mem);
}

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
allow(const struct greedy *g, uint64_t *bits, int32_t id)
{
    if ((size_t)id >= g->n_common && id != g->unk)
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

/* Words that go with the source's, and the source's own, or names could not be copied;
 * and those that are frequent, or end a sentence, where they are not common. */
static void
allow_words(const struct greedy *g, struct greedy_work *w,
            const struct greedy_source *s, struct words *to)
{
    size_t n_vocab = marian_vocab(g->m), most = shortlist_frequent(g->lex) + s->n + 1;

    if (w->allowed == NULL)
        w->allowed = mem_zero((n_vocab + 63) / 64, sizeof *w->allowed);
    for (size_t i = g->n_common; i < shortlist_frequent(g->lex); i++)
        allow(g, w->allowed, (int32_t)i);
    for (size_t i = 0; i < s->n; i++) {
        struct shortlist_words list = shortlist_get(g->lex, s->id[i]);

        allow(g, w->allowed, s->id[i]);
        for (size_t k = 0; k < list.n; k++)
            allow(g, w->allowed, list.id[k]);
        most += list.n;
    }
    allow(g, w->allowed, g->eos);
    to->id = arena_alloc(&w->mem, (most < n_vocab ? most : n_vocab) * sizeof *to->id);
    to->n = take_bits(w->allowed, n_vocab, to->id);
    if (to->n > 0)
        to->own = marian_words_new(g->m, to->id, to->n, &w->mem);
}

static void
set_words(const struct greedy *g, struct greedy_work *w, const struct greedy_source *s,
          struct words *to)
{
    double most = g->factor * (double)(s->n + 1);

    *to = (struct words){ .most = MARIAN_STEPS };
    if (most < MARIAN_STEPS)
        to->most = most < 1 ? 1 : (size_t)most;
    if (g->common)
        allow_words(g, w, s, to);
}

/* ---- steps ---- */

/* The likeliest of n words, the first of equal ones; -1: there is a NaN. */
static ptrdiff_t
best_of(const struct greedy *g, const float *logits, size_t n)
{
    ptrdiff_t best = -1;
    float sum = 0.0f;

    for (size_t i = 0; i < n; i++) {
        sum += logits[i] * 0.0f; /* NaN after an infinity or a NaN */
        if ((best < 0 || logits[i] > logits[best]) && (int32_t)i != g->unk)
            best = (ptrdiff_t)i;
    }
    return isnan(sum) ? -1 : best;
}

/* The next word of row r, whose common words have their logits: 1 when that was the
 * last one. */
static int
choose(const struct greedy *g, struct greedy_work *w, struct rows *rows, size_t r,
       struct greedy_out *out)
{
    struct marian_row *row = &rows->row[r];
    const struct words *words = &rows->words[row->seq];
    struct greedy_out *o = &out[row->seq];
    float *logits = rows->logits + r * rows->ld;
    size_t n = g->n_common + words->n, best;
    ptrdiff_t found;

    if (words->own)
        marian_logits(g->m, words->own, rows->x + r * marian_width(g->m), 1,
                      logits + g->n_common, words->n, &w->model);
    if ((found = best_of(g, logits, n)) < 0) {
        o->nan = 1;
        o->n = 0;
        return 1;
    }
    best = (size_t)found;
    if (g->score) {
        ops_softmax(kernel_best(), logits, n, 1.0f);
        o->score += logits[best];
    }
    row->prev = best < g->n_common ? (int32_t)best : words->id[best - g->n_common];
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
    size_t cells = marian_cells(g->m), to = 0;

    marian_step(g->m, s, rows->row, rows->n, rows->cells, rows->x, &w->model);
    marian_logits(g->m, g->common, rows->x, rows->n, rows->logits, rows->ld, &w->model);
    for (size_t r = 0; r < rows->n; r++) {
        if (choose(g, w, rows, r, out))
            continue;
        if (to < r) {
            rows->row[to] = rows->row[r];
            memcpy(rows->cells + to * cells, rows->cells + r * cells,
                   cells * sizeof *rows->cells);
        }
        to++;
    }
    rows->n = to;
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
    rows->ld = g->n_common + widest;
    rows->logits =
        arena_alloc(&w->mem, mem_mul(n, mem_mul(rows->ld, sizeof *rows->logits)));
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
