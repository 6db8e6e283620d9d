/*
 * hash.h - 64 bits for a byte string
 *
 * Multiply and fold, eight bytes at a time; the same on every machine. Not for hostile
 * input where a collision would matter: the users compare the bytes too.
 *
 * Threads: pure function.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

uint64_t hash_bytes(struct str s);

#endif
