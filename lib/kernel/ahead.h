/*
 * ahead.h - weights that come next, asked for while others are multiplied
 *
 * A model's weights are more than L2 holds, so a product waits at the beginning of each
 * panel, before the CPU's own looking ahead has seen what is read. All of a panel at
 * once would fill the few places that wait for memory; so each tile asks for its share.
 */
#ifndef KERNEL_AHEAD_H
#define KERNEL_AHEAD_H

#include <stddef.h>

#define AHEAD_LINE 64 /* bytes that come at once */
#define AHEAD_MOST 64 /* lines that a tile may ask for */

/* n bytes, or none; they are only asked for, never read. */
struct kernel_ahead {
    const unsigned char *at;
    size_t n;
};

/* The share of steps [done, done + now) of `of` */
static inline struct kernel_ahead
ahead_share(struct kernel_ahead a, size_t done, size_t now, size_t of)
{
    size_t each = a.n / of;

    return (struct kernel_ahead){ a.n > 0 ? a.at + each * done : NULL, each * now };
}

/* Asks for the first of `steps` shares of what is left in *a, which is less by it; for
 * none where the product is so short that it would only wait for them. */
static inline void
ahead_ask(struct kernel_ahead *a, size_t steps)
{
    size_t share = a->n / steps;

    if (share == 0 || share > (size_t)AHEAD_MOST * AHEAD_LINE)
        return;
    for (size_t i = 0; i < share; i += AHEAD_LINE)
        __builtin_prefetch(a->at + i, 0, 2);
    a->at += share;
    a->n -= share;
}

#endif
