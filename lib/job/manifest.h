/*
 * manifest.h - what a job is to do, written down once before anything is done
 *
 * JSON lines: first the job, then a line a shard. The bytes of the file are the job's
 * name: its SHA-256 stands in everything that is made for it.
 *
 *     {"millrun":1,"version":"0.1.0","command":"classify -T -m sentiment","arcat":null,
 *      "block":4194304,"stages":1,"tools":[{"tool":"classify",...}],"shards":2,
 *      "inputs":[{"path":"/a.log","size":6000000,"state":"...","sha256":""}]}
 *     {"input":0,"from":0,"to":4194290,"sha256":"..."}     bytes, cut behind a newline
 *     {"input":1,"from":0,"to":4,"sha256":""}              part 0 of 4 by arcat
 *
 * Owns: its strings.  Threads: constant once loaded.
 */
#ifndef JOB_MANIFEST_H
#define JOB_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"

struct manifest_input {
    const char *path; /* absolute */
    uint64_t size;
    const char *state;  /* device, inode and times: what changes when the file does */
    const char *sha256; /* of all of it, where arcat reads it; else "" */
};

struct manifest_shard {
    uint32_t input;
    uint64_t from, to; /* bytes [from, to); by arcat: part `from` of `to` */
    char sha256[SHA_HEX];
};

struct manifest {
    const char *version, *command;
    const char *arcat; /* its options, for all inputs; NULL: only where it must */
    uint64_t block;
    unsigned stages;  /* of the command's pipe */
    struct str tools; /* those of ours in it: JSON, see tally_tools() */
    struct manifest_input *input;
    size_t n_input;
    struct manifest_shard *shard;
    size_t n_shard;
    char id[SHA_HEX]; /* of the file's bytes */
    struct arena arena;
};

static inline int
manifest_by_arcat(const struct manifest *m, size_t shard)
{
    return m->input[m->shard[shard].input].sha256[0] != '\0';
}

/* All of m but id, as the file has it; and id. */
void manifest_write(struct manifest *m, struct buf *b);

/* 1, or 0: the text is none. */
int manifest_parse(struct manifest *m, struct str text);

/* ERR_INPUT: it cannot be read, or is none. */
int manifest_load(struct manifest *m, const char *path, struct err *e);
void manifest_release(struct manifest *m);

char *manifest_copy(struct manifest *m, const char *s); /* into its arena */

#endif
