/*
 * chatstyle.h - the closed list of ways in which models are spoken to
 *
 * A model file brings a program in Jinja that makes one text of system, user and
 * assistant turns. Such a program is never run: it is looked through for the texts that
 * tell which known one it is, and what is known is a row of the list in chatstyle.c. A
 * template that has a row's texts only in part is not that one.
 *
 *     const struct chatstyle *s = chatstyle_match(template, &made, &e);
 *
 * Source:  templates as published with Llama 2 to 3.3, Gemma 1 to 3, SmolLM2, Qwen 1.5
 *          to 3.
 * Threads: constant, pure functions.
 */
#ifndef INFER_CHATSTYLE_H
#define INFER_CHATSTYLE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* In the texts of a style: where the model's own first and last token stand */
#define CHATSTYLE_BOS "\1"
#define CHATSTYLE_EOS "\2"

enum chatstyle_system {
    CHATSTYLE_TURN,   /* a turn of its own */
    CHATSTYLE_INSIDE, /* begins the first user turn */
    CHATSTYLE_REFUSE  /* the template takes none */
};

/* What loses its white space at both ends, as Python's str.strip() has it */
enum chatstyle_trim {
    CHATSTYLE_TRIM_SYSTEM = 1,
    CHATSTYLE_TRIM_USER = 2, /* also: what CHATSTYLE_INSIDE put before it, if ... */
    CHATSTYLE_TRIM_JOINED = 4,
    CHATSTYLE_TRIM_ANSWER = 8
};

struct chatstyle_part {
    const char *before, *after;
};

/* All texts of a style are plain text, but for its tokens and the two above. */
struct chatstyle {
    const char *name;
    const char *has[6], *lacks[4]; /* what a template of it must and must not hold */
    const char *token[4];
    const char *start; /* before everything */
    enum chatstyle_system how;
    struct chatstyle_part system, user, answer;
    const char *ask;  /* before the answer that is to be written */
    const char *none; /* the system text where none is given; NULL: there is no turn */
    unsigned trim;
};

/* The style for text as it is: no template at all. */
extern const struct chatstyle chatstyle_plain;

/* What a template leaves open in its style */
struct chatstyle_made {
    int bos;         /* it puts the model's first token itself */
    int has_none;    /* it has a system text for when none is given: */
    struct buf none; /* the caller frees it */
    unsigned trim;
};

/* The style of a template. NULL: ERR_MODEL, the template is none of the list. */
const struct chatstyle *chatstyle_match(struct str text, struct chatstyle_made *made,
                                        struct err *e);

#endif
