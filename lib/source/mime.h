/*
 * mime.h - the pieces of mail: header fields, parameters, encoded words and bodies
 *
 * Spans point into the caller's bytes. Source: RFC 5322, 2045, 2046, 2047.
 *
 * Threads: pure functions.
 */
#ifndef SOURCE_MIME_H
#define SOURCE_MIME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Where the body begins: behind the first empty line, or at one that can be no header
 * field; n when there is none. */
size_t mime_body(struct str message);

/* The next header field, taken off *rest. value: as it is, folded lines with it,
 * without the white space around. 0: there is none. Lines that are no field are
 * skipped. */
int mime_next(struct str *rest, struct str *name, struct str *value);

/* The first field of that name (small letters); 0: none, *value is empty. */
int mime_field(struct str head, const char *name, struct str *value);

/* The text before the first parameter, "text/html" of a Content-Type, compared without
 * case. mime_is(v, "text/") takes any subtype. */
int mime_is(struct str value, const char *type);

/* Append the value of a parameter (charset, boundary), unquoted. 1: it is there. */
int mime_param(struct str value, const char *name, struct buf *out);

/* Append a field's value as text: unfolded, encoded words decoded where their
 * charset is known and they are valid in it, else as they are. Other bytes are
 * declared to be in `charset` (NULL: taken as they are). */
void mime_words(struct str value, const char *charset, struct buf *out);

/* Append a body decoded by its Content-Transfer-Encoding. ERR_INPUT: damaged, or an
 * encoding that nobody knows. */
int mime_decode(struct str body, struct str encoding, struct buf *out, struct err *e);

#endif
