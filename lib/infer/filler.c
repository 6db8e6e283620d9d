/* filler.c - which words stand where a text has the model's mask token */
#include "infer/filler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/taskhead.h"
#include "tensor/ops.h"

/* Masks whose logits are in memory at once: the vocabulary is read once for them. */
#define ROWS 16

struct filler {
    struct windows *windows;
    const struct session *session;
    const struct kernels *k;
    struct taskhead *head;
    char token[64]; /* the mask, */
    int32_t mask;   /* and its number */
    size_t top;
    unsigned char *is_word; /* [n_out]: may be proposed */
};

/* ---- open ---- */

/* What the settings of the tokenizer call the mask; "": nothing. */
static int
read_token(struct filler *f, struct err *e)
{
    const char *dir = f->session->how.dir;
    char path[PATH_MAX];
    struct config *c;
    int rc;

    if (snprintf(path, sizeof path, "%s/tokenizer_config.json", dir) >=
            (int)sizeof path ||
        !file_exists(path))
        return 0;
    if ((c = config_open(dir, "tokenizer_config.json", e)) == NULL)
        return -1;
    rc = config_opt_token(c, "mask_token", f->token, sizeof f->token, e);
    config_close(c);
    return rc;
}

static int
find_mask(struct filler *f, struct err *e)
{
    static const char *const usual[] = { "[MASK]", "<mask>" };
    const struct tokenizer *t = f->session->tokenizer;

    if (read_token(f, e))
        return -1;
    f->mask = f->token[0] ? tokenizer_find(t, str_of(f->token)) : -1;
    for (int i = 0; i < 2 && f->token[0] == '\0'; i++)
        if ((f->mask = tokenizer_find(t, str_of(usual[i]))) >= 0)
            snprintf(f->token, sizeof f->token, "%s", usual[i]);
    if (f->mask < 0 || !tokenizer_is_special(t, f->mask))
        return err_set(e, ERR_MODEL, "%s: the tokenizer has no mask token",
                       f->session->how.dir);
    windows_seek(f->windows, f->mask);
    return 0;
}

static void
sort_words(struct filler *f)
{
    const struct tokenizer *t = f->session->tokenizer;
    size_t n = tokenizer_size(t); /* at most n_out: session.c has looked */

    f->is_word = mem_zero(f->head->n_out, 1);
    for (size_t i = 0; i < n; i++)
        f->is_word[i] = tokenizer_piece(t, (int32_t)i).p != NULL &&
                        !tokenizer_is_special(t, (int32_t)i);
}

struct filler *
filler_open(const struct filler_opt *opt, struct err *e)
{
    struct filler *f;

    if (opt->top < 1 || opt->top > FILLER_TOP) {
        err_set(e, ERR_USAGE, "%d words: must be 1 to %d", opt->top, FILLER_TOP);
        return NULL;
    }
    f = mem_zero(1, sizeof *f);
    f->k = kernel_get(cpu_level());
    f->top = (size_t)opt->top;
    if ((f->windows = windows_open(&opt->embed, e)) != NULL) {
        f->session = windows_session(f->windows);
        f->head = taskhead_open(f->session->model, TASKHEAD_MASK, e);
        if (f->head && find_mask(f, e) == 0) {
            sort_words(f);
            return f;
        }
    }
    filler_close(f);
    return NULL;
}

void
filler_close(struct filler *f)
{
    if (f == NULL)
        return;
    mem_free(f->is_word);
    taskhead_close(f->head);
    windows_close(f->windows);
    mem_free(f);
}

const struct embedder *
filler_embedder(const struct filler *f)
{
    return windows_embedder(f->windows);
}

const char *
filler_token(const struct filler *f)
{
    return f->token;
}

/* ---- masks ---- */

static size_t
count_masks(const struct filler *f, const struct windows_text *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += t->id[i] == f->mask;
    return n;
}

/* Every text's masks, in one array; how many. */
static size_t
list_masks(const struct filler *f, const struct windows_text *t, size_t n,
           struct filler_found *found, struct filler_mask **list, struct arena *mem)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += found[i].n = count_masks(f, &t[i]);
    *list = arena_alloc(mem, mem_mul(total, sizeof **list));
    total = 0;
    for (size_t i = 0; i < n; i++) {
        found[i].mask = *list + total;
        for (size_t j = 0; j < t[i].n; j++)
            if (t[i].id[j] == f->mask)
                (*list)[total++] = (struct filler_mask){ .where = t[i].span[j] };
    }
    return total;
}

/* Hidden states of the masks, end to end. */
struct rows {
    const struct filler *f;
    const struct windows_text *text;
    float *x, *next;
};

