/* lm.c - a language model, opened: network, tokenizer, and how it is spoken to */
#include "infer/lm.h"

#include "base/dirlist.h"
#include "base/mem.h"
#include "format/config.h"
#include "infer/session.h"

static int
open_decoder(struct lm *m, const struct lm_opt *opt, struct err *e)
{
    struct decoder_opt d = { .pool = opt->pool, .cache = opt->cache };
    int arith = session_find_arith(opt->precision, LM_ARITH, e);
    int kv = opt->kv ? kv_find(opt->kv) : KV_F16;

    if (arith < 0)
        return -1;
    if (kv < 0)
        return err_set(e, ERR_USAGE, "--kv is f16, i8 or f32, not '%.40s'", opt->kv);
    d.arith = m->arith = (enum arith)arith;
    d.kv = m->kv = (enum kv_type)kv;
    m->decoder = decoder_open(opt->path, &d, e);
    return m->decoder ? 0 : -1;
}

/* The tokenizer must not give an id that the network has no row for. */
static int
check_ids(const struct lm *m, const char *path, struct err *e)
{
    size_t n = tokenizer_size(m->tokenizer);

    if (n > (size_t)m->decoder->n_vocab)
        return err_set(e, ERR_MODEL, "%s: the tokenizer has %zu ids, the network %d",
                       path, n, m->decoder->n_vocab);
    return 0;
}

static int
set_ctx(struct lm *m, const struct lm_opt *opt, struct err *e)
{
    size_t ctx = opt->ctx;

    m->n_ctx = (size_t)m->decoder->n_ctx;
    if (ctx > m->n_ctx)
        return err_set(e, ERR_USAGE, "--ctx: the model takes %zu tokens", m->n_ctx);
    if (ctx > 0)
        m->n_ctx = ctx;
    else if (opt->enough > 0 && opt->enough < m->n_ctx)
        m->n_ctx = opt->enough;
    return 0;
}

struct lm *
lm_open(const struct lm_opt *opt, struct err *e)
{
    struct lm *m = mem_zero(1, sizeof *m);

    if (open_decoder(m, opt, e) == 0 &&
        (m->tokenizer = tokenizer_open(opt->path, e)) != NULL &&
        check_ids(m, opt->path, e) == 0 && set_ctx(m, opt, e) == 0 &&
        (m->chat = chat_open(opt->path, m->tokenizer, &opt->chat, e)) != NULL)
        return m;
    lm_close(m);
    return NULL;
}

int
lm_bid(const char *path)
{
    char type[64] = "", arch[128] = "";
    struct config *c;
    struct err e;

    if (dirlist_has(path, ".gguf"))
        return 1;
    if (!dirlist_is(path) || (c = config_open(path, "config.json", &e)) == NULL)
        return 0;
    if (config_opt_str(c, "model_type", type, sizeof type, &e))
        type[0] = '\0';
    if (config_first(c, "architectures", arch, sizeof arch, &e))
        arch[0] = '\0';
    config_close(c);
    return decoder_knows(str_of(type)) || str_ends(str_of(arch), "ForCausalLM") ||
           str_ends(str_of(arch), "LMHeadModel");
}

void
lm_close(struct lm *m)
{
    if (m == NULL)
        return;
    chat_close(m->chat);
    tokenizer_close(m->tokenizer);
    decoder_close(m->decoder);
    mem_free(m);
}

const char *
lm_file(const struct lm *m)
{
    return weights_path(m->decoder->weights);
}

const char *
lm_precision(const struct lm *m)
{
    return pack_arith_name(m->arith);
}
