/* beam.c - translations word by word: the likeliest next one, or a beam of them */
#include "infer/beam.h"

#include <math.h>
#include <string.h>

#include "base/ln.h"
#include "base/mem.h"
#include "tensor/ops.h"

/* The words of a beginning, last first. Beginnings share what they have in common. */
struct words {
    const struct words *before;
    int32_t id;
    size_t n;   /* how many up to here */
    float prob; /* sums over them */
    double log;
};

/* A beginning and a word that may follow */
struct choice {
    size_t row, index; /* of its logit */
    float logit, prob;
    double log; /* of all words with this one */
};

struct source {
    struct allowed_words allowed;
    size_t most; /* words of a translation */
    const struct words **done;
    size_t n_done;
    int nan;
};

/* All beginnings of a run, those of a source side by side, in the order of sources. */
struct rows {
    size_t n;
    struct marian_row *row, *next; /* next: of the next step, in the making */
    const struct words **words, **next_words;
    float *x;
    float *logits; /* [n, ld]: the common words, then the source's */
    size_t ld;
    struct source *source;
};

struct run {
    const struct beam *b;
    struct beam_work *w;
    struct rows rows;
};

void
beam_work_release(struct beam_work *w)
{
    marian_work_release(&w->model);
    arena_release(&w->mem);
    mem_free(w->bits);
    w->bits = NULL;
}

/* ---- choices ---- */

/* Choices in order: the better first, of equal ones the one that came first. */
static void
insert(struct choice *list, size_t *n, size_t most, const struct choice *c)
{
    size_t i = *n < most ? (*n)++ : *n - 1;

    for (; i > 0 && c->log > list[i - 1].log; i--)
        list[i] = list[i - 1];
    list[i] = *c;
}

/* The `most` highest of n logits, the highest first, of equal ones the first; how many.
 * 0: there is one that is not finite. */
static size_t
highest(const struct run *r, const float *logits, size_t n, size_t most,
        struct choice *to)
{
    float sum = 0.0f, least = -INFINITY;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        sum += logits[i] * 0.0f; /* NaN after an infinity or a NaN */
        if (!(logits[i] > least) || allowed_never(&r->b->allowed, (int32_t)i))
            continue;
        insert(to, &count, most, &(struct choice){ 0, i, logits[i], 0, logits[i] });
        if (count == most)
            least = to[count - 1].logit;
    }
    return isnan(sum) ? 0 : count;
}

/* The n choices of a row with what they bring; logits are spoilt. The logarithm is not
 * that of the probability, which may be 0. */
static void
weigh(const struct run *r, size_t row, float *logits, size_t n_logits,
      struct choice *choice, size_t n)
{
    const struct words *words = r->rows.words[row];
    double top, before = words ? words->log : 0;

    ops_softmax(kernel_best(), logits, n_logits, 1.0f);
    top = ln((double)logits[choice[0].index]);
    for (size_t i = n; i-- > 0;) {
        struct choice *c = &choice[i];

        c->prob = logits[c->index];
        c->log = before + ((double)c->logit - (double)choice[0].logit) + top;
    }
}

/* The best `most` ways to go on from rows [at, end), all of source s; how many. 0: a
 * logit is not finite. */
static size_t
choose(struct run *r, struct source *s, size_t at, size_t end, size_t most,
       struct choice *best)
{
    const struct allowed *a = &r->b->allowed;
    size_t n = 0, count = 0, n_logits = a->n_common + s->allowed.n;
    struct choice some[BEAM_MOST];

    for (size_t row = at; row < end; row++) {
        float *logits = r->rows.logits + row * r->rows.ld;

        if ((count = highest(r, logits, n_logits, most, some)) == 0)
            return 0;
        if (r->b->width > 1 || r->b->score)
            weigh(r, row, logits, n_logits, some, count);
        else
            some[0].log = 0;
        for (size_t i = 0; i < count; i++) {
            some[i].row = row;
            if (n < most || some[i].log > best[n - 1].log)
                insert(best, &n, most, &some[i]);
        }
    }
    return n;
}

/* ---- steps ---- */

static const struct words *
add_word(struct run *r, const struct choice *c, int32_t id)
{
    const struct words *before = r->rows.words[c->row];
    struct words *w = arena_alloc(&r->w->mem, sizeof *w);

    *w = (struct words){ before, id, before ? before->n + 1 : 1, c->prob, c->log };
    if (before)
        w->prob += before->prob;
    return w;
}

/* Rows [at, end) of a source, one word on; those that do not end are added to the next
 * ones, of which there are n. How many there are then. */
static size_t
go_on(struct run *r, size_t at, size_t end, size_t n)
{
    struct source *s = &r->rows.source[r->rows.row[at].seq];
    struct choice best[BEAM_MOST];
    size_t count = choose(r, s, at, end, r->b->width - s->n_done, best);

    s->nan = count == 0;
    for (size_t i = 0; i < count; i++) {
        int32_t id = allowed_id(&r->b->allowed, &s->allowed, best[i].index);
        const struct words *words = add_word(r, &best[i], id);
        struct marian_row row = r->rows.row[best[i].row];

        if (id == r->b->allowed.eos || words->n == s->most) {
            s->done[s->n_done++] = words;
            continue;
        }
        row.prev = id;
        row.step++;
        r->rows.next[n] = row;
        r->rows.next_words[n++] = words;
    }
    return n;
}

