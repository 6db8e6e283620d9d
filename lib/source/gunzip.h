/*
 * gunzip.h - gzip streams, with everything checked that the format lets one check
 *
 * Made of as many gzip members as there are, one behind another; zero bytes may
 * follow the last (tapes). A wrong CRC or length, an end in the middle, or other
 * bytes behind a member are errors, behind the bytes that came out; stream_resume()
 * goes on with the next bytes that look like the head of one. Source: RFC 1952, by
 * zlib.
 *
 * Owns: `in`.  Threads: one owner.
 */
#ifndef SOURCE_GUNZIP_H
#define SOURCE_GUNZIP_H

#include "source/stream.h"

/* layer: whose output guard counts. */
struct stream *gunzip_open(struct stream *in, struct guard *guard, int layer);

/* The whole of a deflated text in one piece (HTTP, where "deflate" may be with or
 * without the header of zlib), behind what b holds. ERR_INPUT, ERR_TOO_LONG. */
int gunzip_all(struct str in, size_t max, struct buf *b, struct err *e);

#endif
