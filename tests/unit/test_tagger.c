/*
 * test_tagger.c - spans against transformers' pipeline, strategy "first"; the rules
 *
 * The last text of each golden file is longer than its model takes.
 */
#include "infer/tagger.h"

#include <math.h>
#include <string.h>

#include "folder.h"
#include "jfloats.h"
#include "tap.h"

#define TINY "tests/golden/tiny-encoders/"

static struct tagger *
open_tagger(const char *dir, const char *precision, struct err *e)
{
    struct embedder_opt opt = { .session = { .dir = dir, .precision = precision } };

    return tagger_open(&opt, e);
}

static double
number(struct json object, const char *name)
{
    double x = -1;

    json_double(json_get(object, name), &x);
    return x;
}

/* The same span, up to the score; *off is how far that is. */
static int
is_same(const struct tagger_span *s, struct str text, struct json want, double *off)
{
    double d = fabs((double)s->score - number(want, "score"));

    *off = d > *off || isnan(d) ? d : *off;
    return s->where.at == number(want, "start") &&
           s->where.at_end == number(want, "end") &&
           json_is(json_get(want, "label"), s->label) &&
           json_is(json_get(want, "text"),
                   (struct str){ text.p + s->where.byte,
                                 s->where.byte_end - s->where.byte });
}

static void
test_text(const struct tagger *t, const char *name, const struct jfloats *j)
{
    struct embedder_work w = { 0 };
    struct embedder_info info;
    struct tagger_tags tags;
    struct buf b = { 0 };
    struct json key, want;
    struct json_iter it = json_begin(jfloats_member(j, "tags"));
    size_t n = 0, same = 0;
    double off = 0;

    jfloats_text(j, "text", &b);
    struct str text = { b.p, b.n };
    tagger_run(t, &w, &text, 1, &tags, &info);
    for (; json_next(&it, &key, &want); n++)
        same += n < tags.n && is_same(&tags.span[n], text, want, &off);
    tap_ok(same == n && tags.n == n && off < 1e-4,
           "%s: %zu tokens, %zu of %zu spans, scores off by %.1e", name, info.tokens,
           same, n, off);
    embedder_work_release(&w);
    buf_free(&b);
}

static void
test_golden(const char *name)
{
    char dir[256], path[300];
    struct err e = { 0 };
    struct jfloats j;
    struct tagger *t;

    snprintf(dir, sizeof dir, TINY "%s", name);
    snprintf(path, sizeof path, "%s/tags.jsonl", dir);
    t = open_tagger(dir, "f32", &e);
    if (!tap_ok(t && jfloats_open(&j, path) == 0, "%s opens%s", name, e.msg))
        return;
    while (jfloats_next(&j))
        test_text(t, name, &j);
    jfloats_close(&j);
    tagger_close(t);
}

/* Texts together, in any order and alone: the same bits. */
static void
test_company(const char *name)
{
    static const struct str all[] = {
        STR("Failed password for root"), STR(""), STR("session opened for user backup"),
        STR("The error, a b c d e f g h i j k l m n o p q r s t u v w x y z a b c "
            "d e f g h i j k l m n o p q r s t u v w x y z")
    };
    char dir[256];
    struct err e = { 0 };
    struct embedder_work w = { 0 }, w1 = { 0 };
    struct embedder_info info[4];
    struct tagger_tags tags[4], one;
    struct tagger *t;
    int good = 1;

    snprintf(dir, sizeof dir, TINY "%s", name);
    t = open_tagger(dir, NULL, &e);
    tagger_run(t, &w, all, 4, tags, info);
    for (int i = 3; i >= 0; i--) {
        tagger_run(t, &w1, &all[i], 1, &one, info);
        good &= one.n == tags[i].n;
        for (size_t s = 0; good && s < one.n; s++)
            good &= memcmp(&one.span[s], &tags[i].span[s], sizeof *one.span) == 0;
    }
    tap_ok(good && tags[3].n > 0, "%s: the same alone and in company", name);
    embedder_work_release(&w);
    embedder_work_release(&w1);
    tagger_close(t);
}

