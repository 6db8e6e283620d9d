/* decodeturn.c - how the positions of a decoder turn: rope_theta, rope_scaling */
#include <string.h>

#include "model/decodernet.h"

#define MOST_TOKENS (1 << 24)

static int
read_stretch(struct rope_stretch *to, const struct config *c, struct err *e)
{
    if (config_double(c, "low_freq_factor", 1e-6, 1e6, &to->low, e) ||
        config_double(c, "high_freq_factor", 1e-6, 1e6, &to->high, e) ||
        config_double(c, "original_max_position_embeddings", 1, MOST_TOKENS,
                      &to->context, e))
        return -1;
    return to->high > to->low
               ? 0
               : config_bad(c, "high_freq_factor", e, "must be above low_freq_factor");
}

/* An object of rope_scaling or rope_parameters. stretch NULL: not in these layers. */
static int
read_object(const struct config *c, struct decoder_turn *to,
            struct rope_stretch *stretch, struct err *e)
{
    char kind[64] = "default";
    double part = 1.0;

    if (config_opt_str(c, "type", kind, sizeof kind, e) ||
        config_opt_str(c, "rope_type", kind, sizeof kind, e) ||
        config_opt_double(c, "rope_theta", 1, 1e12, &to->base, e) ||
        config_opt_double(c, "partial_rotary_factor", 1, 1, &part, e))
        return -1;
    if (strcmp(kind, "default") == 0)
        return 0;
    if (strcmp(kind, "linear") == 0)
        return config_double(c, "factor", 1e-3, 1e6, &to->factor, e);
    if (strcmp(kind, "llama3") == 0 && stretch)
        return config_double(c, "factor", 1e-3, 1e6, &to->factor, e) ||
                       read_stretch(stretch, c, e)
                   ? -1
                   : 0;
    return config_bad(c, "rope_type", e, "'%s' is not supported", kind);
}

/* Where layers with a window have settings of their own, and others theirs */
static int
read_both(struct decoder_shape *s, const struct config *c, struct err *e)
{
    struct config *all = config_object(c, "full_attention", e), *local = NULL;
    int rc = -1;

    if (all && (local = config_object(c, "sliding_attention", e)) != NULL)
        rc = read_object(all, &s->turn, &s->stretch, e) ||
                     read_object(local, &s->local, NULL, e)
                 ? -1
                 : 0;
    else if (e->code == ERR_NONE)
        config_bad(c, all ? "sliding_attention" : "full_attention", e, "missing");
    config_close(all);
    config_close(local);
    return rc;
}

/* rope_scaling, or rope_parameters of newer files, which has the base, too */
static int
read_config(struct decoder_shape *s, const struct config *c, struct err *e)
{
    struct config *rope;
    struct json layers;
    int rc;

    if (config_opt_double(c, "rope_theta", 1, 1e12, &s->turn.base, e))
        return -1;
    rope = config_object(c, "rope_scaling", e);
    if (rope == NULL && e->code == ERR_NONE)
        rope = config_object(c, "rope_parameters", e);
    if (rope == NULL)
        return e->code == ERR_NONE ? 0 : -1;
    if ((rc = config_json(rope, "full_attention", &layers, e)) >= 0)
        rc = rc && s->local.base > 0.0 ? read_both(s, rope, e)
                                       : read_object(rope, &s->turn, &s->stretch, e);
    config_close(rope);
    return rc;
}

/* As llama.cpp has it: no type is "linear", whose factor has an older name as well. */
static int
read_meta(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    struct str kind = STR("linear");
    int dim = s->dim;

    if (decodeset_opt_str(from, "rope.scaling.type", &kind, e) ||
        decodeset_opt_double(from, "rope.freq_base", NULL, 1, 1e12, &s->turn.base, e) ||
        decodeset_opt_double(from, "rope.freq_base_swa", NULL, 1, 1e12, &s->local.base,
                             e) ||
        decodeset_opt_int(from, "rope.dimension_count", NULL, 1, 1 << 24, &dim, e))
        return -1;
    if (dim != s->dim)
        return decodeset_bad(from, "rope.dimension_count", NULL, e,
                             "%d of %d numbers of a head are not supported", dim,
                             s->dim);
    if (str_eq(kind, STR("none")))
        return 0;
    if (!str_eq(kind, STR("linear")))
        return decodeset_bad(from, "rope.scaling.type", NULL, e,
                             "'%.*s' is not supported",
                             (int)(kind.n < 64 ? kind.n : 64), kind.p);
    return decodeset_opt_double(from, "rope.scale_linear", NULL, 1e-3, 1e6,
                                &s->turn.factor, e) ||
                   decodeset_opt_double(from, "rope.scaling.factor", NULL, 1e-3, 1e6,
                                        &s->turn.factor, e)
               ? -1
               : 0;
}

int
decodeturn_read(struct decoder_shape *s, const struct decoder_source *from,
                struct err *e)
{
    s->turn.factor = 1.0;
    if (s->turn.base == 0.0)
        s->turn.base = 10000.0;
    return from->meta ? read_meta(s, from, e) : read_config(s, from->config, e);
}
