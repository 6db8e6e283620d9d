/*
 * schemakey.h - the keywords of one schema (the inside of schema.h)
 *
 * Reads one object of a JSON Schema: each keyword once, known, of its own type. What
 * they mean together is schema.c's business.
 *
 * Owns:    nothing; values are spans of the schema's text.
 * Threads: a value, no sharing.
 */
#ifndef INFER_SCHEMAKEY_H
#define INFER_SCHEMAKEY_H

#include <stdint.h>

#include "json/json.h"

enum schemakey_name {
    SCHEMAKEY_TYPE,
    SCHEMAKEY_ENUM,
    SCHEMAKEY_CONST,
    SCHEMAKEY_PROPERTIES,
    SCHEMAKEY_REQUIRED,
    SCHEMAKEY_ADDITIONAL,
    SCHEMAKEY_ITEMS,
    SCHEMAKEY_MIN_ITEMS,
    SCHEMAKEY_MAX_ITEMS,
    SCHEMAKEY_MIN_LENGTH,
    SCHEMAKEY_MAX_LENGTH,
    SCHEMAKEY_MINIMUM,
    SCHEMAKEY_MAXIMUM,
    SCHEMAKEY_ABOVE, /* exclusiveMinimum */
    SCHEMAKEY_BELOW,
    SCHEMAKEY_NAMES
};

/* Types, a bit each. */
enum schemakey_type {
    SCHEMAKEY_OBJECT = 1,
    SCHEMAKEY_ARRAY = 2,
    SCHEMAKEY_STRING = 4,
    SCHEMAKEY_NUMBER = 8,
    SCHEMAKEY_INTEGER = 16,
    SCHEMAKEY_BOOLEAN = 32,
    SCHEMAKEY_NULL = 64
};

struct schemakey {
    struct json value[SCHEMAKEY_NAMES]; /* JSON_NONE: it is not there */
    unsigned types; /* what may be; that of properties or items where none is named;
                       0: any, which only an enum may have */
};

/* ERR_USAGE. v has been checked (json.h). */
int schemakey_read(struct schemakey *k, struct json v, struct err *e);

const char *schemakey_text(enum schemakey_name name); /* "minItems" */

/* The value of a count, `none` where it is not there; at most 2^31 - 1. */
int64_t schemakey_count(const struct schemakey *k, enum schemakey_name name,
                        int64_t none);

int schemakey_is_enum(const struct schemakey *k); /* enum or const is there */

/* Is a string, number, true, false or null of one of the types? */
int schemakey_allows(const struct schemakey *k, struct json v);

#endif