/* The end of the rows of the source that row `at` is of. */
static size_t
same_source(const struct rows *rows, size_t at)
{
    size_t end = at;

    while (end < rows->n && rows->row[end].seq == rows->row[at].seq)
        end++;
    return end;
}

static void
swap(struct rows *rows, size_t n)
{
    struct marian_row *row = rows->row;
    const struct words **words = rows->words;

    rows->row = rows->next;
    rows->next = row;
    rows->words = rows->next_words;
    rows->next_words = words;
    rows->n = n;
}

/* All rows, one word on; those that end leave. */
static void
step(struct run *r, const struct marian_source *s)
{
    const struct marian *m = r->b->allowed.m;
    struct rows *rows = &r->rows;
    size_t n = 0;

    marian_step(m, s, rows->row, rows->n, rows->x, &r->w->model);
    marian_logits(m, r->b->allowed.common, rows->x, rows->n, rows->logits, rows->ld,
                  &r->w->model);
    for (size_t at = 0, end; at < rows->n; at = end) {
        struct marian_words *own = rows->source[rows->row[at].seq].allowed.own;

        end = same_source(rows, at);
        if (own)
            marian_logits(m, own, rows->x + at * marian_width(m), end - at,
                          rows->logits + at * rows->ld + r->b->allowed.n_common,
                          rows->ld, &r->w->model);
        n = go_on(r, at, end, n);
    }
    swap(rows, n);
}

/* ---- begin and end ---- */

/* Sources end to end, each with eos behind it */
static void
join(const struct beam *b, struct arena *mem, const struct beam_source *source,
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
        id[start[i + 1] - 1] = b->eos;
    }
    *s = (struct marian_source){ id, total, start, n, NULL };
}

static void
begin_source(struct run *r, const struct beam_source *from, struct source *s)
{
    double most = r->b->factor * (double)(from->n + 1);

    *s = (struct source){ .most = MARIAN_STEPS };
    if (most < MARIAN_STEPS)
        s->most = most < 1 ? 1 : (size_t)most;
    s->done = arena_alloc(&r->w->mem, r->b->width * sizeof *s->done);
    allowed_words(&r->b->allowed, &r->w->bits, from->id, from->n, &r->w->mem,
                  &s->allowed);
}

static void
begin(struct run *r, const struct beam_source *source, size_t n)
{
    struct arena *mem = &r->w->mem;
    struct rows *rows = &r->rows;
    size_t most = mem_mul(n, r->b->width), widest = 0;
    size_t wide = marian_width(r->b->allowed.m) * sizeof(float);

    rows->n = n;
    rows->row = arena_alloc(mem, mem_mul(most, sizeof *rows->row));
    rows->next = arena_alloc(mem, mem_mul(most, sizeof *rows->next));
    rows->words = arena_alloc(mem, mem_mul(most, sizeof *rows->words));
    rows->next_words = arena_alloc(mem, mem_mul(most, sizeof *rows->words));
    rows->source = arena_alloc(mem, mem_mul(n, sizeof *rows->source));
    rows->x = arena_alloc(mem, mem_mul(most, wide));
    for (size_t i = 0; i < n; i++) {
        rows->row[i] = (struct marian_row){ i, 0, -1, NULL };
        rows->words[i] = NULL;
        begin_source(r, &source[i], &rows->source[i]);
        if (rows->source[i].allowed.n > widest)
            widest = rows->source[i].allowed.n;
    }
    rows->ld = r->b->allowed.n_common + widest;
    rows->logits = arena_alloc(mem, mem_mul(most, rows->ld * sizeof *rows->logits));
}

static struct beam_text
read_words(const struct run *r, const struct words *w)
{
    struct beam_text t = {
        .n = w->n, .words = w->n, .prob = (double)w->prob, .mean = w->log / (double)w->n
    };

    if (w->id == r->b->allowed.eos) {
        t.n--;
        w = w->before;
    }
    t.id = arena_alloc(&r->w->mem, t.n * sizeof *t.id);
    for (size_t i = t.n; i-- > 0; w = w->before)
        t.id[i] = w->id;
    return t;
}

/* What is done, best first; of equal ones that which ended first. */
static struct beam_out
end_source(const struct run *r, const struct source *s)
{
    struct beam_out out = { .nan = s->nan };

    if (s->nan)
        return out;
    out.text = arena_alloc(&r->w->mem, s->n_done * sizeof *out.text);
    for (; out.n < s->n_done; out.n++) {
        struct beam_text t = read_words(r, s->done[out.n]);
        size_t i = out.n;

        for (; i > 0 && t.mean > out.text[i - 1].mean; i--)
            out.text[i] = out.text[i - 1];
        out.text[i] = t;
    }
    return out;
}

void
beam_run(const struct beam *b, struct beam_work *w, const struct beam_source *source,
         size_t n, struct beam_out *out)
{
    struct run r = { .b = b, .w = w };
    struct marian_source s;

    arena_reset(&w->mem);
    if (n == 0)
        return;
    join(b, &w->mem, source, n, &s);
    begin(&r, source, n);
    marian_encode(b->allowed.m, &s, &w->model);
    while (r.rows.n > 0)
        step(&r, &s);
    for (size_t i = 0; i < n; i++)
        out[i] = end_source(&r, &r.rows.source[i]);
}
