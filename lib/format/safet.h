/*
 * safet.h - safetensors files
 *
 * u64 little-endian header length; the header, a JSON object from tensor names to
 * {"dtype", "shape", "data_offsets": [begin, end]} with offsets from the header's end;
 * then the data. `__metadata__` is a member that is no tensor.
 *
 * Checked: all of the header; each tensor's shape times element size is its span; the
 * spans, sorted, cover the data from its first to its last byte without hole or
 * overlap; no name and no member twice.
 *
 * Source:  https://github.com/huggingface/safetensors (Format)
 * Limits:  a header of 100 MB, as everywhere.
 */
#ifndef FORMAT_SAFET_H
#define FORMAT_SAFET_H

#include "format/weights.h"

/* Add the tensors of a file that is in memory, and stays there as long as w. */
int safet_read(struct weights *w, const unsigned char *p, size_t n, struct err *e);

#endif
