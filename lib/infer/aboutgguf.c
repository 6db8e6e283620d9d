/* aboutgguf.c - a GGUF file, its parts, or a folder with one */
#include <stdio.h>
#include <string.h>

#include "base/dirlist.h"
#include "infer/about.h"
#include "infer/aboutmeta.h"

int aboutgguf_bid(const char *path);
int aboutgguf_open(struct about *in, const char *path, struct err *e);

int
aboutgguf_bid(const char *path)
{
    return dirlist_has(path, ".gguf");
}

/* A text of the metadata, if it is one. */
static struct str
text_of(const struct meta *m, const char *key)
{
    struct str s = { NULL, 0 };
    struct err e;

    if (meta_opt_str(m, key, &s, &e))
        s.n = 0;
    return s;
}

/* ARCHITECTURE.NAME, if it is a number. */
static void
count(struct about *in, const struct meta *m, struct str arch, const char *name,
      const char *as)
{
    const struct meta_value *v;
    char key[200];
    uint64_t n;
    int neg;

    snprintf(key, sizeof key, "%.*s.%s", (int)(arch.n < 100 ? arch.n : 100), arch.p,
             name);
    v = meta_find(m, key);
    if (v && meta_get_int(v, &n, &neg) && !neg)
        about_count(in, as, n);
}

static void
say_shape(struct about *in, const struct meta *m, struct str arch)
{
    const struct meta_value *tokens = meta_find(m, "tokenizer.ggml.tokens");

    if (tokens && tokens->type == META_ARRAY)
        about_count(in, "vocabulary", tokens->n);
    count(in, m, arch, "context_length", "context");
    count(in, m, arch, "block_count", "layers");
    count(in, m, arch, "embedding_length", "width");
    count(in, m, arch, "feed_forward_length", "inner_width");
    count(in, m, arch, "attention.head_count", "heads");
    count(in, m, arch, "attention.head_count_kv", "kv_heads");
}

static void
say_tokenizer(struct about *in, const struct meta *m)
{
    struct str model = text_of(m, "tokenizer.ggml.model");
    struct str pre = text_of(m, "tokenizer.ggml.pre");
    struct buf b = { 0 };

    buf_str(&b, model);
    if (model.n > 0 && pre.n > 0)
        buf_printf(&b, ", %.*s", (int)(pre.n < 100 ? pre.n : 100), pre.p);
    about_say(in, "tokenizer", (struct str){ b.p, b.n });
    buf_free(&b);
}

/* Without a matrix of its own for the logits, the table of embeddings makes them;
 * encoders have none at all. */
static const char *
tied_table(const struct weights *w, struct str arch)
{
    if (weights_find(w, "output.weight") || weights_find(w, "token_types.weight") ||
        (arch.n >= 4 && memcmp(arch.p + arch.n - 4, "bert", 4) == 0))
        return NULL;
    return "token_embd.weight";
}

int
aboutgguf_open(struct about *in, const char *path, struct err *e)
{
    struct weights *w = weights_open(path, e);
    const struct meta *m;
    struct str arch;

    if (w == NULL)
        return -1;
    m = weights_meta(w);
    arch = text_of(m, "general.architecture");
    about_say(in, "format", STR("gguf"));
    about_say(in, "architecture", arch);
    about_say(in, "name", text_of(m, "general.name"));
    about_say(in, "licence", text_of(m, "general.license"));
    say_shape(in, m, arch);
    say_tokenizer(in, m);
    aboutmeta_add(in, m);
    about_take(in, w, tied_table(w, arch));
    return 0;
}
