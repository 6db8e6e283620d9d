/*
 * csv.h - tables of text to records
 *
 * A row is a record, with the first row's fields as names of its members; a name
 * that is empty or there before gets its number ("column_3", "name_3"). A row of
 * another number of fields is rejected. Fields may be quoted: then they hold
 * separators, line ends and "" for a quote (RFC 4180). Only values that are text:
 * "1.50" stays "1.50".
 *
 * Threads: one owner.
 */
#ifndef SOURCE_CSV_H
#define SOURCE_CSV_H

#include "source/reader.h"

#define CSV_FIELDS 10000 /* of a row */

/* Reader (reader.h). Of a TSV file, tab separates and quotes mean the same. */
int csv_read(struct reader *r, char separator, struct err *e);

#endif
