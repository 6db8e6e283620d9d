/*
 * shortlist.h - which words a translation may use, by the words of its source
 *
 * Bergamot's lex.*.bin, little-endian: six u64 (magic, checksum, frequent, best, number
 * of offsets, number of words), the offsets (u64), the words (u32). The words of source
 * word w are those from offset w up to offset w + 1; the words below `frequent` are
 * always allowed.
 *
 *     struct shortlist *s = shortlist_open("lex.bin", n_source, n_target, &e);
 *     struct shortlist_words w = shortlist_get(s, id);
 *     shortlist_close(s);
 *
 * Owns:    a copy.  Threads: constant after open.
 * Source:  the files themselves.
 */
#ifndef FORMAT_SHORTLIST_H
#define FORMAT_SHORTLIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct shortlist;

struct shortlist_words {
    const int32_t *id; /* each below n_target */
    size_t n;
};

/* ERR_MODEL: cut, no such file, or for other vocabularies. */
struct shortlist *shortlist_open(const char *path, size_t n_source, size_t n_target,
                                 struct err *e);
struct shortlist *shortlist_parse(const void *p, size_t n, size_t n_source,
                                  size_t n_target, struct err *e);
void shortlist_close(struct shortlist *s); /* NULL is fine */

size_t shortlist_frequent(const struct shortlist *s); /* at most n_target */

/* source is below n_source. */
struct shortlist_words shortlist_get(const struct shortlist *s, int32_t source);

#endif
