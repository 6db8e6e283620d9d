/*
 * chat.h - from system text, turns and a question to the ids that a model knows
 *
 *     struct chat_opt opt = { .raw = 0 };
 *     struct chat *c = chat_open(dir, tokenizer, &opt, &e);
 *     struct chat_work w = { .max = n_ctx };
 *     struct chat_text text = { .user = STR("Why is the sky blue?") };
 *     if (chat_encode(c, &text, &w, &e)) ...             w.id [w.n], until the next one
 *     chat_work_release(&w);
 *     chat_close(c);
 *
 * The model's own template is matched to a closed list (chatstyle.h); it is never run.
 * Models without a template, and `raw`, take the text as it is; before it the system
 * text and an empty line, and of each turn a line of text, a line of answer and an
 * empty line; behind turns the text itself gets its line's end, too.
 *
 * What one would get wrong: tokens such as <|im_end|> come from the template alone.
 * Written in a text they are plain text, unless `special`. And a text is encoded
 * together with what the template writes beside it ("user\n"), since tokens cross that
 * border, as they do where a template is run and its whole output encoded.
 *
 * The token that begins a text (BOS) stands first where the template names it or the
 * model's tokenizer adds it, and never twice in a row. The one that ends a text is not
 * added: the model goes on.
 *
 * Records of a run have system text and turns in common: what comes before the last
 * turn is encoded once for as long as it stays the same.
 *
 * Owns:    copies; the tokenizer is the caller's and outlives it.
 * Threads: constant after open; a chat_work has one owner at a time.
 * Source:  transformers' apply_chat_template, compared in tests/unit.
 */
#ifndef INFER_CHAT_H
#define INFER_CHAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "infer/chatfile.h"
#include "token/tokenizer.h"

struct chat_opt {
    int raw;     /* as if the model had no template */
    int special; /* special tokens written in texts are such */
};

/* A turn that has its answer: an example (shot), or what was said before. */
struct chat_turn {
    struct str user, answer;
};

/* All texts must be well-formed UTF-8. */
struct chat_text {
    const struct str
        *system; /* NULL: none; some templates have one of their own then */
    const struct chat_turn *turn; /* [n_turn] */
    size_t n_turn;
    struct str user; /* to be answered */
};

/* One thread's memory and result, for one chat. A zeroed struct is ready. */
struct chat_work {
    int32_t *id; /* [n] */
    size_t n;
    size_t max; /* set by the caller: more ids are ERR_OVERLONG; 0: no bound */

    size_t cap; /* below: private */
    struct tokenizer_work tok;
    struct buf run, joined;
    struct buf key, next_key, head_run; /* the last call's head serves the next one, */
    size_t n_head;                      /* if it is the same */
};
void chat_work_release(struct chat_work *w);

struct chat;

/* From the folder or GGUF file that tokenizer_open() takes, too. ERR_MODEL: a file is
 * damaged, its template is not in the list, or the vocabulary lacks its tokens. */
struct chat *chat_open(const char *path, const struct tokenizer *t,
                       const struct chat_opt *opt, struct err *e);
/* From what a file says, which may go after it. */
struct chat *chat_new(const struct chatfile *f, const struct tokenizer *t,
                      const struct chat_opt *opt, struct err *e);
void chat_close(struct chat *c); /* NULL is fine */

const char *chat_name(const struct chat *c); /* "chatml", "llama3", ..., "plain" */

/* The ids that end an answer; none, where nothing says so. Valid until close. */
const int32_t *chat_ends(const struct chat *c, size_t *n);

/* ERR_OVERLONG; ERR_LIMIT: a text beyond the tokenizer's limit; ERR_USAGE: a system
 * text, where the template takes none. w->n is 0 then. */
int chat_encode(const struct chat *c, const struct chat_text *text, struct chat_work *w,
                struct err *e);

/* Which ids do the texts of a run begin with that differ only behind text->user? They
 * are put into w. This is found by trial, so whoever relies on it compares a record's
 * ids first, with chat_common(). */
int chat_shared(const struct chat *c, const struct chat_text *text, struct chat_work *w,
                struct err *e);

/* How many ids at the start are the same? */
size_t chat_common(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b);

#endif
