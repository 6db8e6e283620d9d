/* chatfile.c - what a model's files say about how it is spoken to */
#include "infer/chatfile.h"

#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "format/config.h"
#include "format/weights.h"

#define TEMPLATE_FILE ((size_t)16 << 20)
#define TOKEN_MAX     256 /* bytes of a special token */

void
chatfile_close(struct chatfile *f)
{
    buf_free(&f->text);
    *f = (struct chatfile){ .bos = -1, .eos = -1 };
}

/* A token that ends an answer; there is room for what files name. */
static void
add_end(struct chatfile *f, int32_t id)
{
    for (size_t i = 0; i < f->n_end; i++)
        if (f->end[i] == id)
            return;
    if (id >= 0 && f->n_end < CHATFILE_ENDS)
        f->end[f->n_end++] = id;
}

/* ---- GGUF ---- */

static int
meta_id(const struct meta *m, const char *key, const struct tokenizer *t, int32_t *id,
        struct err *e)
{
    uint64_t v = UINT64_MAX;

    if (meta_opt_u64(m, key, 0, UINT32_MAX, &v, e))
        return -1;
    *id = -1;
    if (v >= UINT32_MAX) /* none, or -1 */
        return 0;
    if (v >= tokenizer_size(t))
        return err_set(e, ERR_MODEL, "%s: no token has the id %llu", key,
                       (unsigned long long)v);
    *id = (int32_t)v;
    return 0;
}

int
chatfile_read_meta(struct chatfile *f, const struct meta *m, const struct tokenizer *t,
                   struct err *e)
{
    struct str text = { NULL, 0 };
    int32_t eot, eom;

    *f = (struct chatfile){ .bos = -1, .eos = -1 };
    if (meta_opt_str(m, "tokenizer.chat_template", &text, e) ||
        meta_id(m, "tokenizer.ggml.bos_token_id", t, &f->bos, e) ||
        meta_id(m, "tokenizer.ggml.eos_token_id", t, &f->eos, e) ||
        meta_id(m, "tokenizer.ggml.eot_token_id", t, &eot, e) ||
        meta_id(m, "tokenizer.ggml.eom_token_id", t, &eom, e)) {
        chatfile_close(f);
        return -1;
    }
    buf_str(&f->text, text);
    add_end(f, f->eos);
    add_end(f, eot);
    add_end(f, eom);
    return 0;
}

static int
open_gguf(struct chatfile *f, const char *path, const struct tokenizer *t,
          struct err *e)
{
    struct weights *w = weights_open(path, e);
    int bad = w == NULL;

    if (!bad && weights_meta(w) && chatfile_read_meta(f, weights_meta(w), t, e))
        bad = err_wrap(e, "%s", weights_path(w));
    weights_close(w);
    return bad ? -1 : 0;
}

/* ---- a Hugging Face folder ---- */

static int
is_file(const char *dir, const char *name, char *path, size_t cap)
{
    return snprintf(path, cap, "%s/%s", dir, name) < (int)cap && file_exists(path);
}

/* The settings of a file that need not be there: *c is NULL then. */
static int
open_config(const char *dir, const char *name, struct config **c, struct err *e)
{
    char path[PATH_MAX];

    *c = NULL;
    if (!is_file(dir, name, path, sizeof path))
        return 0;
    *c = config_open(dir, name, e);
    return *c ? 0 : -1;
}

/* A template, or a list of them with names. */
static int
read_template(struct chatfile *f, const struct config *c, struct err *e)
{
    struct json v, key, item;
    struct json_iter it;
    int found = config_json(c, "chat_template", &v, e);

    if (found < 1)
        return found;
    if (v.type == JSON_ARRAY) {
        it = json_begin(v);
        v = (struct json){ NULL, 0, JSON_NONE };
        while (json_next(&it, &key, &item)) {
            struct json name = json_get(item, "name");
            if (name.type == JSON_STRING && json_is(name, STR("default")))
                v = json_get(item, "template");
        }
    }
    if (v.type != JSON_STRING || json_unquote(v, &f->text, e))
        return config_bad(c, "chat_template", e, "must be a text");
    return 0;
}

static int
token_id(const struct config *c, const char *key, const struct tokenizer *t,
         int32_t *id, struct err *e)
{
    char text[TOKEN_MAX] = "";

    if (config_opt_token(c, key, text, sizeof text, e))
        return -1;
    if (text[0] == '\0')
        return 0;
    *id = tokenizer_find(t, str_of(text));
    return *id < 0 ? config_bad(c, key, e, "'%s' is no token", text) : 0;
}

static int
read_tokens(struct chatfile *f, const char *dir, const struct tokenizer *t,
            struct err *e)
{
    struct config *c;
    int bad = 0;

    if (open_config(dir, "tokenizer_config.json", &c, e))
        return -1;
    if (c)
        bad = (f->text.n == 0 && read_template(f, c, e)) ||
              token_id(c, "bos_token", t, &f->bos, e) ||
              token_id(c, "eos_token", t, &f->eos, e);
    config_close(c);
    return bad ? -1 : 0;
}

static int
take_end(struct chatfile *f, const struct config *c, struct json number,
         const struct tokenizer *t, struct err *e)
{
    int64_t id;

    if (!json_int(number, 0, (int64_t)tokenizer_size(t) - 1, &id))
        return config_bad(c, "eos_token_id", e, "must be the id of a token");
    add_end(f, (int32_t)id);
    return 0;
}

/* eos_token_id, a number or some. 1: it is there. */
static int
read_ends(struct chatfile *f, const char *dir, const char *name,
          const struct tokenizer *t, struct err *e)
{
    struct json v, key, item;
    struct json_iter it;
    struct config *c;
    int rc;

    if (open_config(dir, name, &c, e))
        return -1;
    rc = c ? config_json(c, "eos_token_id", &v, e) : 0;
    if (rc == 1 && v.type == JSON_ARRAY) {
        it = json_begin(v);
        while (rc == 1 && json_next(&it, &key, &item))
            rc = take_end(f, c, item, t, e) ? -1 : 1;
    } else if (rc == 1) {
        rc = take_end(f, c, v, t, e) ? -1 : 1;
    }
    config_close(c);
    return rc;
}

static int
open_folder(struct chatfile *f, const char *dir, const struct tokenizer *t,
            struct err *e)
{
    char path[PATH_MAX];
    int rc;

    if (is_file(dir, "chat_template.jinja", path, sizeof path) &&
        file_read(path, TEMPLATE_FILE, &f->text, e)) {
        e->code = ERR_MODEL;
        return -1;
    }
    if (read_tokens(f, dir, t, e))
        return -1;
    add_end(f, f->eos);
    rc = read_ends(f, dir, "generation_config.json", t, e);
    if (rc == 0)
        rc = read_ends(f, dir, "config.json", t, e);
    return rc < 0 ? -1 : 0;
}

int
chatfile_open(struct chatfile *f, const char *path, const struct tokenizer *t,
              struct err *e)
{
    char file[PATH_MAX];

    *f = (struct chatfile){ .bos = -1, .eos = -1 };
    if ((is_file(path, "tokenizer.json", file, sizeof file) ? open_folder : open_gguf)(
            f, path, t, e)) {
        chatfile_close(f);
        return -1;
    }
    return 0;
}
