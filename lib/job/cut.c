/* cut.c - inputs into shards */
#define _GNU_SOURCE
#include "job/cut.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "source/kind.h"

static char *
state_of(struct manifest *m, const struct file *f)
{
    char s[160];

    snprintf(s, sizeof s, "%llx-%llx-%lld.%09lld-%lld.%09lld", f->id.device,
             f->id.inode, f->id.written_s, f->id.written_ns, f->id.changed_s,
             f->id.changed_ns);
    return manifest_copy(m, s);
}

/* Shards grow in an array that doubles; the arena keeps the old ones till the end. */
static struct manifest_shard *
add_shard(struct manifest *m)
{
    if ((m->n_shard & (m->n_shard - 1)) == 0) {
        size_t cap = m->n_shard ? 2 * m->n_shard : 1;
        struct manifest_shard *bigger =
            arena_alloc(&m->arena, mem_mul(cap, sizeof *bigger));
        if (m->n_shard)
            memcpy(bigger, m->shard, m->n_shard * sizeof *bigger);
        m->shard = bigger;
    }
    m->shard[m->n_shard] = (struct manifest_shard){ 0 };
    return &m->shard[m->n_shard++];
}

static int
needs_arcat(const struct file *f)
{
    struct str first = { (const char *)f->p, f->n < KIND_LOOK ? f->n : KIND_LOOK };

    return f->n > 0 && kind_magic(first) != KIND_NONE;
}

static void
cut_archive(struct manifest *m, uint32_t input, const struct file *f)
{
    char hex[SHA_HEX];
    uint64_t n = f->n / CUT_ARCHIVE_BLOCKS / m->block + 1;

    sha_hex(f->p, f->n, hex);
    m->input[input].sha256 = manifest_copy(m, hex);
    n = n < CUT_ARCHIVE_SHARDS ? n : CUT_ARCHIVE_SHARDS;
    for (uint64_t i = 0; i < n; i++) {
        struct manifest_shard *s = add_shard(m);
        s->input = input;
        s->from = i;
        s->to = n;
    }
}

/* Where the shard that begins at `from` ends: behind a newline, or with the file. */
static size_t
end_of(const struct file *f, size_t from, uint64_t block)
{
    const unsigned char *nl;
    size_t left = f->n - from;

    if (left <= block)
        return f->n;
    nl = memchr(f->p + from + block - 1, '\n', left - block + 1);
    return nl ? (size_t)(nl - f->p) + 1 : f->n;
}

static void
cut_lines(struct manifest *m, uint32_t input, const struct file *f)
{
    m->input[input].sha256 = "";
    for (size_t at = 0, end; at < f->n; at = end) {
        struct manifest_shard *s = add_shard(m);
        end = end_of(f, at, m->block);
        s->input = input;
        s->from = at;
        s->to = end;
        sha_hex(f->p + at, end - at, s->sha256);
        mem_let_go(f->p + at, end - at);
    }
}

/* The next input of m. */
static int
add_input(struct manifest *m, const char *path, struct err *e)
{
    uint32_t input = (uint32_t)m->n_input++;
    struct manifest_input *in = &m->input[input];
    char *real = realpath(path, NULL);
    struct file f;

    if (real == NULL)
        return err_set(e, ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
    *in = (struct manifest_input){ .path = manifest_copy(m, real) };
    free(real);
    if (file_map(&f, in->path, e))
        return -1;
    in->size = f.n;
    in->state = state_of(m, &f);
    if (m->arcat || needs_arcat(&f))
        cut_archive(m, input, &f);
    else
        cut_lines(m, input, &f);
    file_unmap(&f);
    return 0;
}

int
cut_inputs(struct manifest *m, const char *const *paths, size_t n, struct err *e)
{
    m->input = arena_alloc(&m->arena, mem_mul(n ? n : 1, sizeof *m->input));
    for (size_t i = 0; i < n; i++)
        if (add_input(m, paths[i], e))
            return -1;
    return 0;
}

static int
same_bytes(const struct manifest *m, uint32_t input, const struct file *f)
{
    char hex[SHA_HEX];

    if (m->input[input].sha256[0]) {
        sha_hex(f->p, f->n, hex);
        return strcmp(hex, m->input[input].sha256) == 0;
    }
    for (size_t i = 0; i < m->n_shard; i++) {
        const struct manifest_shard *s = &m->shard[i];
        if (s->input != input)
            continue;
        sha_hex(f->p + s->from, s->to - s->from, hex);
        if (strcmp(hex, s->sha256) != 0)
            return 0;
        mem_let_go(f->p + s->from, s->to - s->from);
    }
    return 1;
}

static int
check_one(const struct manifest *m, uint32_t input, struct err *e)
{
    const struct manifest_input *in = &m->input[input];
    struct manifest scratch = { 0 };
    struct file f;
    int same;

    if (file_map(&f, in->path, e))
        return -1;
    same = f.n == in->size &&
           (strcmp(state_of(&scratch, &f), in->state) == 0 || same_bytes(m, input, &f));
    arena_release(&scratch.arena);
    file_unmap(&f);
    return same ? 0
                : err_set(e, ERR_INPUT,
                          "'%s' is not what it was when this job began: use another "
                          "--dir for a new job",
                          in->path);
}

int
cut_check(const struct manifest *m, const char *const *paths, size_t n, struct err *e)
{
    if (n != m->n_input)
        return err_set(e, ERR_INPUT,
                       "this job has %zu inputs, not %zu: use another --dir",
                       m->n_input, n);
    for (uint32_t i = 0; i < n; i++) {
        char *real = realpath(paths[i], NULL);
        int same = real && strcmp(real, m->input[i].path) == 0;
        free(real);
        if (!same)
            return err_set(e, ERR_INPUT,
                           "input %u of this job is '%s', not '%s': use another --dir",
                           i + 1, m->input[i].path, paths[i]);
        if (check_one(m, i, e))
            return -1;
    }
    return 0;
}
