/*
 * gguf.h - GGUF files, versions 2 and 3
 *
 * "GGUF", u32 version, u64 tensors, u64 pairs of metadata; the pairs (key, type,
 * value); for each tensor name, number of dimensions, dimensions (fastest first, which
 * struct weight turns round), element type, offset; then, aligned, the data. All
 * little-endian; strings are a u64 length and bytes.
 *
 * Checked: each count, length and size against what is left of the file, before it is
 * used; no key and no tensor twice; tensors lie one behind the other in the order of
 * their entries, padded to the alignment, as every reader of the format wants it, so
 * none can overlap another or reach beyond the end. Refused: arrays of arrays, big
 * endian, version 1.
 *
 * A file whose metadata has split.count is one of several, NAME-00001-of-00003.gguf:
 * the first is opened, and finds the others beside it.
 *
 * Source:  https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * Limits:  4 dimensions; keys of 65,535 bytes, names of 255; alignment to 65,536.
 */
#ifndef FORMAT_GGUF_H
#define FORMAT_GGUF_H

#include "format/meta.h"
#include "format/weights.h"

/* Add the tensors and the metadata of a file that is in memory, and stays there as long
 * as w. */
int gguf_read(struct weights *w, const unsigned char *p, size_t n, struct err *e);

#endif
