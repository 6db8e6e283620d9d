/*
 * fasttext.h - which label fits a text: fastText's linear classifiers
 *
 * A text is words between white space. A word is its row of the input matrix, when the
 * dictionary has it, and those of its character n-grams; the mean of all rows of a text
 * times the output matrix says how probable each label is.
 *
 *     struct fasttext *m = fasttext_open("lid.176.ftz", &e);
 *     struct fasttext_work w = { 0 };
 *     if (fasttext_run(m, &w, text, prob) > 0)            prob [fasttext_count(m)]
 *         n = fasttext_top(m, prob, 3, top);              labels' numbers
 *     fasttext_work_release(&w);
 *     fasttext_close(m);
 *
 * As fastText's own predict does it, but for these: the end of a line is white space as
 * any other, and "</s>" in a text is no end of it; probabilities have no 1e-5 added and
 * the logistic function is not looked up in a table of 512 steps. So probabilities
 * agree to 1e-4 (softmax, hierarchical softmax) and 1e-2 (the others). With the last
 * (negative sampling, one against all) they do not sum to 1.
 *
 * The same bits on every CPU, whatever was worked on before.
 *
 * Owns:    the model its file. Work belongs to one thread and one model.
 * Threads: constant after open.
 * Source:  Joulin et al. 2016, "Bag of Tricks", "FastText.zip"; Bojanowski et al. 2017
 *          (n-grams); FNV-1a.
 */
#ifndef INFER_FASTTEXT_H
#define INFER_FASTTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "infer/ftwords.h"

struct fasttext;
/* Zeroed, it is ready for any one model. */
struct fasttext_work {
    struct ftwords_work words;
    float *node; /* of the tree */
};

/* A file, or a folder with one .ftz, else one .bin, in it. ERR_MODEL, ERR_INPUT,
 * ERR_NOMEM. */
struct fasttext *fasttext_open(const char *path, struct err *e);

/* The same of bytes in memory that stay there until close. */
struct fasttext *fasttext_open_bytes(const unsigned char *p, size_t n, struct err *e);
void fasttext_close(struct fasttext *m); /* NULL is fine */

const char *fasttext_file(const struct fasttext *m);
size_t fasttext_count(const struct fasttext *m); /* labels */

/* Without the "__label__" in front; until close. */
struct str fasttext_label(const struct fasttext *m, size_t label);

/* prob [labels]. How many words the text has; 0: none, or none of which the model knows
 * anything, and prob is not set. A model with numbers that are not finite may give such
 * probabilities. */
size_t fasttext_run(const struct fasttext *m, struct fasttext_work *w, struct str text,
                    float *prob);

/* The k labels (or all, when they are fewer) of the highest probability, best first; of
 * equal ones the one that was more frequent in training. How many. */
size_t fasttext_top(const struct fasttext *m, const float *prob, size_t k, size_t *top);

void fasttext_work_release(struct fasttext_work *w);

#endif
