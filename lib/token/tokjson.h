/*
 * tokjson.h - tokenizer.json, section by section
 *
 * Format: one object; the sections used here are added_tokens, normalizer,
 * pre_tokenizer, post_processor, decoder and model (with vocab); truncation and padding
 * are ignored. Each section is an object with a "type", or null. Types form a closed
 * list; one that is not in it is named in the error.
 *
 * Owns:    nothing: all values point into the text.
 * Threads: pure functions.
 */
#ifndef TOKEN_TOKJSON_H
#define TOKEN_TOKJSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

#define TOKJSON_MEMBERS 24

/* A section, walked once; n is 0 when it is null or absent. */
struct tokjson_section {
    const char *name; /* for messages */
    struct json key[TOKJSON_MEMBERS], val[TOKJSON_MEMBERS];
    size_t n;
};

struct tokjson {
    struct json added; /* an array, or JSON_NONE */
    struct tokjson_section normalizer, pre_tokenizer, post_processor, decoder, model;
};

/* ERR_MODEL: no JSON, a section or a member of one twice, no model. */
int tokjson_scan(struct tokjson *f, const char *p, size_t n, struct err *e);

/* Read a section: an object, or null. ERR_MODEL. */
int tokjson_walk(struct tokjson_section *s, const char *name, struct json object,
                 struct err *e);

/* Has this section that type? NULL: is it null or absent? */
int tokjson_is(const struct tokjson_section *s, const char *type);
/* "normalizer "X" is not supported (known: ...)". Always -1. */
int tokjson_unknown(const struct tokjson_section *s, const char *known, struct err *e);

/* A member, JSON_NONE when it is not there. */
struct json tokjson_get(const struct tokjson_section *s, const char *name);

/* A member that is not there or null leaves *out as it is; one of another type is
 * ERR_MODEL. */
int tokjson_bool(const struct tokjson_section *s, const char *name, int *out,
                 struct err *e);
int tokjson_int(const struct tokjson_section *s, const char *name, int64_t lo,
                int64_t hi, int64_t *out, struct err *e);
/* Replaces what is in *out by the member's text, or by `none` where there is none. */
int tokjson_str(const struct tokjson_section *s, const char *name, const char *none,
                struct buf *out, struct err *e);

#endif
