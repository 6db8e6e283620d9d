/*
 * test_masks.c - masks by brute force, values that fit into any number of tokens
 */
#include "infer/masks.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "infer/tokentrie.h"
#include "tap.h"
#include "json/json.h"

#define SCHEMA                                                                         \
    "{\"properties\":{\"summary\":{\"type\":\"string\",\"maxLength\":30},"             \
    "\"mood\":{\"enum\":[\"good\",\"bad\",null,\"sch\xc3\xb6n\"]},"                    \
    "\"tags\":{\"items\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":5},"       \
    "\"minItems\":1,\"maxItems\":3},\"n\":{\"type\":[\"number\",\"null\"]},"           \
    "\"age\":{\"type\":\"integer\",\"minimum\":7,\"maximum\":120}},"                   \
    "\"required\":[\"summary\",\"mood\",\"tags\"]}"

static uint64_t seed = 1;

static uint32_t
draw(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

struct set {
    struct tokenizer *tokenizer;
    struct tokentrie_words words;
    struct schema *schema;
    struct masks *masks;
};

static int
open_set(struct set *s, const char *path, const char *schema)
{
    struct err e = { 0 };

    *s = (struct set){ .tokenizer = tokenizer_open(path, &e) };
    if (s->tokenizer && (s->schema = schema_parse(schema, strlen(schema), &e)))
        s->masks = masks_open(s->schema, s->tokenizer, &e);
    if (s->masks == NULL)
        tap_ok(0, "%s", e.msg);
    else
        tokentrie_words_read(&s->words, s->tokenizer);
    return s->masks != NULL;
}

static void
close_set(struct set *s)
{
    masks_close(s->masks);
    schema_free(s->schema);
    if (s->words.word)
        tokentrie_words_release(&s->words);
    tokenizer_close(s->tokenizer);
}

/* Is the text a whole value? */
static int
is_value(const struct set *s, struct str text)
{
    struct schemawalk at;
    struct json v;
    struct err e;

    schemawalk_begin(s->schema, &at);
    for (size_t i = 0; i < text.n; i++)
        if (!schemawalk_step(s->schema, &at, (unsigned char)text.p[i]))
            return 0;
    return schemawalk_may_end(s->schema, &at) &&
           json_scan(text.p, text.n, NULL, 0, &v, &e) == 0;
}

static int
may_follow(const struct set *s, const struct schemawalk *from, struct str word)
{
    struct schemawalk at;

    schemawalk_copy(&at, from);
    for (size_t i = 0; i < word.n; i++)
        if (!schemawalk_step(s->schema, &at, (unsigned char)word.p[i]))
            return 0;
    return word.n > 0;
}

/* Is each bit what trying the token says? */
static int
is_right(const struct set *s, const struct masks_walk *w, const uint64_t *bits)
{
    for (size_t i = 0; i < 64 * masks_words(s->masks); i++) {
        int want = i < s->words.n && may_follow(s, &w->at, s->words.word[i]);
        if ((int)(bits[i / 64] >> i % 64 & 1) != want)
            return 0;
    }
    return 1;
}

static int32_t
draw_token(const uint64_t *bits, size_t n)
{
    uint32_t skip = 0, count = 0;

    for (size_t i = 0; i < n; i++)
        count += (uint32_t)__builtin_popcountll(bits[i]);
    for (size_t i = skip = draw(count), word = 0;; word++) {
        uint64_t b = bits[word];
        for (; b; b &= b - 1)
            if (i-- == 0)
                return (int32_t)(64 * word + (size_t)__builtin_ctzll(b));
    }
}

struct seen {
    long masks, right, forced, cut;
};

/* One value at random; the number of its tokens, or -1 where something is wrong. */
static long
walk(const struct set *s, struct masks_walk *w, size_t left, int check,
     struct seen *seen)
{
    struct buf text = { 0 };
    struct err e;
    long tokens = 0;
    int good;

    if (masks_begin(s->masks, w, left, &e))
        return -1;
    for (struct masks_next next;;) {
        masks_next(s->masks, w, &next);
        if (next.what == MASKS_DONE)
            break;
        for (size_t i = 0; i < next.n; i++)
            buf_str(&text, s->words.word[next.id[i]]);
        tokens += (long)next.n;
        seen->forced += (long)next.n;
        if (next.what == MASKS_CHOICE) {
            int32_t id = draw_token(next.bits, masks_words(s->masks));
            seen->masks++;
            seen->right += !check || is_right(s, w, next.bits);
            if (masks_take(s->masks, w, id)) {
                buf_str(&text, s->words.word[id]);
                tokens++;
            }
        }
    }
    good = str_eq(buf_span(&text), buf_span(&w->text)) && is_value(s, buf_span(&text));
    seen->cut += w->cut;
    buf_free(&text);
    return good && w->left <= left && (size_t)tokens == left - w->left ? tokens : -1;
}

static void
test_walks(const char *path, int n)
{
    struct masks_walk w = { 0 };
    struct seen seen = { 0 };
    struct err e = { 0 };
    struct set s;
    long good = 0;
    size_t least;

    if (open_set(&s, path, SCHEMA)) {
        least = masks_least(s.masks);
        tap_ok(masks_begin(s.masks, &w, least - 1, &e) && e.code == ERR_RANGE, "%s: %s",
               path, e.msg);
        for (int i = 0; i < n; i++)
            good += walk(&s, &w, 200, 1, &seen) > 0;
        tap_ok(good == n && seen.masks > 7 * n && seen.right == seen.masks,
               "%ld of %ld masks are right", seen.right, seen.masks);
        tap_ok(seen.forced > 5 * n && seen.cut == 0, "%ld tokens were forced",
               seen.forced);
        for (size_t left = least; left < least + 60; left++)
            for (int i = 0; i < 10; i++)
                good += walk(&s, &w, left, 0, &seen) > 0;
        tap_ok(good == n + 600 && seen.cut > 60,
               "from %zu tokens on all values are whole, %ld of them cut short", least,
               seen.cut);
    }
    masks_walk_release(&w);
    close_set(&s);
}

/* A number at the top may end, or go on; where it cannot go on, it is done. */
static void
test_top(const char *path)
{
    struct masks_walk w = { 0 };
    struct masks_next next;
    struct err e;
    struct set s;
    int32_t one;

    if (open_set(&s, path, "{\"type\":\"integer\",\"minimum\":0,\"maximum\":19}")) {
        one = tokenizer_find(s.tokenizer, STR("1"));
        masks_begin(s.masks, &w, 10, &e);
        masks_next(s.masks, &w, &next);
        tap_ok(next.what == MASKS_CHOICE && !next.may_end, "a number must begin");
        tap_ok(masks_take(s.masks, &w, tokenizer_find(s.tokenizer, STR("x"))) == -1 &&
                   masks_take(s.masks, &w, -1) == -1 &&
                   masks_take(s.masks, &w, 1 << 30) == -1,
               "tokens that the mask has not");
        masks_take(s.masks, &w, one);
        masks_next(s.masks, &w, &next);
        tap_ok(next.what == MASKS_CHOICE && next.may_end, "1 may end, or go on");
        masks_take(s.masks, &w, one);
        masks_next(s.masks, &w, &next);
        tap_ok(next.what == MASKS_DONE && str_is(buf_span(&w.text), "11") && !w.cut,
               "11 can only end");
        masks_begin(s.masks, &w, 1, &e);
        masks_next(s.masks, &w, &next);
        masks_take(s.masks, &w, one);
        masks_next(s.masks, &w, &next);
        masks_end(&w);
        masks_next(s.masks, &w, &next);
        tap_ok(next.what == MASKS_DONE && str_is(buf_span(&w.text), "1"), "ended");
    }
    masks_walk_release(&w);
    close_set(&s);
}

/* An escaped name, and one of which no tokenizer's tokens are the text. */
static void
test_forced(const char *path)
{
    struct masks_walk w = { 0 };
    struct masks_next next;
    struct err e;
    struct set s;

    if (open_set(&s, path,
                 "{\"properties\":{\"a\\u0001\xc3\xa4\":{\"const\":\"<|im_end|>\"}},"
                 "\"required\":[\"a\\u0001\xc3\xa4\"]}")) {
        masks_begin(s.masks, &w, 100, &e);
        masks_next(s.masks, &w, &next);
        tap_ok(next.what == MASKS_FORCED &&
                   str_is(buf_span(&w.text), "{\"a\\u0001\xc3\xa4\":\"<|im_end|>\"}"),
               "all of it is forced");
        for (size_t i = 0; i < next.n; i++)
            if (tokenizer_is_special(s.tokenizer, next.id[i]))
                tap_ok(0, "a special token is forced");
        masks_next(s.masks, &w, &next);
        tap_ok(next.what == MASKS_DONE, "and done");
    }
    masks_walk_release(&w);
    close_set(&s);
}

/* A vocabulary in which "zkj" is a token, but the tokenizer makes two of it, since the
 * pair "kj" comes first; and `["` is one, as in real vocabularies. */
static struct tokenizer *
open_changed(struct err *e)
{
    static const char vocab[] = "\"vocab\":{", merges[] = "\"merges\":[";
    struct buf file = { 0 }, b = { 0 };
    struct tokenizer *t = NULL;
    const char *v, *m;

    if (file_read("tests/golden/bpe/smollm.json", (size_t)1 << 20, &file, e) == 0) {
        buf_char(&file, '\0');
        v = strstr(file.p, vocab) + sizeof vocab - 1;
        m = strstr(v, merges) + sizeof merges - 1;
        buf_add(&b, file.p, (size_t)(v - file.p));
        buf_puts(&b, "\"kj\":420,\"zk\":421,\"zkj\":422,\"[\\\"\":423,");
        buf_add(&b, v, (size_t)(m - v));
        buf_puts(&b, "[\"k\",\"j\"],[\"z\",\"k\"],[\"zk\",\"j\"],"
                     "[\"[\",\"\\\"\"],");
        buf_puts(&b, m);
        t = tokenizer_parse(b.p, b.n, e);
    }
    buf_free(&file);
    buf_free(&b);
    return t;
}

/* It must not run out of tokens where the tokenizer needs more of them than the count
 * of the longest ones. */
static void
test_wasteful(void)
{
    static const char schema[] = "{\"properties\":{\"zkjzkj\":{\"type\":\"null\"}},"
                                 "\"required\":[\"zkjzkj\"]}";
    struct tokenizer_work tokens = { 0 };
    struct masks_walk w = { 0 };
    struct seen seen = { 0 };
    struct err e = { 0 };
    struct set s = { .tokenizer = open_changed(&e) };
    long n[3];

    s.schema = schema_parse(schema, sizeof schema - 1, &e);
    s.masks = s.tokenizer ? masks_open(s.schema, s.tokenizer, &e) : NULL;
    if (s.masks) {
        size_t least = masks_least(s.masks);
        tokentrie_words_read(&s.words, s.tokenizer);
        tokenizer_encode(s.tokenizer, STR("{\"zkjzkj\":null}"), TOKENIZER_NO_SPECIAL,
                         &tokens, &e);
        for (size_t i = 0; i < 3; i++)
            n[i] = walk(&s, &w, least + i, 0, &seen);
        tap_ok(tokens.n == least + 2 && seen.cut == 2 && n[0] == (long)least &&
                   n[1] == n[0] && n[2] == n[0] + 2,
               "%zu tokens by the tokenizer, %zu will do", tokens.n, least);
    } else {
        tap_ok(0, "%s", e.msg);
    }
    tokenizer_work_release(&tokens);
    masks_walk_release(&w);
    close_set(&s);
}

/* Does the text come out as the tokens that the tokenizer makes of it, if the model
 * wants just these? */
static int
follows(const struct set *s, struct str text)
{
    struct tokenizer_work tokens = { 0 };
    struct masks_walk w = { 0 };
    struct masks_next next;
    struct err e;
    size_t at = 0;
    int same = 1;

    tokenizer_encode(s->tokenizer, text, TOKENIZER_NO_SPECIAL, &tokens, &e);
    masks_begin(s->masks, &w, 1000, &e);
    while (same) {
        masks_next(s->masks, &w, &next);
        if (next.what == MASKS_DONE)
            break;
        for (size_t i = 0; i < next.n; i++, at++)
            same &= at < tokens.n && tokens.id[at] == next.id[i];
        if (next.what == MASKS_CHOICE) {
            same &= at < tokens.n && masks_take(s->masks, &w, tokens.id[at]) == 1;
            at++;
        }
    }
    same &= at == tokens.n && str_eq(buf_span(&w.text), text);
    masks_walk_release(&w);
    tokenizer_work_release(&tokens);
    return same;
}

#define TAGS                                                                           \
    "{\"properties\":{\"t\":{\"items\":{\"type\":\"string\"}},\"n\":{\"type\":"        \
    "\"integer\"}},\"required\":[\"t\",\"n\"]}"

static void
test_follows(struct tokenizer *t, const char *name)
{
    static const char *const texts[] = { "{\"t\":[\"a\",\"the end\"],\"n\":12}",
                                         "{\"t\":[],\"n\":-3}",
                                         "{\"t\":[\"(a)\"],\"n\":0}" };
    struct err e = { 0 };
    struct set s = { .tokenizer = t, .schema = schema_parse(TAGS, strlen(TAGS), &e) };
    int same = 0;

    s.masks = t && s.schema ? masks_open(s.schema, t, &e) : NULL;
    for (int i = 0; s.masks && i < 3; i++)
        same += follows(&s, str_of(texts[i]));
    tap_ok(same == 3, "%s: %d of 3 values as the tokenizer cuts them %s", name, same,
           e.msg);
    close_set(&s);
}

/* ---- threads ---- */

#define PARTS 16

struct parts {
    struct set *set;
    struct buf text[PARTS];
};

static void
run_part(void *arg, int i)
{
    struct parts *p = arg;
    struct masks_walk w = { 0 };
    struct masks_next next;
    uint64_t state = (uint64_t)(i % 4);
    struct err e;

    masks_begin(p->set->masks, &w, 120, &e);
    for (;;) {
        masks_next(p->set->masks, &w, &next);
        if (next.what == MASKS_DONE)
            break;
        for (int32_t id = -1; next.what == MASKS_CHOICE && id < 0;) {
            size_t word;
            state = state * 6364136223846793005u + 1442695040888963407u;
            word = (size_t)(state >> 33) % masks_words(p->set->masks);
            if (next.bits[word]) {
                id = (int32_t)(64 * word + (size_t)__builtin_ctzll(next.bits[word]));
                masks_take(p->set->masks, &w, id);
            }
        }
    }
    buf_str(&p->text[i], buf_span(&w.text));
    masks_walk_release(&w);
}

static void
test_threads(const char *path)
{
    struct pool *pool = pool_new(4);
    struct set s;
    struct parts p = { .set = &s };
    int same = 0;

    if (open_set(&s, path, SCHEMA)) {
        pool_run(pool, PARTS, run_part, &p);
        for (int i = 0; i < PARTS; i++)
            same += str_eq(buf_span(&p.text[i]), buf_span(&p.text[i % 4])) &&
                    is_value(&s, buf_span(&p.text[i]));
        tap_ok(same == PARTS, "%d of %d walks of 4 threads are alike", same, PARTS);
    }
    for (int i = 0; i < PARTS; i++)
        buf_free(&p.text[i]);
    close_set(&s);
    pool_free(pool);
}

static void
test_vocabulary(void)
{
    struct err e = { 0 };
    struct tokenizer *t = tokenizer_open("tests/golden/wordpiece.json", &e);
    struct schema *s = schema_parse("{\"type\":\"null\"}", 15, &e);
    struct masks *m = t && s ? masks_open(s, t, &e) : NULL;

    tap_ok(m == NULL && e.code == ERR_MODEL, "%s", e.msg);
    masks_close(m);
    schema_free(s);
    tokenizer_close(t);
}

/* The vocabularies of real models, where they are. */
static void
test_model(const char *name)
{
    const char *models = getenv("TEXTMILL_MODELS");
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", models ? models : "", name);
    if (models == NULL || !file_exists(path))
        tap_skip(name, "the model is not here");
    else {
        struct err e = { 0 };
        test_walks(path, 2);
        test_follows(tokenizer_open(path, &e), name);
    }
}

int
main(void)
{
    struct err e = { 0 };
    static const char *const path[] = { "tests/golden/bpe/smollm.json",
                                        "tests/golden/bpe/gpt2.json" };

    for (int i = 0; i < 2; i++) {
        test_walks(path[i], 30);
        test_top(path[i]);
        test_forced(path[i]);
    }
    test_threads(path[0]);
    test_wasteful();
    test_follows(open_changed(&e), "[\" is a token");
    test_vocabulary();
    test_model("smollm2");
    test_model("gemma3");
    return tap_done();
}
