/*
 * tally.h - counts of a shard and of a job, and whether they agree
 *
 * Every tool of a pipe appends a line to $TEXTMILL_REPORT when it is done. Each must
 * keep in = blank + done + passed + kept + rejected; and where every stage of the pipe
 * is ours, what one writes another reads, so that all they took in and the lines that
 * left the pipe are as many as the lines that went into it and all they gave out.
 * (With a jq in between nothing can be said of the whole.)
 *
 * Owns: its tools.  Threads: one owner.
 */
#ifndef JOB_TALLY_H
#define JOB_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

struct tally_tool {
    char name[32];
    int exit;
    int opaque; /* reads or writes other things than records */
    uint64_t in, blank, done, passed, kept, rejected, out;
    uint64_t by_code[ERR_CODES];
};

struct tally {
    uint64_t lines_in, lines_out, bytes_in, bytes_out;
    uint64_t poison; /* records in quarantine */
    uint64_t tries;  /* of the command */
    double seconds;
    int status;              /* 1: a stage ended with 1 */
    struct tally_tool *tool; /* by name, once for each that the pipe has */
    size_t n_tool;
};

void tally_release(struct tally *t);

/* Take in the report of one run of the pipe. Tools of the same name are told apart by
 * what they counted, in order: their lines are sorted. ERR_INPUT: it is no report, or a
 * sum is wrong. */
int tally_read(struct tally *t, struct str report, struct err *e);

/* Do the counts of one run of a pipe of so many stages agree? from_arcat: what goes in
 * comes from arcat, whose report is in t. ERR_INPUT: no, and how. */
int tally_check(const struct tally *t, unsigned stages, int from_arcat, struct err *e);

/* Add the counts of `more`, tool by tool. */
void tally_add(struct tally *t, const struct tally *more);

/* Records that are bad, by any tool or in quarantine. */
uint64_t tally_bad(const struct tally *t);

/* What a report says of the tools themselves, sorted: [{"tool":"classify",
 * "version":"0.1.0","model":{...}}], for comparing. ERR_INPUT: it is no report. */
int tally_tools(struct str report, struct buf *b, struct err *e);

/* As members of a JSON object, without braces; and back: 0 or ERR_INPUT. */
void tally_write(const struct tally *t, struct buf *b);
int tally_parse(struct tally *t, struct json object, struct err *e);

#endif
