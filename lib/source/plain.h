/*
 * plain.h - readers (reader.h) of texts that are one record each, and the list of texts
 *
 * Threads: one owner.
 */
#ifndef SOURCE_PLAIN_H
#define SOURCE_PLAIN_H

#include "source/kind.h"
#include "source/reader.h"

/* The text's bytes as UTF-8 behind what b holds: by its byte order mark, else by the
 * charset that is declared (NULL: none), else as they are. ERR_UTF8, ERR_TOO_LONG. */
int plain_convert(const struct reader *r, struct str bytes, const char *declared,
                  struct buf *b, struct err *e);

/* One record: the text. */
int plain_read(struct reader *r, struct err *e);

/* One record without a text: what it is and how long. */
int plain_list(struct reader *r, enum kind kind, struct err *e);

#endif
