/*
 * plan.h - what a run would be: --dry-run
 *
 * Every record is read, checked and counted in tokens, none is worked on but a sample
 * at the start, whose speed predicts the whole.
 *
 * Threads: one writer at a time.
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/report.h"

struct plan;

struct plan *plan_new(void);
void plan_free(struct plan *p);

/* One text of `tokens` tokens. */
void plan_add(struct plan *p, uint64_t hash, size_t tokens);

/* The sample: so many tokens and texts took so many seconds of one thread. */
void plan_sample(struct plan *p, size_t records, size_t tokens, double seconds);

/* One JSON object with newline. */
void plan_json(const struct plan *p, const struct report *r, struct buf *b);

#endif
