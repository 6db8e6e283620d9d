/* abouthf.c - a folder as Hugging Face publishes models */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "format/config.h"
#include "format/sentence.h"
#include "infer/about.h"
#include "token/tokjson.h"

int abouthf_bid(const char *path);
int abouthf_open(struct about *in, const char *path, struct err *e);

#define TOKENIZER_MAX ((size_t)1 << 28)
#define README_MAX    ((size_t)16 << 20)

/* dir/name; 0: the path is too long, or no such file is there. */
static int
find(const char *dir, const char *name, char *path)
{
    return (size_t)snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX &&
           file_exists(path);
}

int
abouthf_bid(const char *path)
{
    char file[PATH_MAX];

    return find(path, "config.json", file) || find(path, "modules.json", file);
}

/* ---- config.json ---- */

static int
count(struct about *in, const struct config *c, const char *name, const char *as,
      struct err *e)
{
    int n = -1;

    if (config_opt_int(c, name, 0, INT_MAX, &n, e))
        return -1;
    if (n >= 0)
        about_count(in, as, (uint64_t)n);
    return 0;
}

static int
read_sizes(struct about *in, const struct config *c, struct err *e)
{
    return count(in, c, "vocab_size", "vocabulary", e) ||
                   count(in, c, "max_position_embeddings", "context", e) ||
                   count(in, c, "num_hidden_layers", "layers", e) ||
                   count(in, c, "hidden_size", "width", e) ||
                   count(in, c, "intermediate_size", "inner_width", e) ||
                   count(in, c, "num_attention_heads", "heads", e) ||
                   count(in, c, "num_key_value_heads", "kv_heads", e)
               ? -1
               : 0;
}

/* The sizes of a model for images and texts are those of its part for texts. */
static int
read_config(struct about *in, const struct config *c, struct err *e)
{
    char type[200] = "", name[400] = "";
    struct config *text;
    int rc;

    if (config_opt_str(c, "model_type", type, sizeof type, e) ||
        config_opt_str(c, "_name_or_path", name, sizeof name, e))
        return -1;
    about_say(in, "architecture", str_of(type));
    about_say(in, "name", str_of(name));
    text = config_object(c, "text_config", e);
    rc = text == NULL && e->code != ERR_NONE ? -1 : read_sizes(in, text ? text : c, e);
    config_close(text);
    return rc;
}

/* Its table of embeddings makes the logits, too? Encoders say so and have no logits. */
static int
is_tied(const struct config *c)
{
    int tied = 0, heads = -1;
    struct err e;

    (void)config_opt_bool(c, "tie_word_embeddings", &tied, &e);
    (void)config_opt_int(c, "num_key_value_heads", 0, INT_MAX, &heads, &e);
    return tied && heads >= 0;
}

/* JSON text without the white space between its parts; long texts as a string of their
 * begin. */
static void
put_compact(struct buf *b, struct json v)
{
    int quoted = 0;

    if (v.n > ABOUT_TEXT) {
        about_json(b, (struct str){ v.p, v.n });
        return;
    }
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"')
            quoted = !quoted;
        if (quoted && v.p[i] == '\\')
            buf_char(b, v.p[i++]);
        if (quoted || !strchr(" \t\r\n", v.p[i]))
            buf_char(b, v.p[i]);
    }
}

/* Every setting as it is written. */
static void
add_settings(struct about *in, const char *path)
{
    static const char *const types[] = { "none",   "null",   "bool",  "bool",
                                         "number", "string", "array", "object" };
    struct json v, key, val;
    struct json_iter it;
    struct buf b = { 0 }, name = { 0 }, value = { 0 };
    struct err e;

    if (file_read(path, README_MAX, &b, &e) == 0 &&
        json_scan(b.p, b.n, NULL, 0, &v, &e) == 0 && v.type == JSON_OBJECT)
        for (it = json_begin(v); json_next(&it, &key, &val);) {
            name.n = value.n = 0;
            if (json_unquote(key, &name, &e))
                continue;
            put_compact(&value, val);
            about_set(in, (struct str){ name.p, name.n }, types[val.type],
                      (struct str){ value.p, value.n });
        }
    buf_free(&value);
    buf_free(&name);
    buf_free(&b);
}

/* ---- the files beside it ---- */

/* model.type of tokenizer.json, and how many pieces it has. */
static int
read_tokenizer(struct about *in, const char *dir, struct err *e)
{
    struct buf b = { 0 }, type = { 0 };
    char path[PATH_MAX];
    struct tokjson f;
    int bad = 0;

    if (!find(dir, "tokenizer.json", path))
        return 0;
    if (file_read(path, TOKENIZER_MAX, &b, e) || tokjson_scan(&f, b.p, b.n, e) ||
        tokjson_str(&f.model, "type", "", &type, e)) {
        e->code = ERR_MODEL;
        bad = err_wrap(e, "%s", path);
    } else {
        about_say(in, "tokenizer", (struct str){ type.p, type.n });
    }
    buf_free(&type);
    buf_free(&b);
    return bad;
}

/* What modules.json makes of it; what we cannot run is said, and no error here. */
static int
read_sentence(struct about *in, const char *dir, struct sentence *s, struct err *e)
{
    char path[PATH_MAX];
    struct config *c;

    snprintf(s->dir, sizeof s->dir, "%s", dir);
    if (!find(dir, "modules.json", path))
        return 0;
    if ((c = config_open(dir, "modules.json", e)) == NULL)
        return -1;
    config_close(c);
    if (sentence_read(s, dir, e)) {
        if (s->dir[0] == '\0')
            snprintf(s->dir, sizeof s->dir, "%s", dir);
        about_say(in, "vectors", str_of(e->msg));
        return 0;
    }
    about_say(in, "vectors",
              str_of(s->pooling == SENTENCE_MEAN ? "mean of tokens" : "first token"));
    if (s->max_tokens > 0)
        about_count(in, "tokens_at_once", (uint64_t)s->max_tokens);
    return 0;
}

/* "license: NAME" between the two lines "---" at the begin of README.md. */
static void
read_licence(struct about *in, const char *dir)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    struct err e;
    char *save, *line;

    if (find(dir, "README.md", path) && file_read(path, README_MAX, &b, &e) == 0) {
        buf_char(&b, '\0');
        line = strtok_r(b.p, "\r\n", &save);
        if (line && strcmp(line, "---") == 0)
            while ((line = strtok_r(NULL, "\r\n", &save)) && strcmp(line, "---") != 0)
                if (strncmp(line, "license: ", 9) == 0)
                    about_say(in, "licence", str_of(line + 9));
    }
    buf_free(&b);
}

int
abouthf_open(struct about *in, const char *path, struct err *e)
{
    struct sentence s = { 0 };
    struct config *c;
    struct weights *w;
    char file[PATH_MAX];
    int bad;

    about_say(in, "format", STR("safetensors"));
    if (read_sentence(in, path, &s, e) ||
        (c = config_open(s.dir, "config.json", e)) == NULL)
        return -1;
    bad = read_config(in, c, e) || read_tokenizer(in, s.dir, e) ||
          (w = weights_open(s.dir, e)) == NULL;
    if (!bad) {
        read_licence(in, path);
        if (find(s.dir, "config.json", file))
            add_settings(in, file);
        about_take(in, w, is_tied(c) ? "model.embed_tokens.weight" : NULL);
    }
    config_close(c);
    return bad ? -1 : 0;
}
