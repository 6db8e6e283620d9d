/* summarizer.c - what a language model says in short of texts of any length */
#include "infer/summarizer.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ROUNDS 24 /* each makes a text several times shorter */

static const struct {
    const char *name, *ask;
    int words;
} styles[SUMMARIZER_STYLES] = {
    { "paragraph", "Summarize the following text in at most %d words.", 60 },
    { "sentence", "Summarize the following text in one sentence of at most %d words.",
      30 },
    { "bullets",
      "List the main points of the following text as short bullet points, in at most "
      "%d "
      "words.",
      60 },
};

const char *
summarizer_style_name(int style)
{
    return styles[style].name;
}

struct summarizer {
    struct summarizer_opt opt;
    struct asker *asker;
    struct chunker chunker;
    char head[160];   /* before a text, */
    const char *tail; /* and behind it */
    size_t room;      /* tokens of a text */
    int tree;         /* texts that are longer are cut into pieces */
};

/* ---- open ---- */

/* A model without a template is not asked, it goes on: so the text ends with what a
 * summary would follow, and the summary at an empty line. */
static void
write_prompt(struct summarizer *s, int words)
{
    int n = snprintf(s->head, sizeof s->head, styles[s->opt.style].ask, words);

    snprintf(s->head + n, sizeof s->head - (size_t)n, "\n\n");
    s->tail =
        strcmp(chat_name(s->opt.ask.lm->chat), "plain") == 0 ? "\n\nSummary:" : "";
}

/* A prompt without a text, and a little for tokens that join. */
static int
set_room(struct summarizer *s, struct err *e)
{
    struct asker_work w = { 0 };
    struct asker_info info;
    struct buf b = { 0 };
    struct str text;
    size_t ctx = s->opt.ask.lm->n_ctx, answer = s->opt.ask.generator.max_tokens, used;
    size_t most = 4 * answer; /* so that each round makes a text shorter */

    buf_puts(&b, s->head);
    buf_puts(&b, s->tail);
    text = (struct str){ b.p, b.n };
    asker_count(s->asker, &w, &text, 1, &info);
    used = info.tokens + 16 + answer;
    buf_free(&b);
    asker_work_release(&w);
    s->room = used < ctx ? ctx - used : 0;
    if (s->room < most)
        return err_set(e, ERR_USAGE,
                       "%zu tokens leave no room for a text beside a summary of %zu",
                       ctx, answer);
    if (most < SUMMARIZER_PIECE)
        most = SUMMARIZER_PIECE;
    if (s->room > most)
        s->room = most;
    return 0;
}

struct summarizer *
summarizer_open(const struct summarizer_opt *opt, struct err *e)
{
    struct summarizer *s = mem_zero(1, sizeof *s);
    int words = opt->words > 0 ? opt->words : styles[opt->style].words;

    s->opt = *opt;
    if (s->opt.ask.generator.max_tokens == 0)
        s->opt.ask.generator.max_tokens = 2 * (size_t)words + 16;
    s->opt.ask.generator.own_penalty = 1;
    write_prompt(s, words);
    s->opt.ask.head = str_of(s->head);
    s->chunker = (struct chunker){ .unit = CHUNKER_SENTENCES,
                                   .lang = opt->lang,
                                   .tokenizer = opt->ask.lm->tokenizer };
    s->tree = opt->ask.overlong == OVERLONG_CHUNK;
    if (s->tree)
        s->opt.ask.overlong = OVERLONG_TRUNCATE; /* pieces fit */
    if ((s->asker = asker_open(&s->opt.ask, e)) != NULL && set_room(s, e) == 0) {
        s->chunker.max_tokens = s->room;
        return s;
    }
    summarizer_close(s);
    return NULL;
}

void
summarizer_close(struct summarizer *s)
{
    if (s == NULL)
        return;
    asker_close(s->asker);
    mem_free(s);
}

const struct asker *
summarizer_asker(const struct summarizer *s)
{
    return s->asker;
}

void
summarizer_work_release(struct summarizer_work *w)
{
    asker_work_release(&w->ask);
    chunker_work_release(&w->chunk);
    tokenizer_work_release(&w->token);
    arena_release(&w->mem);
}

/* ---- a text in pieces ---- */

/* One text on its way */
struct item {
    struct str text; /* of this round */
    size_t first, n; /* its pieces in this round; none: it is done */
};

/* The pieces of a round, of all texts, as prompts */
struct round {
    struct str *prompt; /* [cap] */
    size_t n, cap;
};

static void
add_prompt(const struct summarizer *s, struct summarizer_work *w, struct round *r,
           struct str piece)
{
    size_t head = strlen(s->head), tail = strlen(s->tail);
    char *p;

    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        r->prompt = mem_grow(r->prompt, r->cap * sizeof *r->prompt,
                             mem_mul(cap, sizeof *r->prompt));
        r->cap = cap;
    }
    p = arena_alloc(&w->mem, head + piece.n + tail + 1);
    memcpy(p, s->head, head);
    memcpy(p + head, piece.p, piece.n);
    memcpy(p + head + piece.n, s->tail, tail);
    r->prompt[r->n++] = (struct str){ p, head + piece.n + tail };
}

