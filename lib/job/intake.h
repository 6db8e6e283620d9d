/*
 * intake.h - the bytes of a shard, or of some of its lines
 *
 *     struct intake *in = intake_open(m, shard, lines, report, &e);
 *     while ((n = intake_read(in, buf, sizeof buf, &e)) > 0) ...
 *     rc = intake_close(in, &e);
 *
 * Of a file of lines it reads the shard's range, of an archive what arcat makes of it.
 * What was read whole must have the hash that the manifest has: a file that changes
 * while the job runs is found out.
 *
 * Threads: one owner.  Owns: a descriptor, and arcat's process, which ends with it.
 */
#ifndef JOB_INTAKE_H
#define JOB_INTAKE_H

#include "job/manifest.h"

struct intake;

struct intake_lines {
    uint64_t from, to; /* lines [from, to) of the shard, from 0 */
};
#define INTAKE_ALL ((struct intake_lines){ 0, UINT64_MAX })

/* report, errors: where arcat is to report; may be NULL. ERR_INPUT. */
struct intake *intake_open(const struct manifest *m, size_t shard,
                           struct intake_lines lines, const char *report,
                           const char *errors, struct err *e);

/* Bytes, at most cap; 0: the end; -1: ERR_INPUT. */
long intake_read(struct intake *in, char *p, size_t cap, struct err *e);

/* Lines and bytes handed out so far; a last line without its end is one. */
uint64_t intake_n_lines(const struct intake *in);
uint64_t intake_n_bytes(const struct intake *in);

/* 0, or -1: ERR_INPUT: arcat failed, or (when all was read) these are not the bytes
 * that the manifest is about. *status: arcat's exit status, else 0. */
int intake_close(struct intake *in, int *status, struct err *e);

#endif
