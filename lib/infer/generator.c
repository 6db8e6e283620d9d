/* generator.c - prompts in, texts out: many sequences of one model at once */
#include "infer/generator.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "infer/slots.h"
#include "tensor/logits.h"
#include "tensor/ops.h"

#define MAX_SLOTS 1024

struct generator {
    struct generator_opt opt;
    const struct decoder *m;
    size_t pass; /* tokens of a pass, at least one for each slot */
    const int32_t *end;
    size_t n_end;
    size_t longest; /* tokens of a label that are fed */
    struct lmprefix *prefix;
    struct slots *room;
    uint32_t *walk; /* [labels->n_run]: nodes, parents before children */
};

/* A sequence being written */
struct generator_slot {
    struct decoder_seq *seq;
    const struct generator_prompt *prompt; /* NULL: free */
    struct generator_answer *answer;
    uint64_t key;
    int32_t *id;    /* [cap]: prompt and answer */
    float *logprob; /* [cap] of the same */
    size_t n, cap;
    size_t fed;   /* of them the network has seen so many */
    size_t limit; /* n is not to pass it */
    size_t room;  /* of the memory for all */
    size_t drawn; /* tokens that were picked */
    struct stopper_text text;
    struct masks_walk walk;
    float *logp;   /* [nodes of the labels] */
    size_t walked; /* of the generator's walk */
};

/* ---- open ---- */

static int
check(const struct generator_opt *o, struct err *e)
{
    if (o->slots > MAX_SLOTS)
        return err_set(e, ERR_USAGE, "--slots is at most %d", MAX_SLOTS);
    if (o->max_tokens < 1)
        return err_set(e, ERR_USAGE, "--max-tokens is at least 1");
    return sample_check(&o->sample, e);
}

/* The nodes that the network is fed, depth first: then a node's parents are the last
 * tokens of the sequence when its turn comes. */
static void
plan_labels(struct generator *g)
{
    const struct labeltrie *t = g->opt.labels;
    uint32_t *stack = mem_alloc(mem_mul(t->n_node, sizeof *stack));
    size_t n = 1, at = 0;

    g->walk = mem_alloc(mem_mul(t->n_run + 1, sizeof *g->walk));
    stack[0] = 0;
    while (n > 0) {
        uint32_t node = stack[--n];

        if (t->first[node] == t->first[node + 1])
            continue;
        if (node > 0)
            g->walk[at++] = node;
        if (t->depth[node] > g->longest)
            g->longest = t->depth[node];
        for (uint32_t c = t->first[node + 1]; c > t->first[node]; c--)
            stack[n++] = c - 1;
    }
    mem_free(stack);
}

/* What a worker has beside the decoder's memory: for a slot a state and its logits, for
 * a token its id and log-probability, doubled as they grow; for all the candidates of a
 * draw. */
static int
set_slots(struct generator *g, struct err *e)
{
    size_t v = (size_t)g->m->n_vocab, nodes = g->opt.labels ? g->opt.labels->n_node : 0;
    struct slots_opt o = { .mem = g->opt.mem,
                           .workers = g->opt.workers,
                           .most = g->opt.slots ? g->opt.slots : GENERATOR_SLOTS,
                           .all = lmprefix_bytes(g->prefix),
                           .worker = 16 * v,
                           .token = 3 * (sizeof(int32_t) + sizeof(float)) };

    o.pass = o.most > LM_PASS_TOKENS ? o.most : LM_PASS_TOKENS;
    o.slot = sizeof(float) * (v + (size_t)g->m->n_embd + nodes);
    if ((g->room = slots_open(g->opt.lm, &o, e)) == NULL)
        return -1;
    g->opt.slots = slots_count(g->room);
    g->pass = g->opt.slots > LM_PASS_TOKENS ? g->opt.slots : LM_PASS_TOKENS;
    return 0;
}

/* What is constant for all workers */
static int
prepare(struct generator *g, struct err *e)
{
    const struct generator_opt *opt = &g->opt;

    g->end = chat_ends(opt->lm->chat, &g->n_end);
    g->prefix = lmprefix_open(opt->lm, opt->prefix, opt->n_prefix, opt->prefix_file, e);
    if (g->prefix == NULL)
        return -1;
    if (opt->labels)
        plan_labels(g);
    return set_slots(g, e);
}

struct generator *
generator_open(const struct generator_opt *opt, struct err *e)
{
    struct generator *g;

    if (check(opt, e))
        return NULL;
    g = mem_zero(1, sizeof *g);
    g->opt = *opt;
    g->m = opt->lm->decoder;
    if (prepare(g, e)) {
        generator_close(g);
        return NULL;
    }
    return g;
}

void
generator_close(struct generator *g)
{
    if (g == NULL)
        return;
    lmprefix_close(g->prefix);
    slots_close(g->room);
    mem_free(g->walk);
    mem_free(g);
}

