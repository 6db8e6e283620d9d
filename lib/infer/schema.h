/*
 * schema.h - the part of JSON Schema that can be kept while a text is being written
 *
 *     struct schema *s = schema_read("person.json", &e);
 *     ...                                  schemawalk.h: byte by byte; masks.h: tokens
 *     schema_free(s);
 *
 * What is known:
 *     object   properties, required, additionalProperties (true or false)
 *     array    items, minItems, maxItems
 *     string   minLength, maxLength
 *     number, integer   minimum, maximum, exclusiveMinimum, exclusiveMaximum
 *     boolean, null; enum and const of strings, numbers, true, false, null
 *     a list of types; title, description, default, examples, deprecated, readOnly,
 *     writeOnly, $schema, $id and $comment, which say nothing about values
 * Anything else is named in the error, and so is what no value can fulfil. References
 * are not followed, so that nesting is no deeper than the schema is.
 *
 * A schema is compiled into nodes that describe one way of writing each value: no white
 * space, members in the order of the schema and no others, bounded numbers (schemanum.h
 * tells how). Each text written that way is valid; not each valid text can be written.
 * Where the schema sets no bound: SCHEMA_CHARS for a string, SCHEMA_ITEMS for an array.
 *
 * Owns:    copies of everything; the text is not needed afterwards.
 * Threads: constant once made.
 * Source:  JSON Schema 2020-12, Core and Validation.
 */
#ifndef INFER_SCHEMA_H
#define INFER_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "infer/schemanum.h"

#define SCHEMA_FILE    ((size_t)16 << 20) /* bytes of a schema */
#define SCHEMA_DEPTH   32                 /* of values in values */
#define SCHEMA_MEMBERS 256                /* properties of an object */
#define SCHEMA_NAME    1024               /* bytes of a name, as JSON */
#define SCHEMA_LEAST   ((size_t)64 << 10) /* bytes of the shortest value */
#define SCHEMA_CHARS   4096               /* maxLength where there is none */
#define SCHEMA_ITEMS   256                /* maxItems where there is none */

enum schema_kind {
    SCHEMA_OBJECT,
    SCHEMA_ARRAY,
    SCHEMA_STRING,
    SCHEMA_NUMBER,
    SCHEMA_LITERALS /* enum, const, boolean, null */
};

struct schema_node {
    enum schema_kind kind;
    uint32_t other;         /* node of another type that the value may have; 0: none */
    uint32_t first, n;      /* object: its part of member; literals: of literal; array:
                          first is the node of its items */
    uint32_t min, max;      /* items of an array, characters of a string */
    struct schemanum range; /* of a number */
    size_t least;           /* bytes of the shortest value of this type */
};

struct schema_member {
    struct str key; /* "name": with the quotes and the colon */
    uint32_t node;
    int required;
};

struct schema {
    struct schema_node *node; /* [n_node]; 0 is none, 1 is the whole value */
    struct schema_member *member;
    struct str *literal; /* of each node in order of bytes, as JSON, no two alike */
    size_t n_node, n_member, n_literal;
    size_t cap_node, cap_member, cap_literal;
    struct arena text;
};

/* ERR_USAGE, saying where in the schema. ERR_INPUT, ERR_LIMIT for the file. */
struct schema *schema_parse(const char *json, size_t n, struct err *e);
struct schema *schema_read(const char *path, struct err *e);
void schema_free(struct schema *s); /* NULL is fine */

/* Of the types that the value of a node may have, the one that is shortest. */
uint32_t schema_shortest(const struct schema *s, uint32_t node);

#endif
