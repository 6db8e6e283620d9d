/*
 * chatstyle.h - the closed list of ways in which models are spoken to
 *
 * A model file brings a program in Jinja that makes one text of system, user and
 * assistant turns. Such a program is never run: it is looked through for the texts that
 * tell which known one it is, and what is known is a row of the list in chatstyle.c.
 * Where a template differs from its row in a way that is known (a system text of its
 * own, white space that it cuts), that is read from it, too.
 *
 *     struct chatstyle_made made = { 0 };
 *     const struct chatstyle *s = chatstyle_match(template, &made, &e);
 *     chatstyle_release(&made);
 *
 * Source:  templates as published with Llama 2 to 3.3, Mistral 7B Instruct 0.2, Gemma 1
 *          to 3, SmolLM2, Qwen 1.5 to 3.
 * Threads: constant, pure functions.
 */
#ifndef INFER_CHATSTYLE_H
#define INFER_CHATSTYLE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* In the texts of a style: where the model's own first and last token stand */
#define CHATSTYLE_BOS '\1'
#define CHATSTYLE_EOS '\2'

enum chatstyle_system {
    CHATSTYLE_TURN,   /* a turn of its own */
    CHATSTYLE_INSIDE, /* begins the first user turn */
    CHATSTYLE_REFUSE  /* the template takes none */
};

/* Which texts lose the white space at their ends, as Python's str.strip() has it */
enum chatstyle_trim {
    CHATSTYLE_TRIM_SYSTEM = 1,
    CHATSTYLE_TRIM_USER = 2,
    CHATSTYLE_TRIM_JOINED = 4, /* the user's with what CHATSTYLE_INSIDE put before it */
    CHATSTYLE_TRIM_ANSWER = 8
};

/* What stands around a text */
struct chatstyle_part {
    const char *before, *after;
};

/* All of it is plain text, but for the tokens named and the two above. */
struct chatstyle {
    const char *name;
    const char *has[6], *lacks[4]; /* texts that a template must, must not hold */
    const char *token[4];          /* the last one but NULL ends an answer */
    enum chatstyle_system how;
    struct chatstyle_part system, user, answer;
    const char *ask;  /* before the answer that is to be written */
    const char *none; /* the system text where none is given; NULL: there is no turn */
    unsigned trim;    /* chatstyle_trim, if the template trims at all */
};

/* Text as it is: where there is no template. */
extern const struct chatstyle chatstyle_plain;

/* What a template of a style says besides. A zeroed struct is ready. */
struct chatstyle_made {
    int bos;         /* it names the token that begins a text */
    struct str none; /* p is not NULL: as in struct chatstyle, in `text` */
    unsigned trim;
    struct buf text;
};
void chatstyle_release(struct chatstyle_made *made);

/* NULL: ERR_MODEL, the template is none of the list. */
const struct chatstyle *chatstyle_match(struct str template,
                                        struct chatstyle_made *made, struct err *e);

#endif
