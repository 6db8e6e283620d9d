/* chat.c - from system text, turns and a question to the ids that a model knows */
#include "infer/chat.h"

#include <string.h>

#include "base/mem.h"
#include "infer/chatstyle.h"
#include "text/utf8.h"

#define TOKENS (sizeof((struct chatstyle *)0)->token / sizeof(char *))
#define ENDS   (CHATFILE_ENDS + 1)

struct chat {
    const struct tokenizer *t;
    const struct chatstyle *style;
    struct chatstyle_made made;
    unsigned flags;        /* of the tokenizer, for what is no token of the style */
    int32_t bos, eos;      /* -1: none */
    int first;             /* bos stands before everything */
    int32_t token[TOKENS]; /* of style->token */
    int32_t end[ENDS];
    size_t n_end;
};

void
chat_work_release(struct chat_work *w)
{
    mem_free(w->id);
    tokenizer_work_release(&w->tok);
    buf_free(&w->run);
    buf_free(&w->joined);
    buf_free(&w->key);
    buf_free(&w->next_key);
    buf_free(&w->head_run);
    *w = (struct chat_work){ 0 };
}

/* ---- opening ---- */

/* Does the model's tokenizer put that token before each text? */
static int
adds_bos(const struct tokenizer *t, int32_t *bos)
{
    struct tokenizer_frame f = tokenizer_get_frame(t);

    if (f.n_before == 0)
        return 0;
    *bos = f.before[0];
    return 1;
}

static int
find_tokens(struct chat *c, struct err *e)
{
    const char *const *token = c->style->token;

    for (size_t i = 0; i < TOKENS && token[i]; i++) {
        c->token[i] = tokenizer_find(c->t, str_of(token[i]));
        if (c->token[i] < 0)
            return err_set(e, ERR_MODEL,
                           "the chat template needs the token '%s', which the "
                           "vocabulary has not",
                           token[i]);
        if (i + 1 == TOKENS || token[i + 1] == NULL)
            c->end[c->n_end++] = c->token[i];
    }
    return 0;
}

static void
add_ends(struct chat *c, const struct chatfile *f)
{
    for (size_t i = 0; i < f->n_end; i++)
        if (c->n_end == 0 || c->end[0] != f->end[i])
            c->end[c->n_end++] = f->end[i];
}

struct chat *
chat_new(const struct chatfile *f, const struct tokenizer *t,
         const struct chat_opt *opt, struct err *e)
{
    struct chat *c = mem_zero(1, sizeof *c);

    c->t = t;
    c->bos = f->bos;
    c->eos = f->eos;
    c->first = adds_bos(t, &c->bos);
    c->flags = TOKENIZER_NO_SPECIAL | (opt->special ? TOKENIZER_PARSE_SPECIAL : 0u);
    c->style = &chatstyle_plain;
    if (!opt->raw && f->text.n > 0)
        c->style = chatstyle_match(buf_span(&f->text), &c->made, e);
    if (c->style == NULL || find_tokens(c, e)) {
        chat_close(c);
        return NULL;
    }
    c->first |= c->made.bos;
    add_ends(c, f);
    return c;
}

struct chat *
chat_open(const char *path, const struct tokenizer *t, const struct chat_opt *opt,
          struct err *e)
{
    struct chat *c = NULL;
    struct chatfile f;

    if (chatfile_open(&f, path, t, e) == 0 && (c = chat_new(&f, t, opt, e)) == NULL)
        err_wrap(e, "%s", path);
    chatfile_close(&f);
    return c;
}

void
chat_close(struct chat *c)
{
    if (c)
        chatstyle_release(&c->made);
    mem_free(c);
}

const char *
chat_name(const struct chat *c)
{
    return c->style->name;
}

const int32_t *
chat_ends(const struct chat *c, size_t *n)
{
    *n = c->n_end;
    return c->end;
}

/* ---- ids ---- */

struct job {
    const struct chat *c;
    struct chat_work *w;
    struct err *e;
};

static int
add_ids(struct job *j, const int32_t *id, size_t n)
{
    struct chat_work *w = j->w;

    if (w->max > 0 && n > w->max - w->n)
        return err_set(j->e, ERR_OVERLONG, "the prompt has more than %zu tokens",
                       w->max);
    if (n > w->cap - w->n) {
        size_t cap = w->cap + w->cap / 2 + n + 256;
        w->id = mem_grow(w->id, w->n * sizeof *w->id, cap * sizeof *w->id);
        w->cap = cap;
    }
    if (n > 0)
        memcpy(w->id + w->n, id, n * sizeof *id);
    w->n += n;
    return 0;
}

