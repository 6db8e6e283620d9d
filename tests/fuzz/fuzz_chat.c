/*
 * fuzz_chat.c - templates of any kind, and texts that try to be turns
 *
 * The first byte picks tokens and options; bytes 0xFF part the template, the system
 * text, a question, its answer and the text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "infer/chat.h"
#include "text/utf8.h"

#define FIELDS 5

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct tokenizer *
tokens(int which)
{
    static const char *const dir[4] = { "tests/golden/chat/smollm",
                                        "tests/golden/chat/llama2",
                                        "tests/golden/chat/llama3",
                                        "tests/golden/chat/gemma3" };
    static struct tokenizer *kept[4];
    struct err e;

    if (kept[which] == NULL && (kept[which] = tokenizer_open(dir[which], &e)) == NULL)
        abort();
    return kept[which];
}

static void
split(const uint8_t *p, size_t n, struct str field[FIELDS])
{
    const char *at = (const char *)p, *end = at + n;

    for (size_t i = 0; i < FIELDS; i++) {
        const char *stop = at < end ? memchr(at, 0xFF, (size_t)(end - at)) : NULL;
        field[i] = (struct str){ at, (size_t)((stop ? stop : end) - at) };
        if (i > 0)
            field[i].n = utf8_valid(field[i].p, field[i].n);
        at = stop ? stop + 1 : end;
    }
}

static size_t
count_special(const struct tokenizer *t, const struct chat_work *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (w->id[i] < 0 || (size_t)w->id[i] >= tokenizer_size(t))
            abort();
        n += (size_t)tokenizer_is_special(t, w->id[i]);
    }
    return n;
}

/* The special tokens are the template's, whatever the texts are. */
static void
try_texts(const struct chat *c, const struct tokenizer *t, const struct str *field)
{
    const struct str plain = STR("a");
    const struct chat_turn turn = { field[2], field[3] }, harmless = { plain, plain };
    struct chat_text text = { field[1].n ? &field[1] : NULL, &turn, 1, field[4] };
    struct chat_text other = { field[1].n ? &plain : NULL, &harmless, 1, plain };
    struct chat_work w = { .max = 4096 }, v = { .max = 4096 };
    struct err e;

    if (chat_encode(c, &text, &w, &e) == 0 && chat_encode(c, &other, &v, &e) == 0 &&
        count_special(t, &w) != count_special(t, &v))
        abort();
    if (chat_shared(c, &text, &v, &e) == 0 && chat_encode(c, &text, &w, &e) == 0 &&
        chat_common(w.id, w.n, v.id, v.n) != v.n)
        abort();
    chat_work_release(&w);
    chat_work_release(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct chatfile f = { .bos = -1, .eos = -1 };
    struct chat_opt opt = { 0 };
    struct str field[FIELDS];
    const struct tokenizer *t;
    struct chat *c;
    struct err e;

    if (n == 0)
        return 0;
    t = tokens(p[0] & 3);
    f.bos = p[0] & 4 ? 420 : -1;
    f.eos = p[0] & 8 ? 421 : -1;
    opt.raw = p[0] >> 4 & 1;
    split(p + 1, n - 1, field);
    buf_str(&f.text, field[0]);
    c = chat_new(&f, t, &opt, &e);
    if (c)
        try_texts(c, t, field);
    else if (e.code != ERR_MODEL)
        abort();
    chat_close(c);
    chatfile_close(&f);
    return 0;
}
