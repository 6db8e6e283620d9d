/*
 * unarc.h - the members of tar, zip, cpio, ar and 7z archives, by libarchive
 *
 *     struct unarc *u = unarc_open(in, KIND_TAR, guard, layer, &e);
 *     while ((rc = unarc_next(u, &m, &e)) != 0)
 *         if (rc > 0) ... unarc_data(u)                 a stream of the member's bytes
 *         else if (rc < 0 && unarc_over(u)) break;      e; else the rest is still read
 *
 * Damage is never silent: a wrong checksum or a size that is not kept is an error at
 * the end of the data, a tar without its end mark one at its end. Tars one behind
 * another are one. (ar has no checksums and no end mark: what it cannot tell, we
 * cannot.)
 *
 * Owns: the reader; `in` is borrowed.  Threads: one owner.
 */
#ifndef SOURCE_UNARC_H
#define SOURCE_UNARC_H

#include "base/str.h"
#include "source/kind.h"
#include "source/stream.h"

struct unarc;

struct unarc_member {
    struct str name; /* any bytes; until the next member */
    uint64_t offset; /* of its header in the archive */
    int64_t mtime;   /* seconds since 1970 */
    int has_mtime, is_file;
};

/* The archive opens at the first unarc_next(). */
struct unarc *unarc_open(struct stream *in, enum kind kind, struct guard *guard,
                         int layer);
void unarc_close(struct unarc *u);

/* 1: a member; 0: the end; -1: damage (m->name is what is known, or empty; m->offset
 * where), then the next call goes on behind it unless unarc_over(). */
int unarc_next(struct unarc *u, struct unarc_member *m, struct err *e);
int unarc_over(const struct unarc *u);

/* The current member's bytes; until the next member. Do not free it. */
struct stream *unarc_data(struct unarc *u);

#endif
