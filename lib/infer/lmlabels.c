/* lmlabels.c - which of some labels fits a text: as a language model would go on */
#include "infer/lmlabels.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "infer/choices.h"

const char *const lmlabels_blank[LMLABELS_BLANKS] = { "", "N/A", "[MASK]" };

struct lmlabels {
    struct labeler l;
    const struct lm *lm;
    struct labeltrie *trie;
    struct asker *asker;
    struct str head, tail; /* empty: texts are whole */
    struct str *blank;     /* [n_blank] */
    size_t n_blank;
    struct arena mem;

    pthread_mutex_t lock; /* of what is below */
    int ready;
    struct err e; /* why there is no prior */
    float *prior; /* [n]: log p(label | blank), but for what is the same for all */
};

/* ---- blank texts ---- */

static struct str *
make_prompts(const struct lmlabels *h, struct arena *a, const struct str *text,
             size_t n)
{
    struct str *prompt = arena_alloc(a, mem_mul(n, sizeof *prompt));
    size_t head = h->head.n, tail = h->tail.n;

    for (size_t i = 0; i < n; i++) {
        char *p = arena_alloc(a, head + text[i].n + tail);

        memcpy(p, h->head.p, head);
        memcpy(p + head, text[i].p, text[i].n);
        memcpy(p + head + text[i].n, h->tail.p, tail);
        prompt[i] = (struct str){ p, head + text[i].n + tail };
    }
    return prompt;
}

static void
make_prior(struct lmlabels *h, struct labeler_work *w)
{
    size_t n = h->n_blank;
    struct generator_answer *answer = arena_alloc(&w->mem, n * sizeof *answer);
    struct asker_info *info = arena_alloc(&w->mem, n * sizeof *info);

    h->prior = mem_zero(h->l.n, sizeof *h->prior);
    asker_run(h->asker, &w->asker, make_prompts(h, &w->mem, h->blank, n), n, answer,
              info);
    for (size_t i = 0; i < n; i++) {
        if (info[i].e.code != ERR_NONE)
            h->e = info[i].e;
        else
            ops_add_scaled(h->l.k, h->prior, 1 / (float)n, answer[i].fit, h->l.n);
    }
}

/* Once, by who needs it first: a run without a text computes nothing. NULL: e says
 * why. */
static const float *
get_prior(struct lmlabels *h, struct labeler_work *w, struct err *e)
{
    pthread_mutex_lock(&h->lock);
    if (!h->ready)
        make_prior(h, w);
    h->ready = 1;
    *e = h->e;
    pthread_mutex_unlock(&h->lock);
    return e->code == ERR_NONE ? h->prior : NULL;
}

/* ---- texts ---- */

static void
note(const struct asker_info *asked, struct embedder_info *info)
{
    *info = (struct embedder_info){ .code = asked->e.code,
                                    .how = asked->how,
                                    .tokens = asked->tokens,
                                    .kept = asked->kept };
}

static void
rate(const struct lmlabels *h, const float *fit, const float *prior, float *row)
{
    for (size_t i = 0; i < h->l.n; i++)
        row[i] = fit[i] - prior[i];
    ops_softmax(h->l.k, row, h->l.n, h->l.sharpness);
}

static void
run(const struct labeler *l, struct labeler_work *w, const struct str *text, size_t n,
    float *prob, struct embedder_info *info)
{
    struct lmlabels *h = (struct lmlabels *)(uintptr_t)l; /* for its lock */
    struct generator_answer *answer;
    struct asker_info *asked;
    struct str *prompt;
    const float *prior;
    struct err e = { 0 };

    arena_reset(&w->mem);
    prior = prob && n > 0 ? get_prior(h, w, &e) : NULL;
    prompt = make_prompts(h, &w->mem, text, n);
    asked = arena_alloc(&w->mem, mem_mul(n, sizeof *asked));
    answer = arena_alloc(&w->mem, mem_mul(n, sizeof *answer));
    if (prior)
        asker_run(h->asker, &w->asker, prompt, n, answer, asked);
    else
        asker_count(h->asker, &w->asker, prompt, n, asked);
    for (size_t i = 0; i < n; i++) {
        if (asked[i].e.code == ERR_NONE)
            asked[i].e = e;
        note(&asked[i], &info[i]);
        if (prob && info[i].code == ERR_NONE && info[i].kept > 0)
            rate(h, answer[i].fit, prior, prob + i * l->n);
        else if (prob)
            memset(prob + i * l->n, 0, l->n * sizeof *prob);
    }
}

static void
explain(const struct labeler *l, const struct embedder_info *info, struct err *e)
{
    size_t n_ctx = ((const struct lmlabels *)l)->lm->n_ctx;

    if (info->code == ERR_OVERLONG && info->how == OVERLONG_ERROR)
        err_set(e, info->code, "%zu tokens, the model takes %zu with a label",
                info->tokens, n_ctx);
    else if (info->code == ERR_OVERLONG)
        err_set(e, info->code, "what stands around the text leaves no room for it");
    else if (info->code == ERR_NAN)
        err_set(e, info->code, "the model gives numbers that are not finite");
    else if (info->code == ERR_RANGE)
        err_set(e, info->code, "the prompt has no token");
    else
        err_set(e, info->code, "more text than the tokenizer takes");
}

