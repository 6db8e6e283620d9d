/*
 * jqfilter.h - jq programs over records, in helper processes
 *
 * libjq 1.6 loses digits, aborts when memory ends, has no step limit and can read
 * files. So it only selects and computes, never carries a record through, and it runs
 * apart: in processes forked before any thread starts, with no environment, no files,
 * and limits. A helper that ends ends the run (ERR_LIMIT): to reject just the record
 * would make the output depend on the machine's load.
 *
 * Limits:  a record's CPU seconds and a helper's memory, below.
 * Threads: one caller per helper at a time.
 */
#ifndef CLI_JQFILTER_H
#define CLI_JQFILTER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define JQ_SECONDS 10
#define JQ_MEMORY  ((size_t)1 << 30)

struct jqfilter;

enum jq_op {
    JQ_WHERE, /* is the one result true (neither false nor null)? */
    JQ_IN,    /* the one result, which must be a string */
};

enum jq_status { JQ_FALSE, JQ_TRUE, JQ_TEXT, JQ_TYPE, JQ_DEPTH };

struct jq_answer {
    enum jq_status status;
    struct str text; /* JQ_TEXT: the string; JQ_TYPE: why; in the reply buffer */
};

/* Programs may be NULL. ERR_USAGE: refused (jqsafe.h) or not jq. */
struct jqfilter *jqfilter_open(const char *where, const char *in, int n_helper,
                               struct err *e);
void jqfilter_close(struct jqfilter *q);

/* Ask a helper about n records. Answers borrow from `reply`, which is overwritten. */
int jqfilter_ask(struct jqfilter *q, int helper, enum jq_op op,
                 const struct str *record, size_t n, struct buf *reply,
                 struct jq_answer *answer, struct err *e);

#endif
