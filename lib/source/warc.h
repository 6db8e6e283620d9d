/*
 * warc.h - archives of the web to records
 *
 * A record is a response, resource or conversion of text: members url, date, id,
 * status (of HTTP), type, title (of a page) and text. Pages are text without their
 * tags. What is no text (pictures, scripts, requests) is passed over. Behind damage
 * the next record is looked for. Source: WARC 1.0 and 1.1 (ISO 28500).
 *
 * Threads: one owner.
 */
#ifndef SOURCE_WARC_H
#define SOURCE_WARC_H

#include "source/reader.h"

/* Reader (reader.h). */
int warc_read(struct reader *r, struct err *e);

#endif
