/*
 * jout.h - JSON values out of numbers and text
 *
 * Append to a buffer. Threads: the buffer's owner.
 */
#ifndef JSON_JOUT_H
#define JSON_JOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Text (well-formed UTF-8) as a string with quotes; control bytes, quote and backslash
 * escaped, everything else as it is. */
void jout_str(struct buf *b, struct str s);

/* One byte (below 0x20, a quote or a backslash) as a string has it: \n, \u001f, \". */
void jout_escape(struct buf *b, char c);

/* Shortest decimal that reads back to the same float32. x must be finite. */
void jout_f32(struct buf *b, float x);

/* "[0.1,0.2]" */
void jout_f32s(struct buf *b, const float *x, size_t n);
void jout_i32s(struct buf *b, const int32_t *x, size_t n);

/* Member i of an object of numbers, with the brace or comma before it; the caller
 * closes the object. */
void jout_score(struct buf *b, size_t i, struct str name, float x);

/* Decimal with at most `digits` behind the point, zeros cut. For counts and seconds. */
void jout_double(struct buf *b, double x, int digits);

/* Base64 of bytes, without quotes (RFC 4648, with padding). */
void jout_base64(struct buf *b, const void *p, size_t n);

#endif
