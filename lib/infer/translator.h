/*
 * translator.h - texts into another language, by a Marian model
 *
 *     struct translator_opt opt = { .dir = dir, .lang = "en", .pool = pool };
 *     struct translator *t = translator_open(&opt, &e);
 *     struct translator_work w = { 0 };                     one per thread
 *     translator_run(t, &w, text, n, out, info);            out [n]
 *     translator_work_release(&w);
 *     translator_close(t);
 *
 * A text is taken apart into sentences (passage.h); those of all texts are translated
 * together, longest first, and put back where they were. A sentence's translation
 * depends on the sentence alone: not on its text, neighbours, threads or CPU.
 *
 * A model is a folder with model*.bin, vocab*.spm (or srcvocab*.spm and trgvocab*.spm,
 * one for each side), and, if there are such, lex*.bin (the words that a translation
 * may use) and config*.yml (max-length-factor); or one of Hugging Face: config.json,
 * model.safetensors, source.spm, target.spm, vocab.json.
 *
 * Threads: constant after open; one translator_work per thread. One call works on one
 *          thread.
 */
#ifndef INFER_TRANSLATOR_H
#define INFER_TRANSLATOR_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/str.h"
#include "infer/beam.h"
#include "infer/overlong.h"
#include "infer/passage.h"
#include "tensor/pack.h"

/* The arithmetic where none is named */
#define TRANSLATOR_ARITH ARITH_I16

#define TRANSLATOR_TOKENS 128 /* of a sentence, its end included; more are cut */

struct translator_opt {
    const char *dir;
    const char *precision;  /* name of an arithmetic; NULL: TRANSLATOR_ARITH */
    const char *lang;       /* of the texts; NULL: not known */
    enum overlong overlong; /* of sentences; OVERLONG_NONE: OVERLONG_CHUNK */
    struct pool *pool;      /* used while opening; NULL: one thread */
    int cache;              /* of packed weights */
    int score;              /* fill in info's */
    int markup;             /* keep what is no language (markup.h) */
    int beam;               /* 1 to BEAM_MOST, see beam.h; 0: 1 */
    int n_best;             /* texts wanted of each, at most beam; 0: one, no list */
};

/* One of the n best translations of a text. Those of a text of several sentences are
 * the best ways to choose one of each sentence's. */
struct translator_best {
    struct str text;
    double mean; /* the mean over sentences of the mean logarithm of the probability of
                    words; 0 where there are none */
};

/* What happened to a text. */
struct translator_info {
    enum err_code
        code;          /* ERR_NONE, or why it has no translation: ERR_OVERLONG, ERR_NAN,
                           ERR_LIMIT */
    enum overlong how; /* a sentence was too long; OVERLONG_SKIP: no translation */
    size_t tokens;     /* of the text, an end for each sentence included */
    size_t kept;       /* of these */
    double score;      /* the mean probability of its words; 1 where there are none */
    struct translator_best *best; /* [n_best], the first is the translation; no text
                                     twice; until the next call with the work */
    size_t n_best;
};

/* One thread's memory. A zeroed struct is ready. Fields are private. */
struct translator_work {
    struct unigram_work token;
    struct beam_work beam;
    struct arena mem;
    struct buf text;
};
void translator_work_release(struct translator_work *w);

struct translator;

/* ERR_MODEL; ERR_USAGE for an unknown precision; ERR_NOMEM. */
struct translator *translator_open(const struct translator_opt *opt, struct err *e);
void translator_close(struct translator *t); /* NULL is fine */

const char *translator_file(const struct translator *t);      /* of the weights */
const char *translator_precision(const struct translator *t); /* "i16" */

/* Texts must be UTF-8. out [n], valid until the next call with w; empty where there is
 * no translation. */
void translator_run(const struct translator *t, struct translator_work *w,
                    const struct str *text, size_t n, struct str *out,
                    struct translator_info *info);

/* What translator_run() would say in info, from the tokens alone. */
void translator_count(const struct translator *t, struct translator_work *w,
                      const struct str *text, size_t n, struct translator_info *info);

/* Say why info->code is what it is. */
void translator_explain(const struct translator_info *info, struct err *e);

#endif
