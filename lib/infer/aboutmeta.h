/*
 * aboutmeta.h - the values of format/meta.h as JSON
 *
 * A number that is not finite is a string. Of an array its type, its length and its
 * first elements: {"of":"string","n":49152,"first":["a","b"]}.
 */
#ifndef INFER_INSPECTMETA_H
#define INFER_INSPECTMETA_H

#include "format/meta.h"
#include "infer/about.h"

/* All of them, in the order of the file. */
void aboutmeta_add(struct about *in, const struct meta *m);

#endif
