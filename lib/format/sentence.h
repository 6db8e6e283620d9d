/*
 * sentence.h - what a sentence-transformers folder says about making one vector of a
 * text
 *
 * modules.json lists the steps, each with a folder of its own: Transformer, Pooling,
 * Normalize. A folder without modules.json is a plain model: mean pooling, normalized,
 * as many tokens as it has positions. Other modules and pooling modes, a default prompt
 * and lower-casing outside the tokenizer are refused by name, since leaving one out
 * would give wrong vectors without a word.
 *
 * Source:  the files that sentence-transformers 2 to 6 write; a Pooling config says its
 *          mode as `pooling_mode` or, before version 5, as one boolean per mode.
 */
#ifndef FORMAT_SENTENCE_H
#define FORMAT_SENTENCE_H

#include <limits.h>

#include "base/err.h"

enum sentence_pooling { SENTENCE_MEAN, SENTENCE_CLS };

struct sentence {
    char root[PATH_MAX]; /* the folder that was asked for */
    char dir[PATH_MAX];  /* where config.json, weights and tokenizer are */
    enum sentence_pooling pooling;
    int normalize;
    int max_tokens; /* [CLS] and [SEP] included; 0: the files do not say */
    int n_embd;     /* what the Pooling config says; 0: nothing */
};

int sentence_read(struct sentence *s, const char *dir, struct err *e);

#endif
