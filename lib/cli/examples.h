/*
 * examples.h - texts with labels to learn from
 *
 *     struct examples x;
 *     if (examples_make(&x, row, n, &e)) ...            row [n, 2]: text, label
 *     examples_release(&x);
 *
 * Labels are numbered in the order of their bytes, so that the order of the records
 * does not matter to it.
 *
 * Owns: its lists; the strings are the caller's.  Threads: constant once made.
 */
#ifndef CLI_EXAMPLES_H
#define CLI_EXAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sha.h"
#include "base/str.h"

struct examples {
    size_t n, n_label;
    struct str *text;  /* [n] */
    int32_t *label;    /* [n]: 0 to n_label - 1 */
    uint64_t *print;   /* [n]: hash of the text */
    struct str *name;  /* [n_label] */
    size_t *count;     /* [n_label]: how many examples have it */
    char sha[SHA_HEX]; /* of texts and labels in turn, see vectors_sha() */
};

/* ERR_INPUT: fewer than two labels, or more than a head may have. */
int examples_make(struct examples *x, const struct str *row, size_t n, struct err *e);
void examples_release(struct examples *x);

#endif
