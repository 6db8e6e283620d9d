/* asker.c - texts to a language model and its answers, as its template has them */
#include "infer/asker.h"

#include "base/mem.h"

struct asker {
    struct asker_opt opt;
    struct generator *generator;
    size_t limit; /* tokens of a prompt */
};

static struct chat_text
with_user(const struct asker *a, struct str user)
{
    return (struct chat_text){ a->opt.system, a->opt.turn, a->opt.n_turn, user };
}

static size_t
longest_label(const struct labeltrie *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n_label; i++)
        if (t->depth[t->leaf[i]] > n)
            n = t->depth[t->leaf[i]];
    return n;
}

/* Prompt and answer must fit together; labels take the little that they need. */
static int
set_limit(struct asker *a, struct err *e)
{
    const struct generator_opt *g = &a->opt.generator;
    size_t ctx = a->opt.lm->n_ctx;
    size_t need = g->labels ? longest_label(g->labels) : g->max_tokens;

    if (need >= ctx)
        return err_set(e, ERR_USAGE,
                       "an answer of %zu tokens leaves no room: with its prompt it has "
                       "%zu at most",
                       need, ctx);
    a->limit = ctx - need;
    return 0;
}

struct asker *
asker_open(const struct asker_opt *opt, struct err *e)
{
    struct asker *a = mem_zero(1, sizeof *a);
    struct chat_work w = { 0 };
    struct chat_text head;

    a->opt = *opt;
    head = with_user(a, opt->head);
    if (set_limit(a, e) == 0 && chat_shared(opt->lm->chat, &head, &w, e) == 0) {
        a->opt.generator.lm = opt->lm;
        a->opt.generator.prefix = w.id;
        a->opt.generator.n_prefix = w.n;
        a->generator = generator_open(&a->opt.generator, e);
    }
    chat_work_release(&w);
    if (a->generator)
        return a;
    asker_close(a);
    return NULL;
}

void
asker_close(struct asker *a)
{
    if (a == NULL)
        return;
    generator_close(a->generator);
    mem_free(a);
}

const struct generator *
asker_generator(const struct asker *a)
{
    return a->generator;
}

void
asker_work_release(struct asker_work *w)
{
    generator_work_release(&w->generator);
    chat_work_release(&w->chat);
    tokenizer_work_release(&w->token);
    buf_free(&w->cut);
    arena_release(&w->batch);
}

/* ---- prompts ---- */

static int
encode(const struct asker *a, struct asker_work *w, struct str user, struct err *e)
{
    struct chat_text text = with_user(a, user);

    w->chat.max = 0;
    return chat_encode(a->opt.lm->chat, &text, &w->chat, e);
}

/* The text less its last n tokens, as it has them alone */
static int
cut(const struct asker *a, struct asker_work *w, struct str *user, size_t n,
    struct err *e)
{
    unsigned flags = TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS;

    if (tokenizer_encode(a->opt.lm->tokenizer, *user, flags, &w->token, e))
        return -1;
    if (w->token.n <= n)
        return err_set(e, ERR_OVERLONG,
                       "what stands around the text has more tokens than the model "
                       "takes");
    user->n = w->token.span[w->token.n - n].byte;
    return 0;
}

/* Tokens join in another way at the cut, so it may take a second one. */
static int
shorten(const struct asker *a, struct asker_work *w, struct str user, struct err *e)
{
    const struct str tail = a->opt.tail;

    if (w->chat.n > a->limit)
        user.n -= tail.n;
    while (w->chat.n > a->limit) {
        if (cut(a, w, &user, w->chat.n - a->limit, e))
            return -1;
        w->cut.n = 0;
        buf_str(&w->cut, user);
        buf_str(&w->cut, tail);
        if (encode(a, w, buf_span(&w->cut), e))
            return -1;
    }
    return 0;
}

/* The ids of a text to w->chat; none, where info says why. */
static void
make_prompt(const struct asker *a, struct asker_work *w, struct str user,
            struct asker_info *info)
{
    *info = (struct asker_info){ .how = OVERLONG_NONE };
    if (encode(a, w, user, &info->e))
        return;
    info->tokens = w->chat.n;
    if (w->chat.n == 0)
        err_set(&info->e, ERR_RANGE, "the prompt has no token");
    if (w->chat.n > a->limit) {
        info->how = a->opt.overlong;
        if (info->how == OVERLONG_ERROR)
            err_set(&info->e, ERR_OVERLONG, "%zu tokens, at most %zu", w->chat.n,
                    a->limit);
        else if (info->how == OVERLONG_TRUNCATE)
            shorten(a, w, user, &info->e);
        if (info->how != OVERLONG_TRUNCATE || info->e.code != ERR_NONE)
            w->chat.n = 0;
    }
    info->kept = w->chat.n;
}

void
asker_count(const struct asker *a, struct asker_work *w, const struct str *text,
            size_t n, struct asker_info *info)
{
    for (size_t i = 0; i < n; i++)
        make_prompt(a, w, text[i], &info[i]);
}

void
asker_run(const struct asker *a, struct asker_work *w, const struct str *text, size_t n,
          struct generator_answer *answer, struct asker_info *info)
{
    struct generator_prompt *prompt;
    struct generator_answer *part;
    size_t m = 0;

    arena_reset(&w->batch);
    prompt = arena_alloc(&w->batch, mem_mul(n, sizeof *prompt));
    part = arena_alloc(&w->batch, mem_mul(n, sizeof *part));
    for (size_t i = 0; i < n; i++) {
        size_t bytes;

        make_prompt(a, w, text[i], &info[i]);
        bytes = info[i].kept * sizeof *w->chat.id;
        if (bytes > 0)
            prompt[m++] =
                (struct generator_prompt){ arena_copy(&w->batch, w->chat.id, bytes),
                                           info[i].kept };
    }
    generator_run(a->generator, &w->generator, prompt, m, part);
    m = 0;
    for (size_t i = 0; i < n; i++) {
        answer[i] = (struct generator_answer){ .text = { "", 0 } };
        if (info[i].kept == 0)
            continue;
        answer[i] = part[m++];
        if (info[i].e.code == ERR_NONE)
            info[i].e = answer[i].e;
    }
}
