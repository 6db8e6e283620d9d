/* test_chatfile.c - what files say about how a model is spoken to */
#include "infer/chatfile.h"

#include "base/mem.h"
#include "folder.h"
#include "ggufbuild.h"
#include "tap.h"

#define GOLDEN "tests/golden/chat/"

static struct tokenizer *
tokens(void)
{
    struct err e;
    struct tokenizer *t = tokenizer_open(GOLDEN "llama2", &e);

    if (t == NULL) {
        puts(e.msg);
        exit(1);
    }
    return t;
}

/* "template|bos|eos|end,end" or "!message", behind the folder's name */
static void
describe(int rc, const struct chatfile *f, const struct err *e, const char *dir,
         struct buf *b)
{
    const char *msg = e->msg;

    b->n = 0;
    if (rc) {
        msg += strncmp(msg, dir, strlen(dir)) == 0 ? strlen(dir) : 0;
        buf_printf(b, "!%s%s", e->code == ERR_MODEL ? "" : err_name(e->code), msg);
        return;
    }
    buf_printf(b, "%.*s|%d|%d|", (int)f->text.n, buf_span(&f->text).p, (int)f->bos,
               (int)f->eos);
    for (size_t i = 0; i < f->n_end; i++)
        buf_printf(b, i ? ",%d" : "%d", (int)f->end[i]);
}

struct text_file {
    const char *name, *text;
};

/* A folder with these files: "<s>" is 420, "</s>" 421. */
static void
check(const char *want, const struct text_file *file)
{
    struct tokenizer *t = tokens();
    struct folder dir;
    struct chatfile f;
    struct buf b = { 0 };
    struct err e = { 0 };
    int rc;

    folder_make(&dir);
    folder_write(&dir, "tokenizer.json", "{}", 2);
    for (; file->name; file++)
        folder_write(&dir, file->name, file->text, strlen(file->text));
    rc = chatfile_open(&f, dir.dir, t, &e);
    describe(rc, &f, &e, dir.dir, &b);
    if (!tap_ok(str_is(buf_span(&b), want) && (rc == 0 || f.text.p == NULL), "%s",
                want))
        printf("# %.*s\n", (int)b.n, b.p);
    buf_free(&b);
    chatfile_close(&f);
    tokenizer_close(t);
    folder_remove(&dir);
}

#define FILES(...) ((const struct text_file[]){ __VA_ARGS__, { NULL, NULL } })
#define CONF(text)                                                                     \
    {                                                                                  \
        "tokenizer_config.json", text                                                  \
    }
#define GENERATION(text)                                                               \
    {                                                                                  \
        "generation_config.json", text                                                 \
    }

static void
test_templates(void)
{
    check("|-1|-1|", FILES({ "x", "" }));
    check("T|-1|-1|", FILES(CONF("{\"chat_template\":\"T\"}")));
    check("|-1|-1|", FILES(CONF("{\"chat_template\":null}")));
    check("J|420|-1|", FILES(CONF("{\"chat_template\":\"T\",\"bos_token\":\"<s>\"}"),
                             { "chat_template.jinja", "J" }));
    check("D|-1|-1|",
          FILES(CONF("{\"chat_template\":[{\"name\":\"rag\",\"template\":"
                     "\"R\"},{\"name\":\"default\",\"template\":\"D\"}]}")));
    check("!/tokenizer_config.json: chat_template: must be a text",
          FILES(CONF("{\"chat_template\":[{\"name\":\"rag\",\"template\":\"R\"}]}")));
    check("!/tokenizer_config.json: chat_template: must be a text",
          FILES(CONF("{\"chat_template\":{}}")));
    check("!/tokenizer_config.json: chat_template: must be a text",
          FILES(CONF("{\"chat_template\":\"\\ud800\"}")));
    check("!/tokenizer_config.json: chat_template: is there twice",
          FILES(CONF("{\"chat_template\":\"T\",\"chat_template\":\"U\"}")));
}

static void
test_tokens(void)
{
    check("|420|421|421", FILES(CONF("{\"bos_token\":{\"content\":\"<s>\"},"
                                     "\"eos_token\":\"</s>\"}")));
    check("|-1|-1|", FILES(CONF("{\"bos_token\":null,\"eos_token\":null}")));
    check("!/tokenizer_config.json: eos_token: '<none>' is no token",
          FILES(CONF("{\"eos_token\":\"<none>\"}")));
    check("|-1|421|421,7,8", FILES(CONF("{\"eos_token\":\"</s>\"}"),
                                   GENERATION("{\"eos_token_id\":[7,421,8]}"),
                                   { "config.json", "{\"eos_token_id\":9}" }));
    check("|-1|-1|9", FILES({ "config.json", "{\"eos_token_id\":9}" }));
    check("|-1|-1|7", FILES(GENERATION("{\"eos_token_id\":7}")));
    check("|-1|-1|", FILES(GENERATION("{\"eos_token_id\":[]}")));
    check("|-1|-1|1,2,3,4,5,6,7,8",
          FILES(GENERATION("{\"eos_token_id\":[1,2,3,4,5,6,7,8,9,10,11]}")));
    check("!/generation_config.json: eos_token_id: must be the id of a token",
          FILES(GENERATION("{\"eos_token_id\":[7,422]}")));
    check("!/generation_config.json: eos_token_id: must be the id of a token",
          FILES(GENERATION("{\"eos_token_id\":-1}")));
    check("!/generation_config.json: eos_token_id: must be the id of a token",
          FILES(GENERATION("{\"eos_token_id\":{\"a\":1}}")));
}

/* The keys of a GGUF file; ids: UINT32_MAX is left out. */
static void
check_meta(const char *want, const char *template, uint32_t bos, uint32_t eos,
           uint32_t eot)
{
    struct tokenizer *t = tokens();
    struct ggufbuild g = { .n = 0 };
    struct chatfile f;
    struct buf b = { 0 };
    struct err e = { 0 };
    struct weights *w;
    int rc;

    if (template)
        ggufbuild_str(&g, "tokenizer.chat_template", template);
    if (bos < UINT32_MAX)
        ggufbuild_u32(&g, "tokenizer.ggml.bos_token_id", bos);
    if (eos < UINT32_MAX)
        ggufbuild_u32(&g, "tokenizer.ggml.eos_token_id", eos);
    if (eot < UINT32_MAX)
        ggufbuild_u32(&g, "tokenizer.ggml.eot_token_id", eot);
    w = ggufbuild_read(&g, &e);
    rc = chatfile_read_meta(&f, weights_meta(w), t, &e);
    weights_close(w);
    ggufbuild_free(&g);
    describe(rc, &f, &e, "", &b);
    if (!tap_ok(str_is(buf_span(&b), want), "%s", want))
        printf("# %.*s\n", (int)b.n, b.p);
    buf_free(&b);
    chatfile_close(&f);
    tokenizer_close(t);
}

int
main(void)
{
    const uint32_t none = UINT32_MAX;

    test_templates();
    test_tokens();
    check_meta("T|420|421|421,7", "T", 420, 421, 7);
    check_meta("|-1|421|421", NULL, none, 421, 421);
    check_meta("|-1|-1|7", NULL, none, none, 7);
    check_meta("!tokenizer.ggml.bos_token_id: no token has the id 422", "T", 422, 421,
               none);
    check_meta("!tokenizer.ggml.eos_token_id: no token has the id 4294967294", "T", 1,
               UINT32_MAX - 1, none);
    return tap_done();
}
