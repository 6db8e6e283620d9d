/*
 * id2label.h - the names of a classifier's outputs, from config.json
 *
 *     struct id2label l = { 0 };
 *     if (id2label_read(&l, c, n_out, &e)) ...        l.name [n_out]
 *     id2label_release(&l);
 *
 * The member id2label is an object: "0": "O", "1": "B-PER", and so on. It must name
 * each of the outputs once, and no two alike. A file without it means LABEL_0, LABEL_1.
 *
 * Owns: copies of the names.  Threads: constant once read.
 * Source: what transformers writes and how it reads it.
 */
#ifndef FORMAT_ID2LABEL_H
#define FORMAT_ID2LABEL_H

#include "base/arena.h"
#include "base/str.h"
#include "format/config.h"

struct id2label {
    struct str *name; /* [n] */
    size_t n;
    struct arena text;
};

/* Into a zeroed struct; n is what the weights say. ERR_MODEL: it is empty again. */
int id2label_read(struct id2label *l, const struct config *c, size_t n, struct err *e);
void id2label_release(struct id2label *l);

#endif
