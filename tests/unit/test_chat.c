/* test_chat.c - conversations as transformers encodes them, and what is not a template
 */
#include "infer/chat.h"

#include "base/arena.h"
#include "folder.h"
#include "format/config.h"
#include "jfloats.h"
#include "tap.h"

#define GOLDEN "tests/golden/chat/"

/* ---- against transformers ---- */

struct talk {
    struct str system;
    int has_system;
    struct chat_turn turn[8];
    size_t n_turn;
    struct str user;
    struct arena mem;
};

static struct str
read_str(struct talk *k, struct json v)
{
    struct buf b = { 0 };
    struct str copy;
    struct err e;

    if (v.type != JSON_STRING || json_unquote(v, &b, &e))
        jfloats_die("no text");
    copy = (struct str){ arena_alloc(&k->mem, b.n + 1), b.n };
    memcpy((char *)copy.p, buf_span(&b).p, b.n);
    buf_free(&b);
    return copy;
}

static void
read_talk(const struct jfloats *j, struct talk *k)
{
    struct json system = json_get(j->line, "system"), key, turn;
    struct json_iter it = json_begin(jfloats_member(j, "turns"));

    arena_reset(&k->mem);
    k->has_system = system.type == JSON_STRING;
    if (k->has_system)
        k->system = read_str(k, system);
    for (k->n_turn = 0; json_next(&it, &key, &turn) && k->n_turn < 8; k->n_turn++)
        k->turn[k->n_turn] = (struct chat_turn){ read_str(k, json_at(turn, 0)),
                                                 read_str(k, json_at(turn, 1)) };
    k->user = read_str(k, jfloats_member(j, "user"));
}

static struct chat_text
as_text(const struct talk *k)
{
    return (struct chat_text){ .system = k->has_system ? &k->system : NULL,
                               .turn = k->turn,
                               .n_turn = k->n_turn,
                               .user = k->user };
}

/* All lines of a file. */
static void
compare(const struct chat *c, const char *name)
{
    char path[256];
    struct jfloats j;
    struct talk k = { .n_turn = 0 };
    struct chat_work w = { .max = 0 };
    struct err e = { 0 };
    int lines = 0, same = 0;

    snprintf(path, sizeof path, GOLDEN "%s.jsonl", name);
    if (jfloats_open(&j, path))
        jfloats_die(path);
    while (jfloats_next(&j)) {
        size_t n;
        int32_t *id = jfloats_ids(&j, "ids", &n);
        struct chat_text text;
        int good;
        read_talk(&j, &k);
        text = as_text(&k);
        good = chat_encode(c, &text, &w, &e) == 0 && w.n == n &&
               memcmp(w.id, id, n * sizeof *id) == 0;
        if (!good && same == lines)
            printf("# %s: the first that differs: %.*s %s\n", name, (int)j.line.n,
                   j.line.p, e.msg);
        lines++;
        same += good;
        free(id);
    }
    tap_ok(lines > 30 && same == lines, "%s (%s): %d of %d as transformers", name,
           chat_name(c), same, lines);
    jfloats_close(&j);
    chat_work_release(&w);
    arena_release(&k.mem);
}

struct model {
    struct tokenizer *t;
    struct chat *c;
};

/* What is in a folder. */
static struct model
open_model(const char *dir, const struct chat_opt *opt, struct err *e)
{
    struct model m = { tokenizer_open(dir, e), NULL };

    if (m.t)
        m.c = chat_open(dir, m.t, opt, e);
    return m;
}

static void
close_model(struct model *m)
{
    chat_close(m->c);
    tokenizer_close(m->t);
}

static void
test_styles(void)
{
    static const char *const kind[][3] = {
        { "chatml", "chatml", "<|im_end|>" },  { "smollm", "chatml", "<|im_end|>" },
        { "qwen25", "chatml", "<|im_end|>" },  { "llama2", "llama2", "</s>" },
        { "llama3", "llama3", "<|eot_id|>" },  { "llama31", "llama31", "<|eot_id|>" },
        { "gemma", "gemma", "<end_of_turn>" }, { "gemma3", "gemma3", "<end_of_turn>" },
    };
    const struct chat_opt opt = { 0 };
    struct err e = { 0 };

    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        char dir[256];
        struct model m;
        const int32_t *end;
        size_t n = 0;
        snprintf(dir, sizeof dir, GOLDEN "%s", kind[i][0]);
        m = open_model(dir, &opt, &e);
        if (!tap_ok(m.c != NULL, "%s opens %s", kind[i][0], e.msg))
            continue;
        end = chat_ends(m.c, &n);
        tap_ok(strcmp(chat_name(m.c), kind[i][1]) == 0 && n > 0 &&
                   str_is(tokenizer_piece(m.t, end[0]), kind[i][2]),
               "%s is %s, an answer ends at %s", kind[i][0], kind[i][1], kind[i][2]);
        compare(m.c, kind[i][0]);
        close_model(&m);
    }
}

/* The published models; gemma3 is a base model, and gets the template of the tuned one.
 */
static void
test_models(void)
{
    const char *models = getenv("TEXTMILL_MODELS");
    const struct chat_opt opt = { 0 };
    struct chatfile f;
    struct buf path = { 0 };
    struct err e = { 0 };
    struct model m;

    buf_printf(&path, "%s/smollm2%c%s/gemma3", models ? models : "", 0,
               models ? models : "");
    if (models == NULL || !file_exists(path.p)) {
        tap_skip("smollm2", "the model is not here");
    } else {
        m = open_model(path.p, &opt, &e);
        tap_ok(m.c && strcmp(chat_name(m.c), "chatml") == 0, "smollm2 opens %s", e.msg);
        compare(m.c, "smollm2");
        close_model(&m);
    }
    buf_free(&path);
    buf_printf(&path, "%s/gemma3", models ? models : "");
    if (models == NULL || !file_exists(path.p)) {
        tap_skip("gemma3", "the model is not here");
        buf_free(&path);
        return;
    }
    m = open_model(path.p, &opt, &e);
    tap_ok(m.c && strcmp(chat_name(m.c), "plain") == 0, "gemma3 has no template %s",
           e.msg);
    close_model(&m);
    m.t = tokenizer_open(path.p, &e);
    buf_free(&path);
    if (chatfile_open(&f, tokenizer_path(m.t), m.t, &e) == 0) {
        struct config *c = config_open(GOLDEN "gemma3", "tokenizer_config.json", &e);
        struct json v;
        config_json(c, "chat_template", &v, &e);
        json_unquote(v, &f.text, &e);
        config_close(c);
    }
    m.c = chat_new(&f, m.t, &opt, &e);
    tap_ok(m.c != NULL, "gemma3 with a template %s", e.msg);
    compare(m.c, "gemma3-own");
    chatfile_close(&f);
    close_model(&m);
}

int
main(void)
{
    test_styles();
    test_models();
    return tap_done();
}
