/*
 * html.h - the text of web pages
 *
 * Parsed by libxml2, whose events are read as they come: no tree is built. Block
 * elements begin a new line, table cells are tabs apart, white space is one blank
 * except in <pre>; scripts, styles, templates and comments are dropped, entities are
 * characters.
 *
 * (Of the parsers that Debian 12 has, libxml2 is the one that is maintained with
 * security fixes, streams, and is linked to libarchive already; gumbo there is that
 * of 2015 and builds trees by recursion.)
 *
 * Threads: no shared state.
 */
#ifndef SOURCE_HTML_H
#define SOURCE_HTML_H

#include "source/reader.h"

#define HTML_DEPTH      512 /* elements inside each other, as browsers have it */
#define HTML_ATTRIBUTES 256 /* of one tag; the parser compares each with all others */

struct html_page {
    struct buf title, text; /* the caller's to free; title: of <title>, not in text */
};

/* page must be UTF-8. ERR_DEPTH, ERR_LIMIT. */
int html_text(struct str page, struct html_page *out, struct err *e);

/* A page as UTF-8 behind what b holds: by its byte order mark, else as declared by its
 * server (NULL: not), else by itself (<meta> or an XML declaration), else by
 * --from-charset, else it is UTF-8. ERR_UTF8, ERR_TOO_LONG. */
int html_decode(const struct reader *r, struct str bytes, const char *declared,
                struct buf *b, struct err *e);

/* Bytes of a page to the members "title" and "text" of the record begun. */
int html_members(struct reader *r, struct str bytes, const char *declared,
                 struct err *e);

/* Reader (reader.h): a page is one record. */
int html_read(struct reader *r, struct err *e);

#endif
