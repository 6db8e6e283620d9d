/*
 * splice.h - a record with members added, every other byte as it was
 *
 *     struct splice s;
 *     splice_begin(&s, line, object);
 *     splice_append(&s, STR("\"label\":"), value);       ..., "label": value }
 *     splice_replace(&s, watch[0].value, value);         in place of the old value
 *     splice_end(&s, &out);
 *
 * Owns: nothing; all spans must live until splice_end().  Threads: a value, no sharing.
 */
#ifndef JSON_SPLICE_H
#define JSON_SPLICE_H

#include "json/json.h"

#define SPLICE_MAX 12

struct splice_edit {
    const char *at; /* in the line */
    size_t cut;     /* bytes of the line that go */
    struct str add[3];
};

struct splice {
    struct str line;
    struct json object;
    struct splice_edit edit[SPLICE_MAX];
    int n;
};

void splice_begin(struct splice *s, struct str line, struct json object);

/* A new member: name is the JSON string and the colon. Of the object itself, or of
 * `in`, an object in the line. */
void splice_append(struct splice *s, struct str name, struct str value);
void splice_append_in(struct splice *s, struct json in, struct str name,
                      struct str value);

void splice_replace(struct splice *s, struct json old, struct str value);

/* Append the line with all edits to out. */
void splice_end(struct splice *s, struct buf *out);

#endif
