/*
 * sha.h - SHA-256, by libcrypto
 *
 * Source: FIPS 180-4.  Threads: no shared state.
 */
#ifndef BASE_SHA_H
#define BASE_SHA_H

#include <stddef.h>

#include "base/err.h"

#define SHA_HEX 65 /* 64 digits and the NUL */

void sha_hex(const void *p, size_t n, char hex[SHA_HEX]);

/* Of a file's bytes, through the cache $XDG_CACHE_HOME/textmill/sha256, which trusts
 * (device, inode, size, modification time). A cache that cannot be used is not an
 * error. ERR_INPUT: the file cannot be read. */
int sha_file(const char *path, char hex[SHA_HEX], struct err *e);

#endif
