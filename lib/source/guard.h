/*
 * guard.h - limits that a small hostile file cannot make us exceed
 *
 * A bomb is a file that unpacks to far more than it is: so every layer that unpacks
 * (a compressed stream, the members of an archive, in every depth of nesting) counts
 * what it gave out, and compares that with what was read of the file itself.
 *
 * Owns: nothing.  Threads: a value, one owner.
 */
#ifndef SOURCE_GUARD_H
#define SOURCE_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define GUARD_LAYERS     32 /* archives and compressions inside each other, at most */
#define GUARD_RATIO_FROM ((uint64_t)64 << 20) /* bytes out before the ratio counts */

struct guard_opt {
    uint64_t max_bytes;   /* a layer gives out so many bytes of one file; 0: any */
    uint64_t max_members; /* and has so many members; 0: any */
    unsigned max_ratio;   /* bytes out for each byte of the file; 0: any */
    int max_depth;        /* layers inside each other, below GUARD_LAYERS */
    size_t max_name;      /* bytes of a member's name */
};

struct guard {
    struct guard_opt opt;
    uint64_t in, size; /* read of the file so far; its size, 0: not known */
    uint64_t out[GUARD_LAYERS + 1], members;
    int hit; /* a limit of the whole file was: nothing more of it should be read */
};

/* The next file begins. */
void guard_reset(struct guard *g, const struct guard_opt *opt);

/* n more bytes come out of a layer (0: the outermost). ERR_LIMIT. */
int guard_out(struct guard *g, int layer, uint64_t n, struct err *e);

/* One more member; one more layer, which is the number `layer`. ERR_LIMIT. */
int guard_member(struct guard *g, struct err *e);
int guard_layer(const struct guard *g, int layer, struct err *e);

#endif
