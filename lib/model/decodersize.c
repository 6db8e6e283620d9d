/* decodersize.c - how much memory a decoder takes to run, before it does */
#include "model/decodersize.h"

#include "base/mem.h"
#include "model/decodernet.h"

size_t
decodersize_seq(const struct decoder *m, size_t n, size_t shared)
{
    size_t blocks = kv_blocks(n) - shared / KV_BLOCK;

    return mem_mul(blocks, kv_block_bytes(m->net->k, &m->net->kv));
}

/* An arena that grows has up to twice what is asked of it. */
size_t
decodersize_work(const struct decoder *m, size_t n_tok, size_t n_ctx)
{
    const struct decoder_shape *s = &m->net->shape;
    size_t d = (size_t)s->d, d_ff = (size_t)s->d_ff, dim = (size_t)s->dim;
    size_t q = (size_t)s->n_head * dim, kv = (size_t)s->n_kv * dim;
    size_t row = 4 * d + 2 * q + 2 * kv + 2 * dim + 3 * d_ff;
    size_t wide = d_ff > q ? d_ff : q;
    size_t floats = mem_mul(n_tok, row + (wide > d ? wide : d));

    return mem_add(mem_mul(2 * sizeof(float), floats),
                   mem_mul(2, kv_attend_bytes(&m->net->kv, n_ctx)));
}

size_t
decodersize_tables(const struct decoder *m)
{
    return mem_add(m->net->word->bytes, m->net->position ? m->net->position->bytes : 0);
}
