/* scorer.c - how well a language model foresees texts */
#include "infer/scorer.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/logits.h"

#define PASS_LOGITS 16 /* rows of the vocabulary at once */

void
scorer_work_release(struct scorer_work *w)
{
    for (size_t i = 0; i < w->n_seq; i++)
        decoder_seq_free(w->seq[i]);
    mem_free(w->seq);
    mem_free(w->x);
    mem_free(w->logits);
    tokenizer_work_release(&w->token);
    decoder_work_release(&w->decoder);
    arena_release(&w->batch);
    *w = (struct scorer_work){ 0 };
}

struct slots *
scorer_room(const struct lm *m, size_t mem, size_t workers, struct err *e)
{
    size_t d = (size_t)m->decoder->n_embd, v = (size_t)m->decoder->n_vocab;
    struct slots_opt o = { .mem = mem,
                           .workers = workers,
                           .most = SCORER_SLOTS,
                           .pass = LM_PASS_TOKENS,
                           .worker =
                               sizeof(float) * (LM_PASS_TOKENS * d + PASS_LOGITS * v),
                           .token = sizeof(int32_t) };

    return slots_open(m, &o, e);
}

static void
take_memory(const struct lm *m, const struct scorer_opt *opt, struct scorer_work *w)
{
    size_t d = (size_t)m->decoder->n_embd, v = (size_t)m->decoder->n_vocab;

    if (w->seq)
        return;
    w->n_seq = opt->room ? slots_count(opt->room) : SCORER_SLOTS;
    w->seq = mem_zero(w->n_seq, sizeof(struct decoder_seq *));
    for (size_t i = 0; i < w->n_seq; i++)
        w->seq[i] = decoder_seq_new(m->decoder);
    w->x = mem_alloc(mem_mul(LM_PASS_TOKENS * d, sizeof *w->x));
    w->logits = mem_alloc(mem_mul(PASS_LOGITS * v, sizeof *w->logits));
}

/* ---- tokens ---- */

/* A text's ids, as many as are kept */
struct ids {
    const int32_t *id;
    size_t n;
};

static struct ids
read_ids(const struct lm *m, const struct scorer_opt *opt, struct scorer_work *w,
         struct str text, struct scorer_info *info)
{
    unsigned flags = opt->special ? TOKENIZER_PARSE_SPECIAL : 0;
    struct err e;

    *info = (struct scorer_info){ .how = OVERLONG_NONE };
    if (tokenizer_encode(m->tokenizer, text, flags, &w->token, &e)) {
        info->code = e.code;
        return (struct ids){ NULL, 0 };
    }
    info->tokens = info->kept = w->token.n;
    if (info->tokens > m->n_ctx) {
        info->how = opt->overlong;
        info->kept = opt->overlong == OVERLONG_TRUNCATE ? m->n_ctx : 0;
        info->code = opt->overlong == OVERLONG_ERROR ? ERR_OVERLONG : ERR_NONE;
    }
    if (info->kept > 1)
        info->foretold = info->kept - 1;
    return (struct ids){
        arena_copy(&w->batch, w->token.id, info->kept * sizeof(int32_t)), info->kept
    };
}

void
scorer_count(const struct lm *m, const struct scorer_opt *opt, struct scorer_work *w,
             const struct str *text, size_t n, struct scorer_info *info)
{
    arena_reset(&w->batch);
    for (size_t i = 0; i < n; i++)
        read_ids(m, opt, w, text[i], &info[i]);
}

/* ---- passes ---- */

/* Tokens of a text in a pass: the last of a text is foretold, but tells nothing. */
struct piece {
    size_t text, at, n;
    int last; /* the text ends with it */
};

struct pass {
    struct decoder_part part[SCORER_SLOTS];
    struct piece piece[SCORER_SLOTS];
    size_t n, n_tok;
    size_t text, at;            /* where the next one begins */
    size_t taken[SCORER_SLOTS]; /* memory of each sequence */
};

/* Memory for a text that is about to begin. 0: there is none now; a worker that has
 * nothing else to do waits. */
static int
admit(const struct scorer_opt *opt, struct scorer_work *w, struct pass *p, size_t n_tok)
{
    size_t i = p->text % w->n_seq;

    decoder_seq_reset(w->seq[i]);
    if (opt->room)
        p->taken[i] = slots_take(opt->room, n_tok, 0, p->n == 0);
    return opt->room == NULL || p->taken[i] > 0;
}

