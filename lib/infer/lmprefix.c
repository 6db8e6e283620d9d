/* lmprefix.c - what most prompts of a run begin with, fed to the network once */
#include "infer/lmprefix.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "model/decodersize.h"
#include "model/prefiximage.h"

struct lmprefix {
    const struct decoder *m;
    int32_t *id; /* [n] */
    size_t n;
    struct prefiximage *image; /* NULL: it is not kept */
    pthread_mutex_t lock;      /* of the two below */
    enum lmprefix_from from;
    struct decoder_seq *seq; /* NULL: not yet */
};

static int
read_image(struct lmprefix *p, const char *file, size_t n_ctx, struct err *e)
{
    struct prefiximage_opt opt = { file, p->id, p->n, n_ctx };
    struct decoder_seq *seq;

    if ((p->image = prefiximage_open(p->m, &opt, e)) == NULL)
        return -1;
    seq = decoder_seq_new(p->m);
    if (prefiximage_read(p->image, seq)) {
        p->seq = seq;
        p->from = LMPREFIX_READ;
    } else {
        decoder_seq_free(seq);
    }
    return 0;
}

struct lmprefix *
lmprefix_open(const struct lm *m, const int32_t *id, size_t n, const char *file,
              struct err *e)
{
    struct lmprefix *p = mem_zero(1, sizeof *p);

    p->m = m->decoder;
    pthread_mutex_init(&p->lock, NULL);
    if (n == 0 || n >= m->n_ctx)
        return p;
    p->n = n;
    p->id = mem_alloc(mem_mul(n, sizeof *p->id));
    memcpy(p->id, id, n * sizeof *p->id);
    if (file == NULL || read_image(p, file, m->n_ctx, e) == 0)
        return p;
    lmprefix_close(p);
    return NULL;
}

void
lmprefix_close(struct lmprefix *p)
{
    if (p == NULL)
        return;
    decoder_seq_free(p->seq);
    prefiximage_close(p->image);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->id);
    mem_free(p);
}

const int32_t *
lmprefix_ids(const struct lmprefix *p, size_t *n)
{
    *n = p->n;
    return p->id;
}

enum lmprefix_from
lmprefix_from(const struct lmprefix *p)
{
    return p->from;
}

size_t
lmprefix_bytes(const struct lmprefix *p)
{
    return p->n > 0 && p->seq == NULL ? decodersize_seq(p->m, p->n, 0) : 0;
}

static struct decoder_seq *
compute(const struct lmprefix *p, struct decoder_work *work)
{
    struct decoder_seq *seq = decoder_seq_new(p->m);

    for (size_t at = 0; at < p->n;) {
        size_t n = p->n - at < LM_PASS_TOKENS ? p->n - at : LM_PASS_TOKENS;
        struct decoder_part part = { seq, p->id + at, n, n };

        decoder_run(p->m, &part, 1, NULL, work);
        at += n;
    }
    return seq;
}

const struct decoder_seq *
lmprefix_seq(struct lmprefix *p, struct decoder_work *work)
{
    const struct decoder_seq *seq;

    pthread_mutex_lock(&p->lock);
    if (p->seq == NULL) {
        p->seq = compute(p, work);
        p->from = p->image && prefiximage_write(p->image, p->seq) ? LMPREFIX_WRITTEN
                                                                  : LMPREFIX_COMPUTED;
    }
    seq = p->seq;
    pthread_mutex_unlock(&p->lock);
    return seq;
}
