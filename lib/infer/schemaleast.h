/*
 * schemaleast.h - how short the values of a schema can be (the inside of schema.h)
 */
#ifndef INFER_SCHEMALEAST_H
#define INFER_SCHEMALEAST_H

#include "infer/schema.h"

/* Fill in `least` of all nodes. Returns that of the whole value, or some more than
 * SCHEMA_LEAST. */
size_t schemaleast_find(struct schema *s);

#endif
