/* slots.c - how many sequences of a language model there is memory for at once */
#include "infer/slots.h"

#include <pthread.h>

#include "base/mem.h"
#include "model/decodersize.h"

#define MB ((size_t)1 << 20)

/* A thread's stack, its share of the heap, the record that it works on */
#define WORKER (2 * MB)

struct slots {
    const struct decoder *m;
    size_t n;     /* of each worker */
    size_t all;   /* bytes for sequences; SIZE_MAX: no bound */
    size_t token; /* of each token beside the decoder's */

    pthread_mutex_t lock;
    pthread_cond_t given;
    size_t taken; /* bytes */
};

/* Of a sequence; never 0 */
static size_t
need(const struct slots *s, size_t n, size_t shared)
{
    return mem_add(decodersize_seq(s->m, n, shared), mem_add(mem_mul(n, s->token), 1));
}

/* As many slots as leave room for a block of tokens in each, and for the longest
 * sequence if there is room for that at all. */
static void
share_out(struct slots *s, const struct lm *m, const struct slots_opt *o,
          size_t workers, size_t left)
{
    size_t slot = mem_mul(workers, o->slot), longest = need(s, m->n_ctx, 0);
    size_t each = mem_add(slot, mem_mul(workers, need(s, 1, 0)));
    size_t n = left / each;

    if (slot > 0 && left - slot > longest && (left - longest) / slot < n)
        n = (left - longest) / slot;
    if (n < s->n)
        s->n = n > 0 ? n : 1;
    s->all = left - mem_mul(s->n, slot);
}

static int
divide(struct slots *s, const struct lm *m, const struct slots_opt *o, struct err *e)
{
    size_t used = mem_add(mem_add(mem_now(), o->all), decodersize_tables(m->decoder));
    size_t workers = o->workers ? o->workers : 1;
    size_t worker =
        mem_add(o->worker + WORKER, decodersize_work(m->decoder, o->pass, m->n_ctx));
    size_t fixed = mem_add(used, mem_mul(workers, worker));
    size_t least =
        mem_add(fixed, mem_add(mem_mul(workers, o->slot), need(s, KV_BLOCK, 0)));

    if (o->mem < least)
        return err_set(
            e, ERR_USAGE,
            "--mem leaves %zu MB to the model and its texts: it has %zu MB, "
            "and %zu threads with a short text take %zu; less with -j, --ctx "
            "or --kv=i8",
            o->mem / MB, used / MB, workers, (least - used + MB - 1) / MB);
    share_out(s, m, o, workers, o->mem - fixed);
    return 0;
}

struct slots *
slots_open(const struct lm *m, const struct slots_opt *o, struct err *e)
{
    struct slots *s = mem_zero(1, sizeof *s);

    *s = (struct slots){
        .m = m->decoder, .n = o->most, .all = SIZE_MAX, .token = o->token
    };
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->given, NULL);
    if (o->mem == 0 || divide(s, m, o, e) == 0)
        return s;
    slots_close(s);
    return NULL;
}

void
slots_close(struct slots *s)
{
    if (s == NULL)
        return;
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->given);
    mem_free(s);
}

size_t
slots_count(const struct slots *s)
{
    return s->n;
}

int
slots_bounded(const struct slots *s)
{
    return s->all < SIZE_MAX;
}

size_t
slots_tokens(const struct slots *s)
{
    return slots_bounded(s) ? s->all / need(s, KV_BLOCK, 0) * KV_BLOCK : SIZE_MAX;
}

static int
fits(const struct slots *s, size_t bytes)
{
    return s->taken == 0 || (s->taken <= s->all && bytes <= s->all - s->taken);
}

size_t
slots_take(struct slots *s, size_t n, size_t shared, int wait)
{
    size_t bytes = need(s, n, shared);

    if (!slots_bounded(s))
        return 1;
    pthread_mutex_lock(&s->lock);
    while (wait && !fits(s, bytes))
        pthread_cond_wait(&s->given, &s->lock);
    bytes = fits(s, bytes) ? bytes : 0;
    s->taken = mem_add(s->taken, bytes);
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

void
slots_give(struct slots *s, size_t taken)
{
    if (taken == 0 || !slots_bounded(s))
        return;
    pthread_mutex_lock(&s->lock);
    s->taken -= taken;
    pthread_cond_broadcast(&s->given);
    pthread_mutex_unlock(&s->lock);
}