static int
is_bos_twice(const struct chat *c, int32_t last, int32_t next)
{
    return last == c->bos && next == c->bos;
}

/* What has come since the last token of the template is one text. */
static int
end_run(struct job *j)
{
    struct chat_work *w = j->w;
    size_t twice;

    if (w->run.n == 0)
        return 0;
    w->tok.max = w->max ? w->max - w->n + 1 : 0;
    if (tokenizer_encode(j->c->t, buf_span(&w->run), j->c->flags, &w->tok, j->e)) {
        if (w->max > 0)
            return err_set(j->e, ERR_OVERLONG, "the prompt has more than %zu tokens",
                           w->max);
        return -1;
    }
    w->run.n = 0;
    /* Under `special` a text may bring the first token, which is there. */
    twice =
        w->n > 0 && w->tok.n > 0 && is_bos_twice(j->c, w->id[w->n - 1], w->tok.id[0]);
    return add_ids(j, w->tok.id + twice, w->tok.n - twice);
}

static int
add_token(struct job *j, int32_t id)
{
    const struct chat_work *w = j->w;

    if (end_run(j))
        return -1;
    if (id < 0 || (w->n > 0 && is_bos_twice(j->c, w->id[w->n - 1], id)))
        return 0;
    return add_ids(j, &id, 1);
}

/* The token that a style's text begins with; its length in bytes, 0: none. */
static size_t
token_at(const struct chat *c, const char *text, int32_t *id)
{
    const char *const *token = c->style->token;

    if (*text == CHATSTYLE_BOS || *text == CHATSTYLE_EOS) {
        *id = *text == CHATSTYLE_BOS ? c->bos : c->eos;
        return 1;
    }
    for (size_t i = 0; i < TOKENS && token[i]; i++) {
        size_t n = strlen(token[i]);
        if (strncmp(text, token[i], n) == 0) {
            *id = c->token[i];
            return n;
        }
    }
    return 0;
}

static int
add_words(struct job *j, const char *words)
{
    while (*words) {
        int32_t id;
        size_t n = token_at(j->c, words, &id);
        if (n == 0)
            buf_char(&j->w->run, *words++);
        else if (add_token(j, id))
            return -1;
        words += n;
    }
    return 0;
}

/* ---- white space ---- */

/* Python's str.isspace() */
static int
is_space(uint32_t cp)
{
    return (cp >= 9 && cp <= 13) || (cp >= 28 && cp <= 32) || cp == 0x85 ||
           cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) ||
           cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

static struct str
trim(struct str s)
{
    const char *p = s.p, *end = s.p + s.n, *next;

    for (next = p; p < end && is_space(utf8_next(&next));)
        p = next;
    while (end > p) {
        const char *last = end - 1;
        while (last > p && ((unsigned char)*last & 0xC0) == 0x80)
            last--;
        next = last;
        if (!is_space(utf8_next(&next)))
            break;
        end = last;
    }
    return (struct str){ p, (size_t)(end - p) };
}

static struct str
trim_if(const struct chat *c, unsigned what, struct str s)
{
    return c->made.trim & what ? trim(s) : s;
}

/* ---- the turns ---- */

static int
add_part(struct job *j, const struct chatstyle_part *part, struct str text)
{
    if (add_words(j, part->before))
        return -1;
    buf_str(&j->w->run, text);
    return add_words(j, part->after);
}

/* The first user's text, with the system's before it where that is the style */
static struct str
join_system(struct job *j, const struct str *system, struct str text)
{
    const struct chatstyle *style = j->c->style;
    struct buf *b = &j->w->joined;

    text = trim_if(j->c, CHATSTYLE_TRIM_USER, text);
    if (system && style->how == CHATSTYLE_INSIDE) {
        b->n = 0;
        buf_puts(b, style->system.before);
        buf_str(b, *system);
        buf_puts(b, style->system.after);
        buf_str(b, text);
        text = buf_span(b);
    }
    return trim_if(j->c, CHATSTYLE_TRIM_JOINED, text);
}

static int
add_system(struct job *j, const struct str *system)
{
    const struct chat *c = j->c;

    if (c->style->how == CHATSTYLE_REFUSE && system)
        return err_set(j->e, ERR_USAGE,
                       "the model's chat template '%s' takes no system "
                       "text",
                       c->style->name);
    if (c->style->how != CHATSTYLE_TURN)
        return 0;
    if (system == NULL && c->made.none.p)
        return add_part(j, &c->style->system, c->made.none);
    if (system == NULL)
        return 0;
    return add_part(j, &c->style->system, trim_if(c, CHATSTYLE_TRIM_SYSTEM, *system));
}

