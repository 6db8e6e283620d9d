/*
 * aboutout.h - what about.h found, as a table or as JSON
 *
 * In a table, what could change a terminal (control characters, those that turn the
 * direction of text) is written \u{HEX}, and texts are cut to their column.
 *
 * Threads: the buffer's owner.
 */
#ifndef INFER_INSPECTOUT_H
#define INFER_INSPECTOUT_H

#include "base/buf.h"
#include "infer/about.h"

enum aboutout_part { ABOUTOUT_TENSORS = 1, ABOUTOUT_METADATA = 2 };

/* The summary, then the parts that are asked for: lines of at most 100 columns. */
void aboutout_table(const struct about *in, unsigned parts, struct buf *b);

/* One object in one line, with a newline. */
void aboutout_json(const struct about *in, unsigned parts, struct buf *b);

#endif
