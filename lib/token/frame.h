/*
 * frame.h - what goes around the tokens of a text: [CLS] ... [SEP]
 *
 * Read from post_processor: TemplateProcessing (its "single" template), BertProcessing,
 * RobertaProcessing, or null for nothing.
 *
 * Owns: the two lists.    Threads: constant.
 */
#ifndef TOKEN_FRAME_H
#define TOKEN_FRAME_H

#include "token/tokenizer.h"
#include "token/tokjson.h"

#define FRAME_MAX 16 /* tokens on a side */

struct frame {
    int32_t before[FRAME_MAX], after[FRAME_MAX];
    size_t n_before, n_after;
};

/* Ids must lie below n_id. ERR_MODEL. */
int frame_read(struct frame *f, const struct tokjson_section *s, size_t n_id,
               struct err *e);

#endif
