/* embedopt.c - what the tools that make vectors of texts have in common */
#include "cli/embedopt.h"

#include "base/mem.h"

int
embedopt_find(struct embedopt *o, struct filter *f, struct embedder_opt *opt,
              struct err *e)
{
    if (modelopt_overlong(o->mo, 1, &opt->overlong, e) ||
        modelopt_find(o->mo, o->task, &o->found, e))
        return -1;
    opt->session = (struct session_opt){ .dir = o->found.dir,
                                         .precision = o->mo->precision,
                                         .pool = filter_pool(f),
                                         .cache = !o->mo->no_cache };
    return 0;
}

void
embedopt_use(struct embedopt *o, struct filter *f, const struct embedder *m)
{
    const struct session *s = embedder_session(m);
    struct filter_model model = { .name = o->found.name,
                                  .file = session_file(s),
                                  .precision = session_precision(s) };

    filter_model(f, &model);
    embedopt_work(o, f);
}

void
embedopt_work(struct embedopt *o, struct filter *f)
{
    o->n_work = filter_threads(f);
    o->work = mem_zero((size_t)o->n_work, sizeof *o->work);
}

void
embedopt_release(struct embedopt *o)
{
    for (int i = 0; i < o->n_work; i++)
        embedder_work_release(&o->work[i]);
    mem_free(o->work);
    o->work = NULL;
    o->n_work = 0;
}

int
embedopt_note(const struct embedder *m, const struct embedder_info *info,
              struct result *r)
{
    struct err why;

    if (info->code != ERR_NONE) {
        embedder_explain(m, info, &why);
        result_reject(r, why.code, "%s", why.msg);
        return 0;
    }
    result_tokens(r, info->tokens);
    if (info->how != OVERLONG_NONE)
        result_overlong(r, info->tokens, info->kept, overlong_name(info->how));
    return info->kept > 0;
}