static void
copy(struct folder *f, const char *from, const char *name)
{
    char path[300];
    struct file file;
    struct err e;

    snprintf(path, sizeof path, "%s/%s", from, name);
    if (file_map(&file, path, &e))
        jfloats_die(e.msg);
    folder_write(f, name, file.p, file.n);
    file_unmap(&file);
}

/* The golden model with other labels: what they say about spans decides. */
static void
test_labels(const char *labels, const char *want)
{
    static const struct str text = STR("error: disk_full on /dev/sda1, 0 bytes left?");
    struct folder f;
    struct buf b = { 0 }, got = { 0 };
    struct embedder_work w = { 0 };
    struct embedder_info info;
    struct tagger_tags tags = { 0 };
    struct err e = { 0 };
    struct tagger *t;

    folder_make(&f);
    buf_printf(
        &b,
        "{\"model_type\":\"bert\",\"architectures\":[\"XForTokenClassification\"],"
        "\"vocab_size\":96,\"hidden_size\":24,\"num_hidden_layers\":2,"
        "\"num_attention_heads\":3,\"intermediate_size\":40,"
        "\"max_position_embeddings\":32,\"id2label\":{%s}}",
        labels);
    folder_write(&f, "config.json", b.p, b.n);
    copy(&f, TINY "bert-tok", "model.safetensors");
    copy(&f, TINY "bert-tok", "tokenizer.json");
    if ((t = open_tagger(f.dir, "f32", &e)) != NULL)
        tagger_run(t, &w, &text, 1, &tags, &info);
    for (size_t i = 0; i < tags.n; i++)
        buf_printf(&got, "%s%.*s:%u-%u", i ? " " : "", (int)tags.span[i].label.n,
                   tags.span[i].label.p, (unsigned)tags.span[i].where.byte,
                   (unsigned)tags.span[i].where.byte_end);
    buf_char(&got, '\0');
    tap_ok(t && strcmp(got.p, want) == 0, "%s: %s%s", labels, got.p, e.msg);
    tagger_close(t);
    embedder_work_release(&w);
    folder_remove(&f);
    buf_free(&b);
    buf_free(&got);
}

int
main(void)
{
    struct err e = { 0 };

    test_golden("bert-tok");
    test_golden("distilbert-tok");
    test_golden("mpnet-tok");
    test_company("bert-tok");
    test_company("mpnet-tok");
    /* Its words have the labels 2 ("error" to "dev"), 3 ("/"), 2 ("sda1"), 4 (","),
     * 2 ("0 bytes left"), 4 ("?"). */
    test_labels("\"0\":\"a\",\"1\":\"b\",\"2\":\"c\",\"3\":\"d\",\"4\":\"e\"",
                "c:0-24 d:24-25 c:25-29 e:29-30 c:31-43 e:43-44");
    test_labels("\"0\":\"a\",\"1\":\"b\",\"2\":\"O\",\"3\":\"I-O\",\"4\":\"B-c\"",
                "c:29-30 c:43-44");
    test_labels("\"0\":\"a\",\"1\":\"b\",\"2\":\"I-c\",\"3\":\"B-c\",\"4\":\"c\"",
                "c:0-24 c:24-44");
    test_labels("\"0\":\"a\",\"1\":\"b\",\"2\":\"B-c\",\"3\":\"B-O\",\"4\":\"I-c\"",
                "c:0-5 c:5-6 c:7-11 c:11-12 c:12-16 c:17-19 c:20-21 c:21-24 c:25-30 "
                "c:31-32 c:33-38 c:39-44");
    tap_ok(open_tagger(TINY "bert-seq", NULL, &e) == NULL && e.code == ERR_MODEL,
           "labels of texts are none of tokens: %s", e.msg);
    return tap_done();
}
