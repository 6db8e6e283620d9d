/*
 * packfile.h - packed weights, or what is like them, in a file for the next start
 *
 *     struct packfile_key key = { sha, "f32", 1, "avx2" };
 *     struct packfile *f = packfile_open(dir, &key, pool);
 *     for every matrix, in the same order at every start:
 *         if ((panels = packfile_next(f, &shape)) == NULL)
 *             pack them, packfile_add(f, &shape, panels);
 *     packfile_end(f);        only if all went well: a new file takes its place
 *     ...                     the panels are used
 *     packfile_close(f);
 *
 * A file is a header with the key, the panels of each matrix and a table of them, all
 * under checksums (XXH3, 128 bits) that are looked at before anything is used. It is
 * never trusted further than that: it must be ours alone to write (file_map_own), and
 * whatever is damaged, cut, of another version or of other matrices is made anew. That
 * nothing can be read or written is no error: then every start packs.
 *
 * The file appears by rename, complete; two writers do no harm, the last one stays.
 *
 * Whatever else is costly to make, and the same bytes at every start, may be kept so:
 * then a "matrix" is a piece of it and the key's sha is of all that it depends on.
 *
 * Owns:    the mapping, read-only and shared with other processes.
 * Threads: one, except for what packfile_next() returned. The pool is used in open().
 */
#ifndef TENSOR_PACKFILE_H
#define TENSOR_PACKFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "quant/quant.h"
#include "tensor/pack.h"

/* What packed bytes depend on, besides what this code is. */
struct packfile_key {
    const char *sha;   /* 64 hexadecimal digits: SHA-256 of the weights */
    const char *arith; /* arithmetic, its version, and the level, each a short word */
    int version;
    const char *level;
};

/* One matrix: what tells it from the others */
struct packfile_shape {
    uint64_t n_out, n_in;
    uint64_t bytes; /* when packed */
    uint64_t print; /* of some of the weights, see packfile_print() */
};

struct packfile;

/* The file of that key in dir, which is made when it is not there. Never NULL. */
struct packfile *packfile_open(const char *dir, const struct packfile_key *key,
                               struct pool *pool);

/* The same for a file that a user named: its folder is not made. */
struct packfile *packfile_open_at(const char *path, const struct packfile_key *key,
                                  struct pool *pool);

/* 1: nothing is at that path, or an empty file, or one that packfile.h made, whole or
 * not. 0: what is there must not be lost, or cannot be looked at. */
int packfile_may_replace(const char *path);

void packfile_close(struct packfile *f); /* NULL is fine */

/* The next matrix: its bytes, aligned to MEM_ALIGN, or NULL: it is
 * not there, nor is any that follows; the caller packs it and adds it. */
const void *packfile_next(struct packfile *f, const struct packfile_shape *shape);
/* Would packfile_next() find it? */
int packfile_has(const struct packfile *f, const struct packfile_shape *shape);
void packfile_add(struct packfile *f, const struct packfile_shape *shape,
                  const void *panels);
int packfile_end(struct packfile *f); /* 1: a new file is there */

/* Could a file be written to dir? It is made for that. */
int packfile_can_write(const char *dir);

/* A number from the first and the last row of each part, so that matrices of the same
 * shape that changed places are noticed. */
uint64_t packfile_print(const struct pack_rows *rows, size_t n_part, size_t n_in);

#endif
