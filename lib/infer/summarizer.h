/*
 * summarizer.h - what a language model says in short of texts of any length
 *
 *     struct summarizer_opt opt = { .ask = ask, .words = 60 };
 *     struct summarizer *s = summarizer_open(&opt, &e);
 *     struct summarizer_work w = { 0 };                      one per thread
 *     summarizer_run(s, &w, text, n, out, info);             out [n]
 *     summarizer_work_release(&w);
 *     summarizer_close(s);
 *
 * A text that is too long for one prompt is cut into pieces of whole sentences; the
 * summaries of all its pieces, one below the other, are the text of the next round,
 * until one prompt holds it: a tree, and no piece is dropped. A text's summary depends
 * on the text and the options alone.
 *
 * Threads: constant after open; one summarizer_work per thread. One call works on one
 *          thread.
 */
#ifndef INFER_SUMMARIZER_H
#define INFER_SUMMARIZER_H

#include "infer/asker.h"
#include "infer/chunker.h"

enum summarizer_style {
    SUMMARIZER_PARAGRAPH,
    SUMMARIZER_SENTENCE,
    SUMMARIZER_BULLETS,
    SUMMARIZER_STYLES
};

const char *summarizer_style_name(int style); /* "paragraph" */

struct summarizer_opt {
    struct asker_opt
        ask; /* lm, overlong (also OVERLONG_CHUNK), how answers are written;
                             max_tokens 0: by words */
    enum summarizer_style style;
    int words;        /* that are asked for; 0: by style */
    const char *lang; /* of the texts, for the ends of sentences; NULL: not known */
};

/* What keeps a small model from saying the same again. It is of the summary's own
 * tokens: the words of a text belong into its summary. The best of 1, 1.1, 1.2 and 1.3
 * for smollm2; see textmill-summarize(1). */
#define SUMMARIZER_PENALTY 1.2

#define SUMMARIZER_PIECE 1800 /* tokens of a piece at most; four summaries, if more */

struct summarizer_info {
    struct err e;      /* ERR_NONE, or why there is no summary */
    enum overlong how; /* OVERLONG_SKIP: there is none either */
    size_t tokens, kept;
    size_t pieces; /* prompts of all rounds; 1: the text was short enough */
    int cut;       /* the summary itself is cut at max_tokens */
};

/* One thread's memory. A zeroed struct is ready. Fields are private. */
struct summarizer_work {
    struct asker_work ask;
    struct chunker_work chunk;
    struct tokenizer_work token;
    struct arena mem;
};
void summarizer_work_release(struct summarizer_work *w);

struct summarizer;

/* ERR_USAGE, ERR_MODEL. */
struct summarizer *summarizer_open(const struct summarizer_opt *opt, struct err *e);
void summarizer_close(struct summarizer *s); /* NULL is fine */

const struct asker *summarizer_asker(const struct summarizer *s);

/* Texts must be UTF-8. out and info [n], valid until the next call with w. */
void summarizer_run(const struct summarizer *s, struct summarizer_work *w,
                    const struct str *text, size_t n, struct str *out,
                    struct summarizer_info *info);

/* tokens and pieces of the first round. */
void summarizer_count(const struct summarizer *s, struct summarizer_work *w,
                      const struct str *text, size_t n, struct summarizer_info *info);

#endif
