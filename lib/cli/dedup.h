/*
 * dedup.h - results of texts that were seen before
 *
 * Maps a text to the bytes of its result. A hit gives the same bytes as the work would,
 * so what is remembered never shows in the output: when the memory is used up,
 * everything is forgotten and it begins anew.
 *
 * Owns: copies of texts and results.  Threads: any, it locks itself.
 */
#ifndef CLI_DEDUP_H
#define CLI_DEDUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct dedup;

struct dedup *dedup_new(size_t mem); /* bytes at most, about */
void dedup_free(struct dedup *d);

/* hash is hash_bytes(text). 1: the result was appended to out. */
int dedup_find(struct dedup *d, struct str text, uint64_t hash, struct buf *out);
void dedup_add(struct dedup *d, struct str text, uint64_t hash, struct str result);

#endif
