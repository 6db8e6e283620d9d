/*
 * asked.h - the texts of a batch, as -p has them
 *
 *     struct asked q;
 *     if (asked_fill(prompt, batch, &q, &e)) return -1;
 *     answer q.text [q.n]; text i is of record q.which[i], and its result of
 *     batch->result[q.which[i]]
 *
 * Threads: as prompt_fill(): one caller per worker.
 */
#ifndef CLI_ASKED_H
#define CLI_ASKED_H

#include "cli/filter.h"
#include "cli/prompt.h"

struct asked {
    struct str *text; /* [n], in the batch's arena */
    size_t *which;    /* [n], rising: the record behind each text */
    size_t n;
};

/* p NULL: the batch's texts as they are. A record that the template does not fit is
 * rejected, and has no text. -1: the run must end. */
int asked_fill(const struct prompt *p, struct filter_batch *b, struct asked *q,
               struct err *e);

#endif