/* The text's tokens; they are more than one prompt takes, or not. -1: info says why. */
static int
is_long(const struct summarizer *s, struct summarizer_work *w, struct str text,
        size_t *tokens, struct err *e)
{
    if (tokenizer_encode(s->opt.ask.lm->tokenizer, text, TOKENIZER_NO_SPECIAL,
                         &w->token, e))
        return -1;
    *tokens = w->token.n;
    return *tokens > s->room;
}

/* The prompts of a text in this round */
static void
cut(const struct summarizer *s, struct summarizer_work *w, struct item *it, int whole,
    struct round *r, struct summarizer_info *info)
{
    size_t tokens = 0;
    int more = is_long(s, w, it->text, &tokens, &info->e);

    it->first = r->n;
    if (info->pieces == 0)
        info->tokens = info->kept = tokens;
    if (more < 0 ||
        (more && !whole && chunker_run(&s->chunker, &w->chunk, it->text, &info->e)))
        return;
    if (!more || whole)
        add_prompt(s, w, r, it->text);
    else
        for (size_t i = 0; i < w->chunk.n_piece; i++) {
            const struct chunker_piece *p = &w->chunk.piece[i];
            add_prompt(s, w, r, (struct str){ it->text.p + p->at, p->end - p->at });
        }
    it->n = r->n - it->first;
    info->pieces += it->n;
    if (it->n > 1)
        info->how = OVERLONG_CHUNK;
}

/* What the model said of a text's pieces: its summary, or the text of the next round */
static void
join(struct summarizer_work *w, struct item *it, const struct generator_answer *answer,
     const struct asker_info *asked, struct str *out, struct summarizer_info *info)
{
    struct buf b = { 0 };

    for (size_t i = it->first; i < it->first + it->n; i++) {
        if (info->e.code == ERR_NONE)
            info->e = asked[i].e;
        if (asked[i].how != OVERLONG_NONE) {
            info->how = asked[i].how;
            info->tokens = asked[i].tokens;
            info->kept = asked[i].kept;
        }
        info->cut = answer[i].finish == GENERATOR_LENGTH;
        if (b.n > 0)
            buf_char(&b, '\n');
        buf_add(&b, answer[i].text.p, answer[i].text.n);
    }
    it->text = arena_str(&w->mem, (struct str){ b.p, b.n });
    buf_free(&b);
    if (it->n == 1 || info->e.code != ERR_NONE) {
        *out = it->text;
        it->n = 0;
    }
}

/* White space at both ends is the model's, not the summary's. */
static struct str
trim(struct str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\n'))
        s.p++, s.n--;
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\n'))
        s.n--;
    return s;
}

/* All texts that are not done, one step on; 0: there are none. */
static int
run_round(const struct summarizer *s, struct summarizer_work *w, struct item *item,
          size_t n, int whole, struct round *r, struct str *out,
          struct summarizer_info *info)
{
    struct generator_answer *answer;
    struct asker_info *asked;

    r->n = 0;
    for (size_t i = 0; i < n; i++)
        if (item[i].n > 0) {
            item[i].n = 0;
            cut(s, w, &item[i], whole, r, &info[i]);
        }
    if (r->n == 0)
        return 0;
    answer = arena_alloc(&w->mem, mem_mul(r->n, sizeof *answer));
    asked = arena_alloc(&w->mem, mem_mul(r->n, sizeof *asked));
    asker_run(s->asker, &w->ask, r->prompt, r->n, answer, asked);
    for (size_t i = 0; i < n; i++)
        if (item[i].n > 0)
            join(w, &item[i], answer, asked, &out[i], &info[i]);
    return 1;
}

void
summarizer_run(const struct summarizer *s, struct summarizer_work *w,
               const struct str *text, size_t n, struct str *out,
               struct summarizer_info *info)
{
    struct round r = { 0 };
    struct item *item;

    arena_reset(&w->mem);
    item = arena_alloc(&w->mem, mem_mul(n, sizeof *item));
    for (size_t i = 0; i < n; i++) {
        item[i] = (struct item){ text[i], 0, 1 };
        info[i] = (struct summarizer_info){ .how = OVERLONG_NONE };
        out[i] = (struct str){ "", 0 };
    }
    /* The last round takes what is left as it is: a model that writes more than it
     * reads must come to an end. */
    for (int round = 1; round <= ROUNDS; round++)
        if (!run_round(s, w, item, n, !s->tree || round == ROUNDS, &r, out, info))
            break;
    mem_free(r.prompt);
    for (size_t i = 0; i < n; i++)
        out[i] = trim(out[i]);
}

void
summarizer_count(const struct summarizer *s, struct summarizer_work *w,
                 const struct str *text, size_t n, struct summarizer_info *info)
{
    for (size_t i = 0; i < n; i++) {
        info[i] = (struct summarizer_info){ .pieces = 1 };
        if (is_long(s, w, text[i], &info[i].tokens, &info[i].e) > 0)
            info[i].pieces = info[i].tokens / s->room + 1;
    }
}
