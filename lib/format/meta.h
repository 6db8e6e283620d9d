/*
 * meta.h - what a model file says about itself: values by key
 *
 *     const struct meta *m = weights_meta(w);
 *     int n_layer;
 *     if (meta_int(m, "llama.block_count", 1, 1 << 16, &n_layer, &e)) ...
 *
 *     struct meta_array a;
 *     struct str piece;
 *     if (meta_array(m, "tokenizer.ggml.tokens", META_STRINGS, &a, &e)) ...
 *     while (meta_next_str(&a, &piece)) ...
 *
 * meta_int() and its like need the key; meta_opt_int() and its like leave *v as it is
 * where there is none. An integer is taken from a value of any integer type, a number
 * with a fraction from f32 or f64, if it lies in [lo, hi]. What does not fit is
 * ERR_MODEL and names the key.
 *
 * Owns:    its list; keys, strings and arrays point into the mapped file, with any
 *          alignment, little-endian, and are valid as long as that is.
 * Threads: constant once filled; a struct meta_array has one owner.
 */
#ifndef FORMAT_META_H
#define FORMAT_META_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* The numbers are those of GGUF. */
enum meta_type {
    META_U8,
    META_I8,
    META_U16,
    META_I16,
    META_U32,
    META_I32,
    META_F32,
    META_BOOL,
    META_STRING,
    META_ARRAY,
    META_U64,
    META_I64,
    META_F64,
    META_TYPES
};

/* A string: its n bytes. A number: the bytes at p. An array: n elements of type `of`,
 * one behind the other; strings with their length, a u64, before each. */
struct meta_value {
    enum meta_type type, of;
    const unsigned char *p;
    size_t n;
};

struct meta_item {
    struct str key;
    struct meta_value value;
};

/* What is left of an array: it is walked from its begin to its end. */
struct meta_array {
    enum meta_type of;
    const unsigned char *p;
    size_t n;
};

struct meta;

struct meta *meta_new(void);
void meta_free(struct meta *m); /* NULL is fine */

/* 0: the key is there already. The value is complete: whoever adds it has checked that
 * all of its bytes are there. */
int meta_add(struct meta *m, const struct meta_item *item);

size_t meta_count(const struct meta *m);
const struct meta_item *meta_at(const struct meta *m, size_t i); /* i < count */
const struct meta_value *meta_find(const struct meta *m, const char *key); /* or NULL */

const char *meta_name(enum meta_type type); /* "u32", "string", ... */
size_t meta_size(enum meta_type type);      /* bytes; 0: not always the same */

int meta_int(const struct meta *m, const char *key, int lo, int hi, int *v,
             struct err *e);
int meta_opt_int(const struct meta *m, const char *key, int lo, int hi, int *v,
                 struct err *e);
int meta_u64(const struct meta *m, const char *key, uint64_t lo, uint64_t hi,
             uint64_t *v, struct err *e);
int meta_opt_u64(const struct meta *m, const char *key, uint64_t lo, uint64_t hi,
                 uint64_t *v, struct err *e);
int meta_double(const struct meta *m, const char *key, double lo, double hi, double *v,
                struct err *e);
int meta_opt_double(const struct meta *m, const char *key, double lo, double hi,
                    double *v, struct err *e);
int meta_opt_bool(const struct meta *m, const char *key, int *v, struct err *e);
int meta_str(const struct meta *m, const char *key, struct str *v, struct err *e);
int meta_opt_str(const struct meta *m, const char *key, struct str *v, struct err *e);

enum meta_kind { META_STRINGS, META_INTS, META_FLOATS };

/* An array of strings, of integers of any type (no booleans), or of f32 or f64. */
int meta_array(const struct meta *m, const char *key, enum meta_kind kind,
               struct meta_array *v, struct err *e);
/* With n = 0 where there is none. */
int meta_opt_array(const struct meta *m, const char *key, enum meta_kind kind,
                   struct meta_array *v, struct err *e);

/* The next element: 1, or 0 behind the last. Of an array of that kind only; integers
 * beyond INT64_MAX are given as that. */
int meta_next_str(struct meta_array *a, struct str *v);
int meta_next_int(struct meta_array *a, int64_t *v);
int meta_next_double(struct meta_array *a, double *v);

/* A single number: 1 and *v, or 0 where it is none of that kind (booleans are none).
 * neg: *v is the magnitude of a number below 0. */
int meta_get_int(const struct meta_value *value, uint64_t *v, int *neg);
int meta_get_double(const struct meta_value *value, double *v);

/* The walk over a value of any kind, as meta_array() would give it. */
struct meta_array meta_walk(const struct meta_value *value);

#endif
