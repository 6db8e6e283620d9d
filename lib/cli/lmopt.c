/* lmopt.c - what the tools that run a language model have in common */
#include "cli/lmopt.h"

const struct cli_opt lmopt_opts[] = {
    { 0, "ctx", "N", CLI_COUNT, offsetof(struct lmopt_conf, ctx),
      "tokens of prompt and answer at most [what the model takes]" },
    { 0, "kv", "TYPE", CLI_STR, offsetof(struct lmopt_conf, kv),
      "numbers that a text is remembered in: f16, i8, f32" },
    { 0, "special", NULL, CLI_FLAG, offsetof(struct lmopt_conf, special),
      "special tokens written in texts are such" },
    { 0 },
};

struct lm *
lmopt_open(struct lmopt *o, struct filter *f, struct err *e)
{
    struct lm_opt opt = { .path = o->found.dir,
                          .precision = o->mo->precision,
                          .kv = o->conf->kv,
                          .ctx = (size_t)o->conf->ctx,
                          .enough = o->enough,
                          .chat = { .raw = o->raw, .special = o->conf->special },
                          .pool = filter_pool(f),
                          .cache = !o->mo->no_cache };
    struct filter_model model = { .name = o->found.name };
    struct lm *m;

    if (modelopt_find(o->mo, o->task, &o->found, e) || (m = lm_open(&opt, e)) == NULL)
        return NULL;
    model.file = lm_file(m);
    model.precision = lm_precision(m);
    filter_model(f, &model);
    return m;
}
