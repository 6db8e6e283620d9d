/*
 * member.h - a member of a record that an option names, besides the one of -i
 *
 *     struct member m;
 *     if (member_open(&m, "--gold", ".answer.label", &e)) ...
 *     member_find(&m, line, &v, &e);
 *     member_close(&m);
 *
 * A bare word is a literal name, what begins with a dot a plain path (path.h); other jq
 * programs are refused.
 *
 * Owns: its path.  Threads: constant after open.
 */
#ifndef CLI_MEMBER_H
#define CLI_MEMBER_H

#include "base/arena.h"
#include "json/json.h"
#include "json/path.h"

struct member {
    const char *spec; /* as the user wrote it; the caller's */
    struct path *path;
    struct str name; /* at the top level */
};

int member_open(struct member *m, const char *option, const char *spec, struct err *e);
void member_close(struct member *m);

/* Its value in a record that has been checked; JSON_NONE: none, or null. ERR_JSON: a
 * name is there twice. */
int member_find(const struct member *m, struct str line, struct json *v, struct err *e);

/* Its text, in the arena. ERR_MISSING, ERR_TYPE (no string), ERR_JSON, ERR_UTF8. */
int member_text(const struct member *m, struct str line, struct arena *a,
                struct str *text, struct err *e);

#endif
