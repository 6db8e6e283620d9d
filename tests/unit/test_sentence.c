/*
 * test_sentence.c - sentence-transformers folders: what they ask for
 *
 * A case is one text: "== NAME" lines divide it into the files of a folder.
 * test_sentence DIR writes the cases as files instead: seeds of fuzz_config.
 */
#include <string.h>

#include "folder.h"
#include "format/sentence.h"
#include "tap.h"

#define M0                                                                             \
    "{\"idx\":0,\"path\":\"\",\"type\":\"sentence_transformers.models.Transformer\"}"
#define M1                                                                             \
    ",{\"idx\":1,\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models."      \
    "Pooling\"}"
#define M2                                                                             \
    ",{\"idx\":2,\"path\":\"2_N\",\"type\":\"sentence_transformers.models."            \
    "Normalize\"}"
#define MODULES "== modules.json\n[" M0 M1 M2 "]\n"
#define POOLING "== 1_Pooling/config.json\n"
#define POOLING_OLD                                                                    \
    POOLING "{\"word_embedding_dimension\":32,\"pooling_mode_mean_tokens\":"
#define LIMIT     "== sentence_bert_config.json\n"
#define TOKENIZER "== tokenizer_config.json\n"

static const struct {
    const char *name, *files;
    const char *refused; /* in the message; NULL: the rest is what is read */
    enum sentence_pooling pooling;
    int normalize, max_tokens, n_embd;
} cases[] = {
    { "plain", "", NULL, SENTENCE_MEAN, 1, 0, 0 },
    { "plain-limit", LIMIT "{\"max_seq_length\":128}", NULL, SENTENCE_MEAN, 1, 128, 0 },
    { "old", MODULES POOLING_OLD "true}\n" LIMIT "{\"max_seq_length\":256}", NULL,
      SENTENCE_MEAN, 1, 256, 32 },
    { "new",
      "== modules.json\n[{\"path\":\"\",\"type\":\"sentence_transformers.base.modules."
      "transformer.Transformer\"},{\"path\":\"1_Pooling\",\"type\":\"a.b.Pooling\"}]"
      "\n" POOLING "{\"embedding_dimension\":16,\"pooling_mode\":\"cls\",\"include_"
      "prompt\":true}\n" LIMIT
      "{\"transformer_task\":\"feature-extraction\"}\n" TOKENIZER
      "{\"model_max_length\":512}\n",
      NULL, SENTENCE_CLS, 0, 512, 16 },
    { "limits",
      MODULES POOLING_OLD "true}\n" LIMIT "{\"max_seq_length\":256}\n" TOKENIZER
                          "{\"model_max_length\":512}",
      NULL, SENTENCE_MEAN, 1, 256, 32 },
    { "tokenizer-1e30",
      TOKENIZER "{\"model_max_length\":1000000000000000019884624838656}", NULL,
      SENTENCE_MEAN, 1, 0, 0 },
    { "prompts",
      MODULES POOLING_OLD
      "true}\n== config_sentence_transformers.json\n"
      "{\"prompts\":{\"query\":\"q: \"},\"default_prompt_name\":null}",
      NULL, SENTENCE_MEAN, 1, 0, 32 },

    { "default-prompt",
      MODULES POOLING_OLD
      "true}\n== config_sentence_transformers.json\n"
      "{\"prompts\":{\"query\":\"q\"},\"default_prompt_name\":\"query\"}",
      "default_prompt_name: a prompt", 0, 0, 0, 0 },
    { "lower-case", LIMIT "{\"do_lower_case\":true}", "do_lower_case: true", 0, 0, 0,
      0 },
    { "no-pooling-file", MODULES, "1_Pooling/config.json", 0, 0, 0, 0 },
    { "no-mode", MODULES POOLING_OLD "false}", "0 modes are on", 0, 0, 0, 0 },
    { "two-modes", MODULES POOLING_OLD "true,\"pooling_mode_cls_token\":true}",
      "2 modes are on", 0, 0, 0, 0 },
    { "max-mode", MODULES POOLING_OLD "false,\"pooling_mode_max_tokens\":true}",
      "'max' is not supported", 0, 0, 0, 0 },
    { "other-mode", MODULES POOLING "{\"pooling_mode\":\"lasttoken\"}",
      "'lasttoken' is not supported", 0, 0, 0, 0 },
    { "mode-list", MODULES POOLING "{\"pooling_mode\":[\"mean\",\"max\"]}",
      "must be a string", 0, 0, 0, 0 },
    { "dense",
      "== modules.json\n[" M0 M1
      ",{\"path\":\"2_D\",\"type\":\"x.Dense\"}]\n" POOLING_OLD "true}",
      "'x.Dense' as step 2", 0, 0, 0, 0 },
    { "order", "== modules.json\n[{\"path\":\"\",\"type\":\"x.Pooling\"}]", "as step 0",
      0, 0, 0, 0 },
    { "one-module", "== modules.json\n[" M0 "]", "needs a Transformer and", 0, 0, 0,
      0 },
    { "no-module", "== modules.json\n[]", "needs a Transformer and", 0, 0, 0, 0 },
    { "object", "== modules.json\n{}", "needs a Transformer and", 0, 0, 0, 0 },
    { "numbers", "== modules.json\n[1,2]", "element 0 is no object", 0, 0, 0, 0 },
    { "many",
      "== modules.json\n[" M0 M1 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2 M2
      "]\n" POOLING_OLD "true}",
      "16 or more", 0, 0, 0, 0 },
    { "leads-out",
      "== modules.json\n[{\"path\":\"a/../../etc\",\"type\":\"x.Transformer\"}]",
      "leads out", 0, 0, 0, 0 },
    { "absolute", "== modules.json\n[{\"path\":\"/etc\",\"type\":\"x.Transformer\"}]",
      "leads out", 0, 0, 0, 0 },
    { "no-type", "== modules.json\n[{\"path\":\"\"}]", "type: missing", 0, 0, 0, 0 },
    { "limit-0", LIMIT "{\"max_seq_length\":0}", "from 3 to", 0, 0, 0, 0 },
    { "limit-text", LIMIT "{\"max_seq_length\":\"256\"}", "from 3 to", 0, 0, 0, 0 },
    { "limit-array", LIMIT "[[[[[[[[", "sentence_bert_config.json", 0, 0, 0, 0 },
};

