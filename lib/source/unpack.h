/*
 * unpack.h - bzip2, xz, lzma, zstd and lz4 streams, by libarchive
 *
 * What libarchive takes for the end of a stream and drops (bytes that are none of
 * it) is an error here, so that a damaged second part is not lost in silence.
 *
 * Owns: `in`.  Threads: one owner.
 */
#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include "source/kind.h"
#include "source/stream.h"

/* kind: KIND_BZIP2 to KIND_LZ4. layer: whose output guard counts. */
struct stream *unpack_open(struct stream *in, enum kind kind, struct guard *guard,
                           int layer);

#endif
