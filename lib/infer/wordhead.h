/*
 * wordhead.h - which of some labels fits a text: by a head that was trained on words
 *
 *     struct headfile file;                                 headfile.h, with file.word
 *     struct labeler *l = wordhead_open(&file, 0, &e);      labeler.h
 *
 * A text is the set of its words and pairs of words (wordbag.h) that the head has, all
 * with the value that gives it length 1: the score of a label is
 *
 *     (sum of the weights of its n words and pairs) / sqrt(n) + bias
 *
 * the sum in double, in the order of the head's words. A text without any gets the
 * biases. No model is needed. A text's tokens are its words, known or not.
 *
 * Source:  Wang, Manning, "Baselines and Bigrams", 2012; Joulin et al., "Bag of Tricks
 *          for Efficient Text Classification", 2016.
 * Threads: as an embedder.
 */
#ifndef INFER_WORDHEAD_H
#define INFER_WORDHEAD_H

#include "format/headfile.h"
#include "infer/labeler.h"

/* file lives as long as the labeler. temperature 0: the head's. ERR_USAGE,
 * ERR_NOMEM. */
struct labeler *wordhead_open(const struct headfile *file, float temperature,
                              struct err *e);

#endif
