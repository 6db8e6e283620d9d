/*
 * reader.h - what the readers of texts share: where we are, and the record being made
 *
 *     if (!reader_wants(r)) continue;                 another shard's
 *     reader_begin(r);
 *     reader_text(r, "text", text);                   members, in order
 *     if (reader_end(r, line, offset, raw)) return -1;    _src, and out it goes
 *
 * A reader reads one text (a file, or a member of an archive) and gives records, blanks
 * and rejects in order. It returns 0, or -1 with e: damage, which the caller tells; or
 * r->ended, when the run is to end.
 *
 * Owns: its buffers.  Threads: one owner.
 */
#ifndef SOURCE_READER_H
#define SOURCE_READER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "source/stream.h"

enum reader_what {
    READER_RECORD, /* out: the line, with its newline */
    READER_BLANK,
    READER_PASSED, /* not wanted: no text, another name */
    READER_BAD     /* why, and raw where there are bytes to show */
};

struct reader_item {
    enum reader_what what;
    struct str member; /* its name in the archive as UTF-8, empty: the file itself */
    uint64_t line, offset;
    struct str out, raw;
    const struct err *why;
    int more; /* raw continues that of the item before, and nothing is counted */
};

struct reader_opt {
    const char *from_charset; /* declared for text without a mark; NULL */
    int replace;              /* what is not valid becomes U+FFFD */
    int by_lines;             /* plain text: a record a line, not a file */
    int list;                 /* a record for each text, without it */
    size_t max_text;          /* bytes of one text, line, row, message, page */
    uint64_t shard, n_shard;  /* records number shard, shard + n, ...; n_shard 0: all */
    /* -1: the run ends here. */
    int (*put)(void *arg, const struct reader_item *item);
    void *arg;
};

struct reader {
    struct reader_opt opt;
    /* The text: constant while it is read. */
    const char *archive; /* the file's name as the user gave it */
    struct str member;   /* empty: the file itself; any bytes */
    uint64_t member_offset;
    int64_t mtime;
    int has_mtime, in_archive;
    struct stream *in;
    int no_line;              /* lines are not numbered: we began in the middle */
    int all_records;          /* all are ours: the shard was chosen by member */
    uint64_t from, from_line; /* what is added to offsets and lines */
    /* The record. */
    struct buf json, tail, name, pad; /* tail: the constant part of _src */
    int n_member;                     /* of the record so far */
    struct err e;                     /* it cannot be made; ERR_NONE */
    uint64_t index;                   /* of the next record that shards count */
    int ended;                        /* put() said so */
};

/* A text begins: everything above "The record" is set, but opt by reader_init(). */
void reader_start(struct reader *r);
void reader_release(struct reader *r);

/* Is the next record ours? To be asked once for each. */
static inline int
reader_wants(struct reader *r)
{
    return r->opt.n_shard == 0 || r->all_records ||
           r->index++ % r->opt.n_shard == r->opt.shard;
}

void reader_begin(struct reader *r);
/* A member with a text as its value, which must be UTF-8 unless opt.replace. */
void reader_text(struct reader *r, struct str name, struct str value);
void reader_number(struct reader *r, struct str name, uint64_t value);

/* The record is whole. line 0: not known. raw: what it was made of, for rejects. Bytes
 * that are not UTF-8 reject it here. */
int reader_end(struct reader *r, uint64_t line, uint64_t offset, struct str raw);

/* The same for a record of a whole text: with its size and sha256. */
int reader_end_whole(struct reader *r, struct str bytes);

/* The value of a record's member _src. */
void reader_src(struct reader *r, uint64_t line, uint64_t offset, struct buf *b);

/* A line that is a record already goes out with `out`. */
int reader_put(struct reader *r, uint64_t line, uint64_t offset, struct str out);
int reader_blank(struct reader *r, uint64_t line, uint64_t offset);
int reader_passed(struct reader *r);
int reader_bad(struct reader *r, uint64_t line, uint64_t offset, struct str raw,
               const struct err *why);
/* A further piece of the bad raw bytes before. */
int reader_bad_more(struct reader *r, struct str raw);

#endif