/* Text as it is has a line's end only where turns show the way. */
static int
add_question(struct job *j, const struct chat_text *text, const struct str *system)
{
    const struct chatstyle *style = j->c->style;
    struct str user = join_system(j, system, text->user);

    if (style == &chatstyle_plain && text->n_turn == 0) {
        buf_str(&j->w->run, user);
        return 0;
    }
    return add_part(j, &style->user, user) || add_words(j, style->ask) ? -1 : 0;
}

/* What comes before the last turn: it is the same for all records of a run. */
static int
add_head(struct job *j, const struct chat_text *text)
{
    const struct chat *c = j->c;
    const struct str *system = text->system;

    if ((c->first && add_token(j, c->bos)) || add_system(j, system))
        return -1;
    for (size_t i = 0; i < text->n_turn; i++, system = NULL)
        if (add_part(j, &c->style->user, join_system(j, system, text->turn[i].user)) ||
            add_part(j, &c->style->answer,
                     trim_if(c, CHATSTYLE_TRIM_ANSWER, text->turn[i].answer)))
            return -1;
    return 0;
}

/* ---- the head, kept from one call to the next ---- */

static void
put_key(struct buf *b, const struct str *s)
{
    size_t n = s ? s->n : SIZE_MAX;

    buf_add(b, &n, sizeof n);
    if (s)
        buf_str(b, *s);
}

/* All that the head depends on */
static void
make_key(const struct job *j, const struct chat_text *text, struct buf *b)
{
    b->n = 0;
    buf_add(b, &j->c, sizeof j->c);
    buf_add(b, &j->w->max, sizeof j->w->max);
    put_key(b, text->system);
    for (size_t i = 0; i < text->n_turn; i++) {
        put_key(b, &text->turn[i].user);
        put_key(b, &text->turn[i].answer);
    }
}

/* 1: the last call's head serves: its ids are still there, and the text behind them. */
static int
recall(struct job *j, const struct chat_text *text)
{
    struct chat_work *w = j->w;
    struct buf old = w->key;

    make_key(j, text, &w->next_key);
    w->key = w->next_key;
    w->next_key = old;
    if (w->head_run.p == NULL || !str_eq(buf_span(&w->key), buf_span(&old)))
        return 0;
    w->n = w->n_head;
    buf_str(&w->run, buf_span(&w->head_run));
    return 1;
}

static void
remember(struct job *j)
{
    struct chat_work *w = j->w;

    w->n_head = w->n;
    w->head_run.n = 0;
    buf_str(&w->head_run, buf_span(&w->run));
}

static int
add_all(struct job *j, const struct chat_text *text)
{
    if (!recall(j, text)) {
        buf_free(&j->w->head_run);
        if (add_head(j, text))
            return -1;
        remember(j);
    }
    return add_question(j, text, text->n_turn ? NULL : text->system) || end_run(j) ? -1
                                                                                   : 0;
}

int
chat_encode(const struct chat *c, const struct chat_text *text, struct chat_work *w,
            struct err *e)
{
    struct job j = { c, w, e };
    int bad;

    w->n = w->run.n = 0;
    bad = add_all(&j, text);
    if (bad)
        w->n = 0;
    return bad;
}

/* ---- what the texts of a run have in common ---- */

size_t
chat_common(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b, i = 0;

    while (i < n && a[i] == b[i])
        i++;
    return i;
}

/* Beginnings of many kinds: what follows the common text alters its last tokens in as
 * many ways. */
int
chat_shared(const struct chat *c, const struct chat_text *text, struct chat_work *w,
            struct err *e)
{
    static const char *const next[] = {
        "a",  "The", " ",  " a",       "\n",       "\n\nA",        "1",
        ".",  "\"",  "'s", "\xC3\xA9", "\xCC\x81", "\xE4\xB8\xAD", "  b",
        "\t", "<",   "s",  ",",        ":"
    };
    struct chat_work other = { .max = 0 };
    struct chat_text tried = *text;
    struct buf user = { 0 };
    size_t n = 0;
    int bad = chat_encode(c, text, w, e);

    n = w->n;
    buf_str(&user, text->user);
    for (size_t i = 0; !bad && i < sizeof next / sizeof *next; i++) {
        user.n = text->user.n;
        buf_puts(&user, next[i]);
        tried.user = buf_span(&user);
        bad = chat_encode(c, &tried, &other, e);
        n = bad ? 0 : chat_common(w->id, n, other.id, other.n);
    }
    w->n = n;
    buf_free(&user);
    chat_work_release(&other);
    return bad;
}
