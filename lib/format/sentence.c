/* sentence.c - what a sentence-transformers folder says about making vectors */
#include "format/sentence.h"

#include <stdio.h>

#include "base/file.h"
#include "format/config.h"

#define TOKENS_MAX  (1 << 20)
#define MODULES_MAX 16

/* dir/name exists. */
static int
has(const char *dir, const char *name)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path &&
           file_exists(path);
}

/* The modes as they were written before version 5, with their names of today. */
static const struct {
    const char *key, *name;
} old_modes[] = {
    { "pooling_mode_mean_tokens", "mean" },
    { "pooling_mode_cls_token", "cls" },
    { "pooling_mode_max_tokens", "max" },
    { "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens" },
    { "pooling_mode_weightedmean_tokens", "weightedmean" },
    { "pooling_mode_lasttoken", "lasttoken" },
};

/* The one mode that is on, as its new name. */
static int
old_mode(const struct config *c, char *mode, size_t cap, struct err *e)
{
    int count = 0;

    for (size_t i = 0; i < sizeof old_modes / sizeof *old_modes; i++) {
        int on = 0;
        if (config_opt_bool(c, old_modes[i].key, &on, e))
            return -1;
        count += on;
        if (on)
            snprintf(mode, cap, "%s", old_modes[i].name);
    }
    if (count != 1)
        return config_bad(c, "pooling_mode", e, "%d modes are on, supported is one",
                          count);
    return 0;
}

static int
set_mode(struct sentence *s, const struct config *c, struct err *e)
{
    char mode[64] = "";

    if (config_opt_str(c, "pooling_mode", mode, sizeof mode, e) ||
        (mode[0] == '\0' && old_mode(c, mode, sizeof mode, e)))
        return -1;
    if (strcmp(mode, "mean") == 0)
        s->pooling = SENTENCE_MEAN;
    else if (strcmp(mode, "cls") == 0)
        s->pooling = SENTENCE_CLS;
    else
        return config_bad(c, "pooling_mode", e,
                          "'%s' is not supported, only mean and cls", mode);
    return 0;
}

static int
read_pooling(struct sentence *s, const char *dir, struct err *e)
{
    struct config *c = config_open(dir, "config.json", e);
    int rc;

    if (c == NULL)
        return -1;
    rc = set_mode(s, c, e);
    if (rc == 0)
        rc = config_opt_int(c, "word_embedding_dimension", 1, 1 << 20, &s->n_embd, e);
    if (rc == 0)
        rc = config_opt_int(c, "embedding_dimension", 1, 1 << 20, &s->n_embd, e);
    config_close(c);
    return rc;
}

/* The tokenizer's own limit; files without one say 1e30 or so. */
static int
read_tokenizer(struct sentence *s, const struct config *c, struct err *e)
{
    double limit = 0;

    if (config_opt_double(c, "model_max_length", 3, 1e300, &limit, e))
        return -1;
    if (s->max_tokens == 0 && limit <= TOKENS_MAX)
        s->max_tokens = (int)limit;
    return 0;
}

static int
read_limit(struct sentence *s, const struct config *c, struct err *e)
{
    int lower = 0;

    if (config_opt_bool(c, "do_lower_case", &lower, e))
        return -1;
    if (lower)
        return config_bad(c, "do_lower_case", e, "true is not supported");
    return config_opt_int(c, "max_seq_length", 3, TOKENS_MAX, &s->max_tokens, e);
}

static int
read_prompt(struct sentence *s, const struct config *c, struct err *e)
{
    char name[64] = "";

    (void)s;
    if (config_opt_str(c, "default_prompt_name", name, sizeof name, e))
        return -1;
    return name[0] ? config_bad(c, "default_prompt_name", e,
                                "a prompt before every text is not supported")
                   : 0;
}

/* Read dir/name where it exists. */
static int
read_optional(struct sentence *s, const char *dir, const char *name,
              int (*read)(struct sentence *, const struct config *, struct err *),
              struct err *e)
{
    struct config *c;
    int rc;

    if (!has(dir, name))
        return 0;
    if ((c = config_open(dir, name, e)) == NULL)
        return -1;
    rc = read(s, c, e);
    config_close(c);
    return rc;
}

static int
read_transformer(struct sentence *s, const char *dir, struct err *e)
{
    snprintf(s->dir, sizeof s->dir, "%s", dir);
    if (read_optional(s, dir, "sentence_bert_config.json", read_limit, e))
        return -1;
    return read_optional(s, dir, "tokenizer_config.json", read_tokenizer, e);
}

/* A module's folder must lie in the model's: names divided by '/', no '..'. */
static int
is_inside(const char *path)
{
    if (path[0] == '/')
        return 0;
    for (const char *p = path; (p = strstr(p, "..")); p += 2)
        if ((p == path || p[-1] == '/') && (p[2] == '\0' || p[2] == '/'))
            return 0;
    return 1;
}

/* One step: `order` is how many came before it. The type is a Python class; its last
 * part is the same in all versions. */
static int
read_module(struct sentence *s, const struct config *m, int order, struct err *e)
{
    char type[256], path[256] = "", dir[PATH_MAX];
    const char *dot;

    if (config_str(m, "type", type, sizeof type, e) ||
        config_opt_str(m, "path", path, sizeof path, e))
        return -1;
    if (!is_inside(path))
        return config_bad(m, "path", e, "'%s' leads out of the folder", path);
    if (snprintf(dir, sizeof dir, "%s%s%s", s->root, path[0] ? "/" : "", path) >=
        (int)sizeof dir)
        return config_bad(m, "path", e, "too long");
    dot = strrchr(type, '.') ? strrchr(type, '.') + 1 : type;
    if (strcmp(dot, "Transformer") == 0 && order == 0)
        return read_transformer(s, dir, e);
    if (strcmp(dot, "Pooling") == 0 && order == 1)
        return read_pooling(s, dir, e);
    if (strcmp(dot, "Normalize") == 0 && order >= 2) {
        s->normalize = 1;
        return 0;
    }
    return config_bad(m, "type", e, "'%.100s' as step %d is not supported", type,
                      order);
}

static int
read_modules(struct sentence *s, const struct config *c, struct err *e)
{
    struct config *m;
    int n = 0;

    while (n < MODULES_MAX && (m = config_item(c, (size_t)n, e)) != NULL) {
        int rc = read_module(s, m, n, e);
        config_close(m);
        if (rc)
            return -1;
        n++;
    }
    if (n == MODULES_MAX)
        return config_bad(c, "modules", e, "%d or more", n);
    if (e->code != ERR_NONE)
        return -1;
    if (n < 2)
        return config_bad(c, "modules", e, "needs a Transformer and a Pooling");
    return 0;
}

int
sentence_read(struct sentence *s, const char *dir, struct err *e)
{
    *s = (struct sentence){ .pooling = SENTENCE_MEAN, .normalize = 1 };
    if (snprintf(s->root, sizeof s->root, "%s", dir) >= (int)sizeof s->root)
        return err_set(e, ERR_MODEL, "path of the model's folder is too long");
    if (!has(dir, "modules.json"))
        return read_transformer(s, dir, e);
    s->normalize = 0;
    if (read_optional(s, dir, "config_sentence_transformers.json", read_prompt, e))
        return -1;
    return read_optional(s, dir, "modules.json", read_modules, e);
}
