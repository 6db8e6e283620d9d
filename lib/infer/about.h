/*
 * about.h - what a model file holds, for people and programs to read
 *
 *     struct about *in = about_open(path, &e);
 *     aboutout_table(in, ABOUT_TENSORS, &buf);      see aboutout.h
 *     about_close(in);
 *
 * A format F is a line ABOUT(F) in about_list.h and a file F.c with
 *
 *     int F_bid(const char *path)              1: it looks like mine
 *     int F_open(struct about *in, const char *path, struct err *e)
 *
 * which calls the functions below the line. The first that bids opens the path, and
 * whatever is wrong with the file is ERR_MODEL.
 *
 * Owns:    copies of all texts, cut to ABOUT_TEXT bytes, well-formed UTF-8.
 * Threads: one owner.
 */
#ifndef INFER_INSPECT_H
#define INFER_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "format/weights.h"
#include "tensor/pack.h"

#define ABOUT_TEXT  1000 /* bytes of a text that are kept */
#define ABOUT_FACTS 32

/* A line of the summary. */
struct about_fact {
    const char *key;
    struct str text; /* p NULL: the number */
    uint64_t number;
};

/* A setting of the file: its value is JSON text; a table leaves out the first `skip`
 * bytes of it. */
struct about_item {
    struct str key, type, value;
    size_t skip;
};

struct about {
    char path[4096];
    struct about_fact fact[ABOUT_FACTS];
    size_t n_fact;
    struct buf items;        /* of struct about_item */
    uint64_t file_bytes;     /* of all files */
    uint64_t packed[ARITHS]; /* bytes of the products' weights, once packed */
    struct weights *weights; /* tensors, or NULL */
    struct arena text;
};

struct about *about_open(const char *path, struct err *e);
void about_close(struct about *in); /* NULL is fine */

/* Elements of all tensors but those of integers and truth values. */
uint64_t about_parameters(const struct about *in);

/* ---- for the formats ---- */

/* Add a line; a text that is empty is left out. `key` is a constant. */
void about_say(struct about *in, const char *key, struct str text);
void about_count(struct about *in, const char *key, uint64_t number);

/* A value that is JSON text; key of any bytes. */
struct about_item *about_set(struct about *in, struct str key, const char *type,
                             struct str json);

/* Take the tensors: they count as parameters, and those of the layers are packed. With
 * `tied`, the table of that name is a product, too. The file's bytes are counted. */
void about_take(struct about *in, struct weights *w, const char *tied);

/* Append text of any bytes, cut and well-formed, as a JSON string. */
void about_json(struct buf *b, struct str text);

#endif
