/* slots.c - how many sequences of a language model fit into so much memory at once */
#include "infer/slots.h"

#include "base/mem.h"
#include "model/decodersize.h"

#define MB ((size_t)1 << 20)

/* A thread's stack, its share of the heap, the record that it works on */
#define WORKER (2 * MB)

int
slots_fit(const struct lm *m, const struct slots_opt *o, size_t *n, struct err *e)
{
    size_t used = mem_add(mem_add(mem_now(), o->all), decodersize_tables(m->decoder));
    size_t workers = o->workers ? o->workers : 1;
    size_t slot = mem_add(o->slot, decodersize_seq(m->decoder, m->n_ctx, o->shared));
    size_t worker =
        mem_add(o->worker + WORKER, decodersize_work(m->decoder, o->pass, m->n_ctx));
    size_t least = mem_add(used, mem_mul(workers, mem_add(worker, slot))), fit;

    *n = o->most;
    if (o->mem == 0)
        return 0;
    if (o->mem < least)
        return err_set(e, ERR_USAGE,
                       "--mem leaves %zu MB to the model and its texts: it has %zu MB, "
                       "and %zu of %zu tokens at once, one on each thread, take %zu; "
                       "less with -j, --ctx or --kv=i8",
                       o->mem / MB, used / MB, workers, m->n_ctx,
                       (least - used + MB - 1) / MB);
    fit = ((o->mem - used) / workers - worker) / (slot ? slot : 1);
    if (fit < *n)
        *n = fit;
    return 0;
}