static void
take(void *arg, const struct windows_part *part, const float *x)
{
    struct rows *rows = arg;
    size_t wide = (size_t)rows->f->session->model->n_embd;

    for (size_t i = part->from; i < part->to; i++, x += wide)
        if (rows->text[part->text].id[i] == rows->f->mask) {
            memcpy(rows->next, x, wide * sizeof *x);
            rows->next += wide;
        }
}

/* ---- words ---- */

/* The likeliest of prob [n_out], by insertion: few of many. */
static size_t
choose(const struct filler *f, const float *prob, struct filler_word *word)
{
    size_t n = 0;

    for (size_t id = 0; id < f->head->n_out; id++) {
        size_t i;
        if (!f->is_word[id] || (n == f->top && !(prob[id] > word[n - 1].prob)))
            continue;
        n += n < f->top;
        for (i = n - 1; i > 0 && prob[id] > word[i - 1].prob; i--)
            word[i] = word[i - 1];
        word[i] = (struct filler_word){ (int32_t)id, prob[id] };
    }
    return n;
}

/* Masks of rows x; a mask whose logits are not finite gets no words. */
static void
fill_masks(const struct filler *f, struct embedder_work *w, const float *x, size_t n,
           struct filler_mask *mask)
{
    size_t wide = (size_t)f->session->model->n_embd, n_out = f->head->n_out;
    float *logits =
        arena_alloc(&w->batch, mem_mul(n < ROWS ? n : ROWS, n_out * sizeof *logits));

    for (size_t i = 0, m; i < n; i += m) {
        m = n - i < ROWS ? n - i : ROWS;
        taskhead_run(f->head, x + i * wide, wide, m, logits, &w->model.scratch);
        for (size_t r = 0; r < m; r++) {
            float *row = logits + r * n_out;
            struct filler_word *word = arena_alloc(&w->batch, f->top * sizeof *word);
            ops_softmax(f->k, row, n_out, 1.0f);
            if (isfinite(row[0]))
                mask[i + r].n = choose(f, row, word);
            mask[i + r].word = word;
        }
    }
}

/* A text with a mask that has no words gets none. */
static void
check(struct filler_found *found, struct embedder_info *info)
{
    for (size_t i = 0; i < found->n; i++)
        if (found->mask[i].n == 0) {
            info->code = ERR_NAN;
            info->kept = 0;
            found->n = 0;
        }
}

void
filler_run(const struct filler *f, struct embedder_work *w, const struct str *text,
           size_t n, struct filler_found *found, struct embedder_info *info)
{
    struct windows_text *t = mem_alloc(mem_mul(n, sizeof *t));
    struct rows rows = { .f = f, .text = t };
    size_t wide = (size_t)f->session->model->n_embd, total;
    struct filler_mask *mask;

    windows_tokens(f->windows, w, text, n, t, info);
    if (found) {
        total = list_masks(f, t, n, found, &mask, &w->batch);
        rows.x = rows.next =
            arena_alloc(&w->batch, mem_mul(total, wide * sizeof *rows.x));
        windows_run(f->windows, w, t, n, take, &rows);
        fill_masks(f, w, rows.x, total, mask);
        for (size_t i = 0; i < n; i++)
            check(&found[i], &info[i]);
    }
    mem_free(t);
}

/* ---- text ---- */

/* The tokenizer has given these ids itself, so it knows them. */
static void
decode(const struct filler *f, const int32_t *id, size_t n, struct buf *out)
{
    struct err e;

    tokenizer_decode(f->session->tokenizer, id, n, 0, out, &e);
}

void
filler_word(const struct filler *f, int32_t id, struct buf *out)
{
    decode(f, &id, 1, out);
}

static int
is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What a word adds to the text behind another one: the decoder knows whether that takes
 * a space. */
static void
put_word(const struct filler *f, int32_t id, struct buf *out, size_t start)
{
    int32_t twice[] = { id, id };
    struct buf one = { 0 }, two = { 0 };
    struct str more;

    decode(f, twice, 1, &one);
    decode(f, twice, 2, &two);
    more = two.n >= one.n ? (struct str){ two.p + one.n, two.n - one.n }
                          : (struct str){ one.p, one.n };
    if (more.n > 0 && more.p[0] == ' ' &&
        (out->n == start || is_white(out->p[out->n - 1])))
        more = (struct str){ more.p + 1, more.n - 1 };
    buf_str(out, more);
    buf_free(&one);
    buf_free(&two);
}

void
filler_text(const struct filler *f, struct str text, const struct filler_found *found,
            struct buf *out)
{
    size_t start = out->n, at = 0;

    for (size_t i = 0; i < found->n; i++) {
        const struct filler_mask *m = &found->mask[i];
        if (m->where.byte < at) /* a mask whose text normalizing took apart */
            continue;
        buf_add(out, text.p + at, m->where.byte - at);
        put_word(f, m->word[0].id, out, start);
        at = m->where.byte_end;
    }
    buf_add(out, text.p + at, text.n - at);
}
