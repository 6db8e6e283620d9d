/* prefiximage.c - what a decoder remembers of a text's beginning, kept in a file */
#include "model/prefiximage.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/decodernet.h"

#define FORMAT 1

struct prefiximage {
    struct packfile *file;
    const struct decoder_net *net;
    size_t n;     /* tokens */
    size_t found; /* blocks that the file has */
};

/* ---- the key ---- */

/* The layout of a block beside its type: levels of the same width share a file. */
static void
name_layout(const struct decoder_net *net, char *to, size_t cap)
{
    snprintf(to, cap, "%s-%zu", kv_name(net->kv.type), net->k->gemm_nr);
}

static void
hash_key(const struct decoder *m, const struct prefiximage_opt *opt,
         const char *weights, const char *layout, char hex[SHA_HEX])
{
    struct buf b = { 0 };
    struct sha *s = sha_new();

    buf_printf(&b, "prefix %d %d\n%s\n%s %d\n%s\n%zu %zu\n", FORMAT, DECODER_VERSION,
               weights, pack_arith_name(m->net->arith),
               pack_arith_version(m->net->arith), layout, opt->n_ctx, opt->n);
    sha_add(s, b.p, b.n);
    sha_add(s, opt->id, opt->n * sizeof *opt->id);
    if (m->config)
        sha_add(s, config_text(m->config).p, config_text(m->config).n);
    sha_end(s, hex);
    buf_free(&b);
}

static struct packfile *
open_file(const struct decoder *m, const struct prefiximage_opt *opt)
{
    char weights[SHA_HEX], hex[SHA_HEX], layout[16];
    struct packfile_key key = { .sha = hex,
                                .arith = pack_arith_name(m->net->arith),
                                .version = FORMAT,
                                .level = layout };

    weights_sha(m->weights, 1, weights);
    name_layout(m->net, layout, sizeof layout);
    hash_key(m, opt, weights, layout, hex);
    return packfile_open_at(opt->path, &key, NULL);
}

/* ---- blocks ---- */

static struct packfile_shape
shape_of(const struct prefiximage *p, size_t block)
{
    size_t left = p->n - block * KV_BLOCK;

    return (struct packfile_shape){ .n_out = left < KV_BLOCK ? left : KV_BLOCK,
                                    .n_in = block,
                                    .bytes = kv_block_bytes(p->net->k, &p->net->kv) };
}

struct prefiximage *
prefiximage_open(const struct decoder *m, const struct prefiximage_opt *opt,
                 struct err *e)
{
    struct prefiximage *p;

    if (!packfile_may_replace(opt->path)) {
        err_set(e, ERR_USAGE, "'%s' is there and keeps no beginning of a prompt",
                opt->path);
        return NULL;
    }
    p = mem_zero(1, sizeof *p);
    p->net = m->net;
    p->n = opt->n;
    p->file = open_file(m, opt);
    return p;
}

void
prefiximage_close(struct prefiximage *p)
{
    if (p)
        packfile_close(p->file);
    mem_free(p);
}

int
prefiximage_read(struct prefiximage *p, struct decoder_seq *s)
{
    size_t n = kv_blocks(p->n);
    void **block = mem_alloc(mem_mul(n, sizeof *block));

    for (p->found = 0; p->found < n; p->found++) {
        struct packfile_shape shape = shape_of(p, p->found);
        const void *found = packfile_next(p->file, &shape);

        if (found == NULL)
            break;
        block[p->found] = (void *)(uintptr_t)found; /* blocks that are full are read */
    }
    if (p->found == n)
        decoder_seq_begin(s, block, p->n);
    mem_free(block);
    return p->found == n;
}

int
prefiximage_write(struct prefiximage *p, const struct decoder_seq *s)
{
    void *const *block = decoder_seq_blocks(s);

    for (size_t i = p->found; i < kv_blocks(p->n); i++) {
        struct packfile_shape shape = shape_of(p, i);

        packfile_add(p->file, &shape, block[i]);
    }
    return packfile_end(p->file);
}
