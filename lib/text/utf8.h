/*
 * utf8.h - UTF-8: decode, validate, repair
 *
 * Source: Unicode 15.0 chapter 3, table 3-7 (well-formed byte sequences) and section
 * "U+FFFD Substitution of Maximal Subparts".  Threads: pure functions.
 */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bytes of the well-formed sequence at p (1 to 4), 0 when there is none in n bytes. */
int utf8_len(const char *p, size_t n);

/* The code point at *p, which must be well-formed; moves *p behind it. */
uint32_t utf8_next(const char **p);

/* Length of the longest well-formed prefix. */
size_t utf8_valid(const char *p, size_t n);

/* Write a code point (not a surrogate, at most U+10FFFF) to out[4]; bytes written. */
int utf8_encode(uint32_t cp, char *out);

/* Append a code point (not a surrogate, at most U+10FFFF). */
void utf8_put(struct buf *b, uint32_t cp);

/* Append p with U+FFFD for every maximal subpart that is not well-formed. */
void utf8_repair(struct buf *b, const char *p, size_t n);

/* Code points in a well-formed string. */
size_t utf8_count(const char *p, size_t n);

#endif