/* Write a case's files into the folder. */
static void
unpack(struct folder *f, const char *files)
{
    const char *p = files;

    while (strncmp(p, "== ", 3) == 0) {
        char name[64];
        const char *end = strchr(p, '\n'), *next = strstr(end, "\n== ");
        size_t n = next ? (size_t)(next - end) : strlen(end) - 1;
        snprintf(name, sizeof name, "%.*s", (int)(end - p - 3), p + 3);
        folder_write(f, name, end + 1, n);
        p = next ? next + 1 : "";
    }
}

static void
test_case(int i)
{
    struct sentence s;
    struct folder f;
    struct err e = { 0 };
    int rc;

    folder_make(&f);
    unpack(&f, cases[i].files);
    rc = sentence_read(&s, f.dir, &e);
    if (cases[i].refused)
        tap_ok(rc == -1 && e.code == ERR_MODEL && strstr(e.msg, cases[i].refused),
               "%s: %s", cases[i].name, rc ? e.msg : "accepted");
    else
        tap_ok(rc == 0 && s.pooling == cases[i].pooling &&
                   s.normalize == cases[i].normalize &&
                   s.max_tokens == cases[i].max_tokens && s.n_embd == cases[i].n_embd,
               "%s: pooling %d, normalize %d, %d tokens, %d wide%s", cases[i].name,
               (int)s.pooling, s.normalize, s.max_tokens, s.n_embd, rc ? e.msg : "");
    folder_remove(&f);
}

static int
write_seeds(const char *dir)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096];
        struct err e;
        snprintf(path, sizeof path, "%s/%s", dir, cases[i].name);
        if (file_replace(path, cases[i].files, strlen(cases[i].files), &e))
            return fprintf(stderr, "%s\n", e.msg), 1;
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2)
        return write_seeds(argv[1]);
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++)
        test_case(i);
    return tap_done();
}