/* The texts that end with this pass */
static void
leave(const struct scorer_opt *opt, struct scorer_work *w, struct pass *p)
{
    for (size_t k = 0; k < p->n; k++) {
        size_t i = p->piece[k].text % w->n_seq;

        if (!p->piece[k].last || opt->room == NULL)
            continue;
        if (slots_bounded(opt->room))
            decoder_seq_drop(w->seq[i]);
        slots_give(opt->room, p->taken[i]);
    }
}

static void
plan(const struct scorer_opt *opt, struct scorer_work *w, const struct ids *ids,
     size_t n, struct pass *p)
{
    p->n = p->n_tok = 0;
    while (p->text < n && p->n < w->n_seq && p->n_tok < LM_PASS_TOKENS) {
        size_t all = ids[p->text].n ? ids[p->text].n - 1 : 0,
               room = LM_PASS_TOKENS - p->n_tok;
        size_t some = all - p->at < room ? all - p->at : room;
        struct decoder_seq *seq = w->seq[p->text % w->n_seq];

        if (p->at == 0 && all > 0 && !admit(opt, w, p, all))
            return;
        if (some > 0) {
            p->part[p->n] =
                (struct decoder_part){ seq, ids[p->text].id + p->at, some, 0 };
            p->piece[p->n++] =
                (struct piece){ p->text, p->at, some, p->at + some == all };
            p->n_tok += some;
            p->at += some;
        }
        if (p->at == all) {
            p->text++;
            p->at = 0;
        }
    }
}

/* -log(probability) of each next token to nll [n] */
static void
foresee(const struct lm *m, struct scorer_work *w, const float *x, const int32_t *next,
        size_t n, double *nll)
{
    size_t d = (size_t)m->decoder->n_embd, v = (size_t)m->decoder->n_vocab;

    for (size_t i = 0; i < n; i += PASS_LOGITS) {
        size_t some = n - i < PASS_LOGITS ? n - i : PASS_LOGITS;

        decoder_logits(m->decoder, x + i * d, some, w->logits, &w->decoder);
        for (size_t r = 0; r < some; r++) {
            const float *row = w->logits + r * v;

            nll[i + r] =
                logits_log_sum(kernel_best(), row, v) - (double)row[next[i + r]];
        }
    }
}

static void
run_pass(const struct lm *m, struct scorer_work *w, const struct ids *ids,
         const struct pass *p, struct scorer_info *info)
{
    int32_t next[LM_PASS_TOKENS];
    double nll[LM_PASS_TOKENS];
    size_t row = 0;

    decoder_run(m->decoder, p->part, p->n, w->x, &w->decoder);
    for (size_t i = 0; i < p->n; row += p->piece[i++].n)
        memcpy(next + row, ids[p->piece[i].text].id + p->piece[i].at + 1,
               p->piece[i].n * sizeof *next);
    foresee(m, w, w->x, next, row, nll);
    row = 0;
    for (size_t i = 0; i < p->n; i++)
        for (size_t t = 0; t < p->piece[i].n; t++)
            info[p->piece[i].text].mean_nll += nll[row++];
}

void
scorer_run(const struct lm *m, const struct scorer_opt *opt, struct scorer_work *w,
           const struct str *text, size_t n, struct scorer_info *info)
{
    struct pass p = { .text = 0 };
    struct ids *ids;

    take_memory(m, opt, w);
    arena_reset(&w->batch);
    ids = arena_alloc(&w->batch, mem_mul(n, sizeof *ids));
    for (size_t i = 0; i < n; i++)
        ids[i] = read_ids(m, opt, w, text[i], &info[i]);
    for (plan(opt, w, ids, n, &p); p.n > 0; plan(opt, w, ids, n, &p)) {
        run_pass(m, w, ids, &p, info);
        leave(opt, w, &p);
    }
    for (size_t i = 0; i < n; i++) {
        if (info[i].foretold > 0)
            info[i].mean_nll /= (double)info[i].foretold;
        if (!isfinite(info[i].mean_nll))
            info[i].code = ERR_NAN;
    }
}