size_t
generator_slots(const struct generator *g)
{
    return g->opt.slots;
}

size_t
generator_tokens(const struct generator *g)
{
    return slots_tokens(g->room);
}

const struct lmprefix *
generator_prefix(const struct generator *g)
{
    return g->prefix;
}

/* ---- memory ---- */

static void
slot_release(struct generator_slot *s)
{
    decoder_seq_free(s->seq);
    mem_free(s->id);
    mem_free(s->logprob);
    stopper_text_release(&s->text);
    masks_walk_release(&s->walk);
    mem_free(s->logp);
}

void
generator_work_release(struct generator_work *w)
{
    for (size_t i = 0; i < w->n_slot; i++)
        slot_release(&w->slot[i]);
    mem_free(w->slot);
    mem_free(w->x);
    mem_free(w->logits);
    mem_free(w->allowed);
    decoder_work_release(&w->decoder);
    sample_work_release(&w->sample);
    buf_free(&w->piece);
    arena_release(&w->answers);
    *w = (struct generator_work){ 0 };
}

/* What a worker needs for its passes, made at its first one */
static void
take_memory(const struct generator *g, struct generator_work *w)
{
    size_t n = g->opt.slots, d = (size_t)g->m->n_embd, v = (size_t)g->m->n_vocab;

    if (w->slot)
        return;
    w->slot = mem_zero(n, sizeof *w->slot);
    w->n_slot = n;
    for (size_t i = 0; i < n; i++)
        w->slot[i].seq = decoder_seq_new(g->m);
    w->x = mem_alloc(mem_mul(mem_mul(n, d), sizeof *w->x));
    w->logits = mem_alloc(mem_mul(mem_mul(n, v), sizeof *w->logits));
    if (g->opt.masks)
        w->allowed = mem_zero(masks_words(g->opt.masks), sizeof *w->allowed);
}

/* Room for one more token */
static void
grow(struct generator_slot *s)
{
    size_t cap = s->cap ? 2 * s->cap : 256;

    if (s->n < s->cap)
        return;
    s->id = mem_grow(s->id, s->cap * sizeof *s->id, mem_mul(cap, sizeof *s->id));
    s->logprob = mem_grow(s->logprob, s->cap * sizeof *s->logprob,
                          mem_mul(cap, sizeof *s->logprob));
    s->cap = cap;
}

static void
append(struct generator_slot *s, int32_t id, float logprob)
{
    grow(s);
    s->id[s->n] = id;
    s->logprob[s->n++] = logprob;
}

/* ---- a sequence's life ---- */

/* The slot is free. Where memory is short, so is what its sequence had. */
static void
leave(const struct generator *g, struct generator_slot *s)
{
    s->prompt = NULL;
    if (slots_bounded(g->room)) {
        decoder_seq_drop(s->seq);
        mem_free(s->id);
        mem_free(s->logprob);
        s->id = NULL;
        s->logprob = NULL;
        s->cap = 0;
    }
    slots_give(g->room, s->room);
    s->room = 0;
}

/* The answer's arrays and text; its slot is free then. */
static void
finish(const struct generator *g, struct generator_work *w, struct generator_slot *s,
       enum generator_finish how)
{
    struct generator_answer *a = s->answer;
    size_t n = s->n - s->prompt->n;
    const struct buf *text = &s->text.text;

    stopper_end(&s->text);
    if (g->opt.masks)
        text = &s->walk.text;
    a->tokens = n;
    a->id = arena_copy(&w->answers, s->id + s->prompt->n, n * sizeof *s->id);
    a->logprob =
        arena_copy(&w->answers, s->logprob + s->prompt->n, n * sizeof *s->logprob);
    a->finish = how;
    a->text = arena_str(&w->answers, (struct str){ text->p, text->n });
    leave(g, s);
}

/* The text of a token to what there is already. 1: a stop text is complete. */
static int
write_token(const struct generator *g, struct generator_work *w,
            struct generator_slot *s, int32_t id)
{
    const struct tokenizer *t = g->opt.lm->tokenizer;
    struct err e;

    w->piece.n = 0;
    if (tokenizer_is_special(t, id) ||
        tokenizer_put(t, id, s->n == s->prompt->n, &w->piece, &e))
        return 0;
    return stopper_push(g->opt.stop, &s->text, (struct str){ w->piece.p, w->piece.n });
}

/* Tokens that the schema leaves no choice about. 0: the model is to be asked. */
static int
force(const struct generator *g, struct generator_work *w, struct generator_slot *s)
{
    struct masks_next next;

    for (;;) {
        masks_next(g->opt.masks, &s->walk, &next);
        if (next.what == MASKS_CHOICE)
            return 0;
        if (next.what == MASKS_DONE) {
            finish(g, w, s, s->walk.cut ? GENERATOR_LENGTH : GENERATOR_END);
            return 1;
        }
        for (size_t i = 0; i < next.n; i++)
            append(s, next.id[i], NAN);
    }
}

