/*
 * config.h - the JSON files beside the weights: one object of settings
 *
 *     struct config *c = config_open(dir, "config.json", &e);
 *     int n_embd;
 *     if (config_int(c, "hidden_size", 1, 1 << 16, &n_embd, &e)) ...
 *     config_close(c);
 *
 * config_int() and its like need the member; config_opt_int() and its like leave *v as
 * it is where the member is missing or null. A member of another type, out of bounds or
 * there twice is an error. All errors are ERR_MODEL and name file and member.
 *
 * Threads: constant after open.  Limits: a file of 16 MB, nesting as in json.h.
 */
#ifndef FORMAT_CONFIG_H
#define FORMAT_CONFIG_H

#include <stddef.h>

#include "base/err.h"
#include "json/json.h"

struct config;

/* dir/name; both are in the messages. The file must hold one object or array. */
struct config *config_open(const char *dir, const char *name, struct err *e);
void config_close(struct config *c); /* NULL is fine */

/* Text in memory instead of a file; it is copied. */
struct config *config_parse(const char *p, size_t n, const char *path, struct err *e);

int config_int(const struct config *c, const char *key, int lo, int hi, int *v,
               struct err *e);
int config_opt_int(const struct config *c, const char *key, int lo, int hi, int *v,
                   struct err *e);
int config_double(const struct config *c, const char *key, double lo, double hi,
                  double *v, struct err *e);
int config_opt_double(const struct config *c, const char *key, double lo, double hi,
                      double *v, struct err *e);
int config_opt_bool(const struct config *c, const char *key, int *v, struct err *e);

/* A string of less than cap bytes without NUL bytes, ended by one. */
int config_str(const struct config *c, const char *key, char *v, size_t cap,
               struct err *e);
int config_opt_str(const struct config *c, const char *key, char *v, size_t cap,
                   struct err *e);

/* A feature that changes the result and is not there must have the value that means "as
 * usual", or "off", or not be named. */
int config_expect(const struct config *c, const char *key, const char *value,
                  struct err *e);
int config_expect_off(const struct config *c, const char *key, struct err *e);

/* The first string of the member, an array. */
int config_first(const struct config *c, const char *key, char *v, size_t cap,
                 struct err *e);

/* A token as tokenizer_config.json writes one: a string, or an object that has it as
 * its `content`. */
int config_opt_token(const struct config *c, const char *key, char *v, size_t cap,
                     struct err *e);

/* All of it, as it stands in the file. */
struct str config_text(const struct config *c);

/* The member as it is, for json.h. 1: it is there; 0: it is missing or null, v is
 * JSON_NONE; -1: it is there twice. */
int config_json(const struct config *c, const char *key, struct json *v, struct err *e);

/* The array's object i as settings of their own, valid until config_close(c). NULL with
 * e->code = ERR_NONE behind the last one. The caller frees it by config_close(). */
struct config *config_item(const struct config *c, size_t i, struct err *e);

/* The member, an object, in the same way; its errors name FILE and key. NULL with
 * e->code = ERR_NONE where it is missing or null. */
struct config *config_object(const struct config *c, const char *key, struct err *e);

/* Set e to ERR_MODEL, "FILE: key: message". Always -1. */
int config_bad(const struct config *c, const char *key, struct err *e, const char *fmt,
               ...) __attribute__((format(printf, 4, 5)));

#endif
