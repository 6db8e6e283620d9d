/*
 * yamlkeys.h - settings in the little of YAML that Marian writes
 *
 * Lines of `key: value`, or `key:` and then lines of `- value`; comments and blank
 * lines; values may stand in quotes; `[]` is a list of nothing. What goes beyond that
 * is refused, not guessed.
 *
 *     struct yamlkeys *y = yamlkeys_parse(text, "config.yml", &e);
 *     int depth;
 *     if (yamlkeys_int(y, "enc-depth", 1, 100, &depth, &e)) ...
 *     yamlkeys_close(y);
 *
 * All errors are ERR_MODEL and name the text and the key.
 *
 * Owns:    a copy of the text.  Threads: constant after parse.
 */
#ifndef FORMAT_YAMLKEYS_H
#define FORMAT_YAMLKEYS_H

#include "base/err.h"
#include "base/str.h"

struct yamlkeys;

struct yamlkeys *yamlkeys_parse(struct str text, const char *name, struct err *e);
void yamlkeys_close(struct yamlkeys *y); /* NULL is fine */

/* The value, or of a list the item i; p NULL: there is none. */
struct str yamlkeys_get(const struct yamlkeys *y, const char *key, size_t i);

int yamlkeys_int(const struct yamlkeys *y, const char *key, int lo, int hi, int *v,
                 struct err *e);
/* Item i of a list. */
int yamlkeys_item(const struct yamlkeys *y, const char *key, size_t i, int lo, int hi,
                  int *v, struct err *e);
/* Leaves *v as it is where the key is not there. */
int yamlkeys_opt_double(const struct yamlkeys *y, const char *key, double lo, double hi,
                        double *v, struct err *e);
/* The value must be this one, or the key not be there. */
int yamlkeys_expect(const struct yamlkeys *y, const char *key, const char *value,
                    struct err *e);

#endif
