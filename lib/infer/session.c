/* session.c - a model's folder, opened: tokenizer, network, and how to make vectors */
#include "infer/session.h"

#include <stdio.h>

#include "base/mem.h"

static int
open_tokenizer(struct session *s, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/tokenizer.json", s->how.dir) >=
        (int)sizeof path)
        return err_set(e, ERR_MODEL, "path of the model's folder is too long");
    s->tokenizer = tokenizer_open(path, e);
    if (s->tokenizer == NULL)
        e->code = ERR_MODEL;
    return s->tokenizer ? 0 : -1;
}

int
session_find_arith(const char *name, enum arith otherwise, struct err *e)
{
    char list[100] = "";
    size_t n = 0;
    int arith = name ? pack_arith_find(name) : (int)otherwise;

    for (int i = 0; i < ARITHS && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "",
                              pack_arith_name((enum arith)i));
    return arith < 0 ? err_set(e, ERR_USAGE, "--precision is one of %s, not '%.40s'",
                               list, name)
                     : arith;
}

static int
open_model(struct session *s, const struct session_opt *opt, struct err *e)
{
    struct model_opt model = { .pool = opt->pool, .cache = opt->cache };
    int arith = session_find_arith(opt->precision, SESSION_ARITH, e);

    if (arith < 0)
        return -1;
    model.arith = s->arith = (enum arith)arith;
    s->model = model_open(s->how.dir, &model, e);
    return s->model ? 0 : -1;
}

/* The tokenizer must not give an id that the network has no row for. */
static int
check_ids(const struct session *s, struct err *e)
{
    size_t n = tokenizer_size(s->tokenizer);

    if (n > (size_t)s->model->n_vocab)
        return err_set(e, ERR_MODEL, "%s: the tokenizer has %zu ids, the network %d",
                       s->how.dir, n, s->model->n_vocab);
    return 0;
}

static int
set_limit(struct session *s, struct err *e)
{
    size_t frame, n = (size_t)s->model->n_ctx;

    if (s->how.max_tokens > 0 && (size_t)s->how.max_tokens < n)
        n = (size_t)s->how.max_tokens;
    s->frame = tokenizer_get_frame(s->tokenizer);
    frame = s->frame.n_before + s->frame.n_after;
    if (frame == 0 || frame >= n)
        return err_set(e, ERR_MODEL,
                       "%s: special tokens around a text: %zu, must be at least 1 and "
                       "less than the %zu that the model takes",
                       s->how.dir, frame, n);
    s->max_tokens = n;
    return 0;
}

struct session *
session_open(const struct session_opt *opt, struct err *e)
{
    struct session *s = mem_zero(1, sizeof *s);

    if (sentence_read(&s->how, opt->dir, e) == 0 && open_tokenizer(s, e) == 0 &&
        open_model(s, opt, e) == 0 && check_ids(s, e) == 0 && set_limit(s, e) == 0)
        return s;
    session_close(s);
    return NULL;
}

void
session_close(struct session *s)
{
    if (s == NULL)
        return;
    tokenizer_close(s->tokenizer);
    model_close(s->model);
    mem_free(s);
}

const char *
session_file(const struct session *s)
{
    return weights_path(s->model->weights);
}

const char *
session_precision(const struct session *s)
{
    return pack_arith_name(s->arith);
}

void
session_sha(const struct session *s, char hex[SHA_HEX])
{
    weights_sha(s->model->weights, 1, hex);
}
