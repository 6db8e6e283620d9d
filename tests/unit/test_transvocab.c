/* test_transvocab.c - pieces to a model's ids, ids to text */
#include <string.h>

#include "folder.h"
#include "infer/transvocab.h"
#include "tap.h"

#define OPUS "tests/golden/tiny-marian/opus/"
#define MAP  "tests/golden/unigram/map.spm"

/* 1: a vocab.json is refused by one sentence. */
static int
refused(const char *json)
{
    struct transvocab_files f = { OPUS "source.spm", OPUS "target.spm", NULL };
    struct folder dir;
    struct err e = { 0 };
    struct transvocab *v;
    char path[200];
    int ok;

    folder_make(&dir);
    folder_write(&dir, "vocab.json", json, strlen(json));
    snprintf(path, sizeof path, "%s/vocab.json", dir.dir);
    f.json = path;
    v = transvocab_open(&f, &e);
    ok = v == NULL && e.code == ERR_MODEL && e.msg[0];
    transvocab_close(v);
    folder_remove(&dir);
    return ok;
}

static void
test_json(void)
{
    struct transvocab_files f = { OPUS "source.spm", OPUS "target.spm",
                                  OPUS "vocab.json" };
    struct err e = { 0 };
    struct transvocab *v = transvocab_open(&f, &e);
    struct unigram_work w = { 0 };
    struct buf text = { 0 };
    int32_t ids[64];

    if (!tap_ok(v != NULL, "a vocab.json %s", e.msg))
        return;
    tap_ok(transvocab_source_end(v) == 0 && transvocab_unknown(v) == 1 &&
               transvocab_pad(v) == 224,
           "what its special words are");
    unigram_encode(transvocab_source(v), str_of("the server"), &w, &e);
    transvocab_ids(v, w.id, w.n, ids);
    /* answers.jsonl has these, by sentencepiece and vocab.json */
    tap_ok(w.n == 2 && ids[0] == 214 && ids[1] == 210, "pieces to ids");
    transvocab_decode(v, (int32_t[]){ 31, 224, 214 }, 3, &text);
    tap_ok(text.n == 10 && memcmp(text.p, "cheiofull ", 10) == 0,
           "ids that the target has not are left out: '%.*s'", (int)text.n, text.p);
    tap_ok(transvocab_check(v, 225, 225, &e) == 0, "fits its model");
    tap_ok(transvocab_check(v, 100, 225, &e) && transvocab_check(v, 225, 100, &e),
           "fits no smaller one");
    transvocab_close(v);
    unigram_work_release(&w);
    buf_free(&text);
}

static void
test_numbers(void)
{
    struct transvocab_files f = { MAP, NULL, NULL };
    struct err e = { 0 };
    struct transvocab *v = transvocab_open(&f, &e);
    int32_t ids[2] = { 7, 9 };

    if (!tap_ok(v != NULL, "one model for both %s", e.msg))
        return;
    transvocab_ids(v, ids, 2, ids);
    tap_ok(ids[0] == 7 && ids[1] == 9 && transvocab_shared(v), "numbers are ids");
    tap_ok(transvocab_pad(v) == -1 && transvocab_check(v, 150, 150, &e) == 0 &&
               transvocab_check(v, 150, 151, &e) && transvocab_check(v, 149, 150, &e),
           "as many as the model has");
    transvocab_close(v);
}

int
main(void)
{
    test_json();
    test_numbers();
    tap_ok(refused("{}") && refused("[]") && refused("{") && refused("0"), "no table");
    tap_ok(refused("{\"</s>\":0}") && refused("{\"<unk>\":0}"), "an end, an unknown");
    tap_ok(refused("{\"</s>\":0,\"<unk>\":1,\"a\":-1}") &&
               refused("{\"</s>\":0,\"<unk>\":1,\"a\":1.5}") &&
               refused("{\"</s>\":0,\"<unk>\":1,\"a\":16777216}") &&
               refused("{\"</s>\":0,\"<unk>\":1,\"a\":\"1\"}"),
           "ids that are none");
    tap_ok(refused("{\"</s>\":0,\"<unk>\":1,\"\\ud800\":2}"), "a piece that is none");
    return tap_done();
}