/* Memory for a prompt and its answer, less what it shares with others. 0: there is
 * none now; a worker that has nothing else to do waits. */
static int
admit(const struct generator *g, const struct generator_work *w,
      struct generator_slot *s, const struct generator_prompt *prompt, size_t common)
{
    size_t left = g->opt.lm->n_ctx - prompt->n;
    size_t most = g->opt.labels ? g->longest : g->opt.max_tokens;
    int idle = 1;

    s->limit = prompt->n + (left < most ? left : most);
    for (size_t i = 0; i < w->n_slot && idle; i++)
        idle = w->slot[i].prompt == NULL;
    s->room = slots_take(g->room, s->limit, common, idle);
    return s->room > 0;
}

/* A prompt into a free slot. 0: not now. */
static int
begin(const struct generator *g, struct generator_work *w, struct generator_slot *s,
      const struct generator_prompt *prompt, struct generator_answer *answer)
{
    size_t n_prefix, common;
    const int32_t *prefix = lmprefix_ids(g->prefix, &n_prefix);

    common = chat_common(prompt->id, prompt->n - 1, prefix, n_prefix);
    if (!admit(g, w, s, prompt, common))
        return 0;
    *answer = (struct generator_answer){ .text = { "", 0 } };
    s->prompt = prompt;
    s->answer = answer;
    s->n = s->drawn = 0;
    for (size_t i = 0; i < prompt->n; i++)
        append(s, prompt->id[i], NAN);
    s->key = sample_key(g->opt.seed, prompt->id, prompt->n);
    stopper_begin(&s->text);
    decoder_seq_reset(s->seq);
    if (common > 0)
        decoder_seq_fork(s->seq, lmprefix_seq(g->prefix, &w->decoder), common);
    s->fed = common;
    s->walked = 0;
    if (g->opt.masks == NULL)
        return 1;
    if (masks_begin(g->opt.masks, &s->walk, s->limit - prompt->n, &answer->e))
        leave(g, s);
    else
        force(g, w, s);
    return 1;
}

static int
is_end(const struct generator *g, int32_t id)
{
    for (size_t i = 0; i < g->n_end; i++)
        if (g->end[i] == id)
            return 1;
    return 0;
}

/* ---- picking tokens ---- */

/* The next token of a free text */
static void
pick_free(const struct generator *g, struct generator_work *w, struct generator_slot *s,
          struct sample_row *row)
{
    struct sample_pick pick;

    row->draw = s->drawn++;
    if (sample_next(&g->opt.sample, &w->sample, row, &pick, &s->answer->e)) {
        leave(g, s);
        return;
    }
    if (is_end(g, pick.id)) {
        finish(g, w, s, GENERATOR_END);
        return;
    }
    if (write_token(g, w, s, pick.id)) {
        append(s, pick.id, pick.logprob);
        finish(g, w, s, GENERATOR_STOP);
        return;
    }
    append(s, pick.id, pick.logprob);
    if (s->n >= s->limit)
        finish(g, w, s, GENERATOR_LENGTH);
}

/* The same mask with the tokens that end a text */
static const uint64_t *
allow_end(const struct generator *g, struct generator_work *w, const uint64_t *bits)
{
    size_t n = masks_words(g->opt.masks);

    memcpy(w->allowed, bits, n * sizeof *bits);
    for (size_t i = 0; i < g->n_end; i++)
        if ((size_t)g->end[i] < 64 * n)
            w->allowed[g->end[i] / 64] |= (uint64_t)1 << g->end[i] % 64;
    return w->allowed;
}

/* The next token of a value. One after which it could not be made whole is not taken:
 * then others are left, or none but those that close it. */
static void
pick_masked(const struct generator *g, struct generator_work *w,
            struct generator_slot *s, struct sample_row *row)
{
    size_t before = s->n;
    struct masks_next next;
    struct sample_pick pick;

    while (s->prompt && s->n == before) {
        masks_next(g->opt.masks, &s->walk, &next);
        row->allowed = next.may_end ? allow_end(g, w, next.bits) : next.bits;
        row->draw = s->drawn++;
        if (sample_next(&g->opt.sample, &w->sample, row, &pick, &s->answer->e))
            leave(g, s);
        else if (next.may_end && is_end(g, pick.id))
            masks_end(&s->walk);
        else if (masks_take(g->opt.masks, &s->walk, pick.id) == 1)
            append(s, pick.id, pick.logprob);
        if (s->prompt)
            force(g, w, s);
    }
}

/* ---- labels ---- */

