/*
 * lmlabels.h - which of some labels fits a text: as a language model would go on
 *
 *     struct lmlabels_opt opt = { .lm = lm, .label = label, .n = 4,
 *                                 .head = STR("Text: "), .tail = STR("\nLabel:") };
 *     struct labeler *l = lmlabels_open(&opt, &e);           labeler.h
 *
 * The model reads head, text and tail, and no template of its own; a label, behind a
 * space, fits as well as it is likely to follow. What a model says of a text that says
 * nothing it says of the labels alone, how common they are and how many tokens they
 * have; so that is taken away:
 *
 *     softmax((log p(label | text) - log p(label | blank)) / T)
 *
 * A label's description, where it has one, is what follows instead of its name.
 *
 * Source:  Zhao et al., "Calibrate Before Use", 2021; Holtzman et al., "Surface Form
 *          Competition", 2021.
 * Threads: constant after open, but for the blank text's numbers, which the first call
 *          computes under a lock; one labeler_work per thread.
 */
#ifndef INFER_LMLABELS_H
#define INFER_LMLABELS_H

#include "infer/classifier.h"
#include "infer/lm.h"

#define LMLABELS_TEMPERATURE 1.0f

/* More tokens of a text cost more and more, and say little of its label: lm is best
 * opened with this as `enough`. */
#define LMLABELS_TOKENS 2048

/* A prompt for texts and labels of any kind, and what stands for no text in it */
#define LMLABELS_HEAD   "Text: "
#define LMLABELS_TAIL   "\n\nCategory:"
#define LMLABELS_BLANKS 3
extern const char *const lmlabels_blank[LMLABELS_BLANKS];

struct lmlabels_opt {
    const struct lm *lm; /* opened raw (chat.h); outlives the labeler */
    const struct classifier_label *label; /* [n]; read while opening */
    size_t n;
    struct str head, tail;   /* around each text; copied */
    int whole;               /* texts come with both of them around them */
    const struct str *blank; /* [n_blank]: texts that say nothing, in the same way; the
                                mean of what is said of them counts; copied */
    size_t n_blank;
    enum overlong overlong; /* OVERLONG_ERROR, _TRUNCATE or _SKIP */
    size_t slots;           /* texts at once; 0: GENERATOR_SLOTS */
    size_t mem, workers;    /* as in generator.h */
    float temperature;      /* 0: LMLABELS_TEMPERATURE */
};

/* ERR_USAGE for labels, a temperature or a way with long texts that cannot be. */
struct labeler *lmlabels_open(const struct lmlabels_opt *opt, struct err *e);

#endif
