/* test_weights.c - a model's folder: which file is opened, and shards joined */
#include <string.h>

#include "base/buf.h"
#include "folder.h"
#include "format/weights.h"
#include "tap.h"

/* A safetensors file with one F32 tensor of one element. */
static void
put_tensor(struct folder *f, const char *file, const char *name, float value)
{
    struct buf b = { 0 };
    char header[128];
    int n = snprintf(
        header, sizeof header,
        "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", name);

    for (int i = 0; i < 8; i++)
        buf_char(&b, (char)(i ? 0 : n));
    buf_puts(&b, header);
    buf_add(&b, &value, sizeof value);
    folder_write(f, file, b.p, b.n);
    buf_free(&b);
}

static float
value_of(const struct weights *w, const char *name)
{
    static const size_t one[] = { 1 };
    struct err e;
    const struct weight *t = weights_get(w, name, 1, one, &e);
    float v = -1;

    if (t)
        quant_to_f32(t->type, t->data, &v, 1);
    return v;
}

static void
test_single(void)
{
    struct folder f;
    struct err e = { 0 };
    struct weights *w;
    char path[256];

    folder_make(&f);
    tap_ok(!weights_open(f.dir, &e) && e.code == ERR_MODEL, "an empty folder: %s",
           e.msg);
    put_tensor(&f, "model.safetensors", "a", 3);
    w = weights_open(f.dir, &e);
    tap_ok(w && value_of(w, "a") == 3, "a folder with model.safetensors");
    weights_close(w);
    snprintf(path, sizeof path, "%s/model.safetensors", f.dir);
    w = weights_open(path, &e);
    tap_ok(w && value_of(w, "a") == 3, "the file itself");
    weights_close(w);
    snprintf(path, sizeof path, "%s/none.safetensors", f.dir);
    tap_ok(!weights_open(path, &e) && e.code == ERR_MODEL, "no such file: %s", e.msg);
    snprintf(path, sizeof path, "%s/pytorch_model.bin", f.dir);
    tap_ok(!weights_open(path, &e) && e.code == ERR_MODEL, "another format: %s", e.msg);
    folder_remove(&f);
}

static const struct {
    const char *name, *index, *refused;
} indexes[] = {
    { "good",
      "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"x-1.safetensors\","
      "\"b\":\"x-2.safetensors\"}}",
      NULL },
    { "swapped",
      "{\"weight_map\":{\"a\":\"x-2.safetensors\",\"b\":\"x-1.safetensors\"}}",
      "'a' is not in 'x-2.safetensors'" },
    { "missing tensor", "{\"weight_map\":{\"c\":\"x-1.safetensors\"}}",
      "'c' is not in" },
    { "missing file", "{\"weight_map\":{\"a\":\"x-3.safetensors\"}}",
      "x-3.safetensors" },
    { "twice, two files",
      "{\"weight_map\":{\"a\":\"x-1.safetensors\",\"a\":\"x-2.safetensors\"}}",
      "'a' is not in 'x-2" },
    { "same tensor twice",
      "{\"weight_map\":{\"a\":\"x-1.safetensors\",\"b\":\"y.safetensors\"}}",
      "'a' is there twice" },
    { "bad shard", "{\"weight_map\":{\"a\":\"bad.safetensors\"}}",
      "bad.safetensors: 2 bytes" },
    { "leads out", "{\"weight_map\":{\"a\":\"../x-1.safetensors\"}}",
      "no plain file name" },
    { "absolute", "{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "no plain file name" },
    { "NUL", "{\"weight_map\":{\"a\":\"x-1.safetensors\\u0000\"}}",
      "no plain file name" },
    { "NUL in a name", "{\"weight_map\":{\"a\\u0000\":\"x-1.safetensors\"}}",
      "is not in" },
    { "number", "{\"weight_map\":{\"a\":1}}", "strings to strings" },
    { "surrogate", "{\"weight_map\":{\"a\":\"\\ud800\"}}", "strings to strings" },
    { "array", "{\"weight_map\":[]}", "no object 'weight_map'" },
    { "two maps", "{\"weight_map\":{},\"weight_map\":{}}", "more than one" },
    { "no map", "{}", "no object 'weight_map'" },
    { "no JSON", "{\"weight_map\":", "ends where" },
};

static void
test_shards(void)
{
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        struct folder f;
        struct err e = { 0 };
        struct weights *w;
        folder_make(&f);
        put_tensor(&f, "x-1.safetensors", "a", 1);
        put_tensor(&f, "x-2.safetensors", "b", 2);
        put_tensor(&f, "y.safetensors", "a", 4);
        folder_puts(&f, "bad.safetensors", "{}");
        folder_puts(&f, "model.safetensors.index.json", indexes[i].index);
        w = weights_open(f.dir, &e);
        if (indexes[i].refused)
            tap_ok(!w && e.code == ERR_MODEL && strstr(e.msg, indexes[i].refused),
                   "shards, %s: %s", indexes[i].name, w ? "accepted" : e.msg);
        else
            tap_ok(w && value_of(w, "a") == 1 && value_of(w, "b") == 2, "shards, %s",
                   indexes[i].name);
        weights_close(w);
        folder_remove(&f);
    }
}

int
main(void)
{
    test_single();
    test_shards();
    return tap_done();
}
