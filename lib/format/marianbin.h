/*
 * marianbin.h - Marian's binary model files, as Bergamot and Firefox have them
 *
 * Little-endian: u64 version (1), u64 n, n headers of four u64 (bytes of the name with
 * its NUL, type, number of dimensions, bytes of the data), the names, the dimensions
 * (i32), u64 padding and so many bytes, the data one after another. Data may be longer
 * than shape and type say: they are padded.
 *
 * A matrix of 8 bits (intgemm8) is followed by one f32, its multiplier: an element is
 * its byte / multiplier. Such a matrix is stored transposed: of one that is called [in,
 * out], the file has the rows of the outputs.
 *
 *     struct marianbin *m = marianbin_open("model.bin", &e);
 *     const struct marianbin_tensor *t = marianbin_get(m, "Wemb", 32000, 256, &e);
 *     marianbin_row(t, 5, row);
 *     marianbin_close(m);
 *
 * Owns:    the mapped file and the table; all pointers are valid until close.
 * Threads: constant after open.  Limits: 8 dimensions, which become two.
 * Source:  the files themselves; github.com/marian-nmt/marian-dev, intgemm.
 */
#ifndef FORMAT_MARIANBIN_H
#define FORMAT_MARIANBIN_H

#include <stddef.h>

#include "base/err.h"
#include "base/sha.h"
#include "base/str.h"

enum marianbin_type { MARIANBIN_F32, MARIANBIN_I8, MARIANBIN_BYTES };

struct marianbin_tensor {
    struct str name;
    enum marianbin_type type;
    size_t rows, cols;         /* of the shape; all dimensions but the last are rows */
    const unsigned char *data; /* any alignment */
    float multiplier;          /* of I8; finite, not 0 */
};

struct marianbin;

/* ERR_MODEL: is no such file, is cut, or its sizes lie. */
struct marianbin *marianbin_open(const char *path, struct err *e);
/* From bytes, which must stay. */
struct marianbin *marianbin_parse(const void *p, size_t n, struct err *e);
void marianbin_close(struct marianbin *m); /* NULL is fine */

size_t marianbin_count(const struct marianbin *m);
const struct marianbin_tensor *marianbin_at(const struct marianbin *m, size_t i);

/* NULL: there is none of that name. */
const struct marianbin_tensor *marianbin_find(const struct marianbin *m,
                                              const char *name);

/* The one of that name and shape, F32 or I8; else an error that names it. */
const struct marianbin_tensor *marianbin_get(const struct marianbin *m,
                                             const char *name, size_t rows, size_t cols,
                                             struct err *e);

/* Row i as it lies in the file, [cols] floats; for a transposed matrix [in, out] see
 * marianbin_output(). */
void marianbin_row(const struct marianbin_tensor *t, size_t i, float *out);

/* The weights [rows] of output i of a matrix [in, out], however it is stored. */
void marianbin_output(const struct marianbin_tensor *t, size_t i, float *out);

/* What every element is a whole multiple of, of 128 at most; 0: of floats. */
float marianbin_step(const struct marianbin_tensor *t);

/* The model's own settings (special:model.yml); empty: there are none. */
struct str marianbin_config(const struct marianbin *m);

/* Like sha_mapped(), for caches. 0: not known, and `compute` did not ask for more. */
int marianbin_sha(const struct marianbin *m, int compute, char hex[SHA_HEX]);

/* The file will not be read again soon. */
void marianbin_let_go(const struct marianbin *m);

#endif