/* ---- open and close ---- */

/* There must be room for a text between head and tail. */
static int
check_room(const struct lmlabels *h, struct err *e)
{
    struct labeler_work w = { 0 };
    struct asker_info *info = arena_alloc(&w.mem, mem_mul(h->n_blank, sizeof *info));
    int rc = 0;

    asker_count(h->asker, &w.asker, make_prompts(h, &w.mem, h->blank, h->n_blank),
                h->n_blank, info);
    for (size_t i = 0; i < h->n_blank && rc == 0; i++)
        if (info[i].how != OVERLONG_NONE)
            rc = err_set(e, ERR_USAGE,
                         "%zu tokens around a text: the model takes %zu in all",
                         info[i].tokens, h->lm->n_ctx);
    labeler_work_release(&w);
    return rc;
}

static void
close_labels(struct labeler *l)
{
    struct lmlabels *h = (struct lmlabels *)l;

    asker_close(h->asker);
    labeltrie_free(h->trie);
    pthread_mutex_destroy(&h->lock);
    mem_free(h->prior);
    arena_release(&h->mem);
    mem_free(h);
}

static void
copy_texts(struct lmlabels *h, const struct lmlabels_opt *opt)
{
    struct str *name = arena_alloc(&h->mem, mem_mul(opt->n, sizeof *name));

    for (size_t i = 0; i < opt->n; i++)
        name[i] = arena_str(&h->mem, opt->label[i].name);
    h->l.name = name;
    h->n_blank = opt->n_blank;
    h->blank = arena_alloc(&h->mem, mem_mul(opt->n_blank, sizeof *h->blank));
    for (size_t i = 0; i < opt->n_blank; i++)
        h->blank[i] = arena_str(&h->mem, opt->blank[i]);
    h->head = h->tail = (struct str){ "", 0 };
    if (!opt->whole) {
        h->head = arena_str(&h->mem, opt->head);
        h->tail = arena_str(&h->mem, opt->tail);
    }
}

/* What ends a label where another goes on: its line's end, if that is one token. */
static int32_t
line_end(const struct lm *lm)
{
    struct tokenizer_work w = { 0 };
    struct err e;
    int32_t id = -1;

    if (tokenizer_encode(lm->tokenizer, STR("\n"), TOKENIZER_NO_SPECIAL, &w, &e) == 0 &&
        w.n == 1)
        id = w.id[0];
    tokenizer_work_release(&w);
    return id;
}

/* Behind a space, unless the prompt ends with white space. */
static int
make_trie(struct lmlabels *h, const struct lmlabels_opt *opt, struct err *e)
{
    struct str *text = arena_alloc(&h->mem, mem_mul(opt->n, sizeof *text));
    struct choices_opt c = { .lm = opt->lm,
                             .text = text,
                             .n = opt->n,
                             .before = opt->tail,
                             .end = line_end(opt->lm) };
    size_t n = opt->tail.n;
    int space = n == 0 || strchr(" \t\r\n", opt->tail.p[n - 1]) == NULL;

    for (size_t i = 0; i < opt->n; i++) {
        const struct classifier_label *l = &opt->label[i];
        struct str s = l->description.n ? l->description : l->name;
        char *p = arena_alloc(&h->mem, s.n + 1);

        p[0] = ' ';
        memcpy(p + space, s.p, s.n);
        text[i] = (struct str){ p, s.n + (size_t)space };
    }
    h->trie = choices_make(&c, e);
    return h->trie ? 0 : -1;
}

static int
open_asker(struct lmlabels *h, const struct lmlabels_opt *opt, struct err *e)
{
    struct asker_opt ask = {
        .lm = opt->lm, .head = opt->head, .tail = opt->tail, .overlong = opt->overlong
    };

    ask.generator = (struct generator_opt){ .slots = opt->slots,
                                            .mem = opt->mem,
                                            .workers = opt->workers,
                                            .max_tokens = 1,
                                            .sample = SAMPLE_OPT_INIT,
                                            .labels = h->trie };
    h->asker = asker_open(&ask, e);
    return h->asker ? 0 : -1;
}

struct labeler *
lmlabels_open(const struct lmlabels_opt *opt, struct err *e)
{
    static const struct labeler_ops ops = { .run = run,
                                            .explain = explain,
                                            .close = close_labels };
    float t = opt->temperature == 0 ? LMLABELS_TEMPERATURE : opt->temperature;
    struct lmlabels *h;

    if (classifier_check(opt->label, opt->n, e))
        return NULL;
    h = mem_zero(1, sizeof *h);
    h->l = (struct labeler){ .ops = &ops, .k = kernel_best(), .n = opt->n };
    h->lm = opt->lm;
    pthread_mutex_init(&h->lock, NULL);
    copy_texts(h, opt);
    if (labeler_set_temperature(&h->l, t, e) == 0 && make_trie(h, opt, e) == 0 &&
        open_asker(h, opt, e) == 0 && check_room(h, e) == 0)
        return &h->l;
    labeler_close(&h->l);
    return NULL;
}
