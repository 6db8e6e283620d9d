/*
 * http.h - a response of a web server, as archives of the web keep it
 *
 * Source: RFC 9112 (chunks), 9110 (codings). Crawlers often have taken the codings
 * off and left their names: what is not chunked or not gzip in spite of its header
 * is plain.
 *
 * Threads: pure functions.
 */
#ifndef SOURCE_HTTP_H
#define SOURCE_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct http {
    int status;
    struct str type; /* of Content-Type, or empty */
    struct buf body; /* decoded; the caller's to free */
};

/* ERR_INPUT: no response, damaged chunks or compression, a coding that is not known;
 * ERR_TOO_LONG: a body of more than max bytes. */
int http_parse(struct str bytes, size_t max, struct http *out, struct err *e);

#endif
