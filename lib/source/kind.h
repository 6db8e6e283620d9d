/*
 * kind.h - what is this? By the first bytes where they tell, else by the name
 *
 * Archives and compressed streams, WARC too, begin with bytes of their own. CSV,
 * mail and text do not: there the end of the name decides, or the user.
 *
 * Threads: pure functions.
 */
#ifndef SOURCE_KIND_H
#define SOURCE_KIND_H

#include "base/str.h"

#define KIND_LOOK 512 /* bytes that tell everything */

enum kind {
    KIND_NONE,
    /* compressed streams */
    KIND_GZIP,
    KIND_BZIP2,
    KIND_XZ,
    KIND_ZSTD,
    KIND_LZ4,
    /* archives */
    KIND_TAR,
    KIND_ZIP,
    KIND_CPIO,
    KIND_AR,
    KIND_7Z,
    /* texts */
    KIND_TEXT,
    KIND_JSONL,
    KIND_CSV,
    KIND_TSV,
    KIND_MBOX,
    KIND_EML,
    KIND_HTML,
    KIND_WARC,
    KIND_COUNT
};

const char *kind_name(enum kind k);        /* "gzip", "tar", ... */
enum kind kind_find(const char *name);     /* KIND_NONE: there is no such kind */
enum kind kind_magic(struct str first);    /* KIND_NONE: they do not tell */
enum kind kind_suffix(struct str name);    /* KIND_TEXT where the name does not tell */
enum kind kind_promised(struct str name);  /* packed or archive, by the name; or NONE */
struct str kind_unpacked(struct str name); /* "a.csv.gz": "a.csv", "b.tgz": "b.tar" */

static inline int
kind_is_packed(enum kind k)
{
    return k >= KIND_GZIP && k <= KIND_LZ4;
}

static inline int
kind_is_archive(enum kind k)
{
    return k >= KIND_TAR && k <= KIND_7Z;
}

#endif
