/*
 * ftlabels.h - which of a fastText classifier's labels fits a text
 *
 *     struct labeler *l = ftlabels_open("spam.ftz", &e);     labeler.h
 *
 * The probabilities are the model's own: there is no temperature. A text without a word
 * that the model knows anything of has none.
 *
 * Threads: constant after open.
 */
#ifndef INFER_FTLABELS_H
#define INFER_FTLABELS_H

#include "infer/labeler.h"

/* Is it a file of fastText, by its name, or a folder with one? */
int ftlabels_bid(const char *path);

/* Errors as fasttext_open(). */
struct labeler *ftlabels_open(const char *path, struct err *e);

const char *ftlabels_file(const struct labeler *l); /* until close */

#endif
