/* guard.c - limits that a small hostile file cannot make us exceed */
#include "source/guard.h"

void
guard_reset(struct guard *g, const struct guard_opt *opt)
{
    *g = (struct guard){ .opt = *opt };
    if (g->opt.max_depth > GUARD_LAYERS)
        g->opt.max_depth = GUARD_LAYERS;
}

static int
hit(struct guard *g)
{
    g->hit = 1;
    return -1;
}

int
guard_out(struct guard *g, int layer, uint64_t n, struct err *e)
{
    uint64_t *out = &g->out[layer], in = g->in;

    /* A file that is read in more than one place (zip) is no larger for it. */
    if (g->size > 0 && in > g->size)
        in = g->size;
    *out = n > UINT64_MAX - *out ? UINT64_MAX : *out + n;
    if (g->opt.max_bytes && *out > g->opt.max_bytes)
        err_set(e, ERR_LIMIT, "more than %llu bytes come out of it (--max-bytes)",
                (unsigned long long)g->opt.max_bytes);
    else if (g->opt.max_ratio && *out >= GUARD_RATIO_FROM &&
             *out / g->opt.max_ratio > in)
        err_set(e, ERR_LIMIT,
                "%llu bytes in gave %llu out, more than %u for one: a bomb? "
                "(--max-ratio)",
                (unsigned long long)in, (unsigned long long)*out, g->opt.max_ratio);
    else
        return 0;
    return hit(g);
}

int
guard_member(struct guard *g, struct err *e)
{
    if (!g->opt.max_members || g->members++ < g->opt.max_members)
        return 0;
    err_set(e, ERR_LIMIT, "more than %llu members (--max-members)",
            (unsigned long long)g->opt.max_members);
    return hit(g);
}

int
guard_layer(const struct guard *g, int layer, struct err *e)
{
    if (layer >= g->opt.max_depth)
        return err_set(e, ERR_LIMIT,
                       "archives in archives, more than %d deep "
                       "(--max-depth)",
                       g->opt.max_depth);
    return 0;
}
