/*
 * sha.h - SHA-256, by libcrypto
 *
 * Source: FIPS 180-4.  Threads: no shared state.
 */
#ifndef BASE_SHA_H
#define BASE_SHA_H

#include <stddef.h>

#include "base/err.h"
#include "base/file.h"

#define SHA_HEX 65 /* 64 digits and the NUL */

void sha_hex(const void *p, size_t n, char hex[SHA_HEX]);

/* Of bytes that come one after another. sha_end() gives it back. Owner: one thread. */
struct sha;
struct sha *sha_new(void);
void sha_add(struct sha *s, const void *p, size_t n);
void sha_end(struct sha *s, char hex[SHA_HEX]);

/*
 * Of a mapped file's bytes, remembered in the cache folder "sha256" (file.h) by what
 * tells one file from another (struct file_id). A cache that cannot be used is not an
 * error, nor is what it says trusted when others can have written it.
 */
void sha_mapped(const struct file *f, char hex[SHA_HEX]);
int sha_known(const struct file *f, char hex[SHA_HEX]); /* 0: not remembered */

/* The same by path. ERR_INPUT: the file cannot be read. */
int sha_file(const char *path, char hex[SHA_HEX], struct err *e);

#endif