/* How likely each child of a node is, by the logits behind it */
static void
rate_children(const struct labeltrie *t, uint32_t node, const float *logits,
              size_t n_vocab, float *logp)
{
    double all = logits_log_sum(kernel_best(), logits, n_vocab);

    for (uint32_t c = t->first[node]; c < t->first[node + 1]; c++)
        logp[c] = (float)((double)logits[t->token[c]] - all);
}

static void
rate_labels(const struct labeltrie *t, struct generator_work *w,
            struct generator_slot *s)
{
    size_t bytes = mem_mul(t->n_label, sizeof(float));
    float *fit = arena_alloc(&w->answers, bytes), *prob;

    if (labeltrie_fit(t, s->logp, fit, &s->answer->e))
        return;
    prob = arena_copy(&w->answers, fit, bytes);
    ops_softmax(kernel_best(), prob, t->n_label, 1.0f);
    s->answer->fit = fit;
    s->answer->prob = prob;
}

/* The logits of the node that was fed last; then the next one takes its place in the
 * sequence. */
static void
rate(const struct generator *g, struct generator_work *w, struct generator_slot *s,
     const float *logits)
{
    const struct labeltrie *t = g->opt.labels;
    uint32_t node = s->walked > 0 ? g->walk[s->walked - 1] : 0;

    if (s->logp == NULL)
        s->logp = mem_zero(t->n_node, sizeof *s->logp);
    rate_children(t, node, logits, (size_t)g->m->n_vocab, s->logp);
    if (s->walked < t->n_run) {
        node = g->walk[s->walked++];
        s->n = s->fed = s->prompt->n + t->depth[node] - 1;
        decoder_seq_cut(s->seq, s->fed);
        append(s, t->token[node], NAN);
        return;
    }
    rate_labels(t, w, s);
    leave(g, s);
}

static void
pick(const struct generator *g, struct generator_work *w, struct generator_slot *s,
     float *logits)
{
    size_t passed = g->opt.own_penalty ? s->prompt->n : 0;
    struct sample_row row = { .logits = logits,
                              .n = (size_t)g->m->n_vocab,
                              .seen = s->id + passed,
                              .n_seen = s->n - passed,
                              .key = s->key };

    if (g->opt.labels)
        rate(g, w, s, logits);
    else if (g->opt.masks)
        pick_masked(g, w, s, &row);
    else
        pick_free(g, w, s, &row);
}

/* ---- passes ---- */

struct pass {
    struct decoder_part part[MAX_SLOTS];
    struct generator_slot *slot[MAX_SLOTS]; /* of each part */
    size_t n_part, n_tok;
};

/* At most `most` tokens that the network has not seen */
static void
plan_slot(struct pass *p, struct generator_slot *s, size_t most)
{
    size_t left = s->n - s->fed, n = left < most ? left : most;

    if (n == 0)
        return;
    p->part[p->n_part] =
        (struct decoder_part){ s->seq, s->id + s->fed, n, n < left ? n : n - 1 };
    p->slot[p->n_part++] = s;
    p->n_tok += n;
}

/* Those that write first, a token each; then prompts, as far as there is room. */
static void
plan(const struct generator *g, struct generator_work *w, struct pass *p)
{
    p->n_part = p->n_tok = 0;
    for (int prompts = 0; prompts < 2; prompts++)
        for (size_t i = 0; i < w->n_slot; i++) {
            struct generator_slot *s = &w->slot[i];

            if (s->prompt && (s->n - s->fed > 1) == prompts)
                plan_slot(p, s, g->pass - p->n_tok);
        }
}

static void
run_pass(const struct generator *g, struct generator_work *w, struct pass *p)
{
    size_t n_vocab = (size_t)g->m->n_vocab, n = 0;

    decoder_run(g->m, p->part, p->n_part, w->x, &w->decoder);
    for (size_t i = 0; i < p->n_part; i++) {
        struct generator_slot *s = p->slot[i];

        s->fed += p->part[i].n;
        if (s->fed == s->n)
            p->slot[n++] = s;
    }
    if (n > 0)
        decoder_logits(g->m, w->x, n, w->logits, &w->decoder);
    for (size_t i = 0; i < n; i++)
        pick(g, w, p->slot[i], w->logits + i * n_vocab);
}

void
generator_run(const struct generator *g, struct generator_work *w,
              const struct generator_prompt *prompt, size_t n,
              struct generator_answer *answer)
{
    struct pass p;
    size_t next = 0;

    take_memory(g, w);
    arena_reset(&w->answers);
    do {
        for (size_t i = 0; i < w->n_slot; i++)
            while (w->slot[i].prompt == NULL && next < n &&
                   begin(g, w, &w->slot[i], &prompt[next], &answer[next]))
                next++;
        plan(g, w, &p);
        if (p.n_part > 0)
            run_pass(g, w, &p);
    } while (p.n_part > 0 || next < n);
}
