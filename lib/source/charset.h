/*
 * charset.h - text in another charset, declared by somebody, to UTF-8
 *
 * By iconv(3) of the C library, without its way of guessing (//TRANSLIT, //IGNORE):
 * what is not valid in the charset is an error, or U+FFFD when that was asked for.
 *
 * Threads: no shared state.
 */
#ifndef SOURCE_CHARSET_H
#define SOURCE_CHARSET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "source/stream.h"

#define CHARSET_NAME 40

/* A declared name in the form that iconv takes; "" for UTF-8 and plain ASCII, which
 * need no conversion. web: as browsers read it, where "latin1" is windows-1252 and
 * the like. 0: it is no name of a charset. */
int charset_name(struct str declared, int web, char name[CHARSET_NAME]);

/* The charset that a byte order mark declares ("" for UTF-8), or NULL; *n: its
 * bytes. */
const char *charset_mark(struct str text, size_t *n);

/* Append text as UTF-8. name: of charset_name(). At most max bytes come out.
 * ERR_UTF8 says at which byte; ERR_TOO_LONG. */
int charset_convert(const char *name, struct str text, int replace, size_t max,
                    struct buf *out, struct err *e);

/* The same for a stream, which is owned; NULL: the charset is not known. */
struct stream *charset_stream(struct stream *in, const char *name, int replace,
                              struct err *e);

#endif
