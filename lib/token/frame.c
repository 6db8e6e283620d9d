/* frame.c - what goes around the tokens of a text: [CLS] ... [SEP] */
#include "token/frame.h"

/* Append an id on the side that is being filled. */
static int
add(struct frame *f, int after, struct json number, size_t n_id, struct err *e)
{
    size_t *n = after ? &f->n_after : &f->n_before;
    int64_t id;

    if (n_id == 0 || !json_int(number, 0, (int64_t)n_id - 1, &id))
        return err_set(e, ERR_MODEL, "post_processor: an id that is no token");
    if (*n == FRAME_MAX)
        return err_set(e, ERR_MODEL, "post_processor: more than %d tokens", FRAME_MAX);
    (after ? f->after : f->before)[(*n)++] = (int32_t)id;
    return 0;
}

/* One step of a template that names a token: its ids are in special_tokens. */
static int
add_named(struct frame *f, int after, struct json tokens, struct json name, size_t n_id,
          struct err *e)
{
    struct json_iter it = json_begin(tokens);
    struct json key, val, k, id;
    struct buf b = { 0 };
    int bad = name.type != JSON_STRING || json_unquote(name, &b, e);

    while (!bad && json_next(&it, &key, &val)) {
        struct json_iter ids = json_begin(json_get(val, "ids"));
        if (key.type != JSON_STRING || !json_is(key, (struct str){ b.p, b.n }))
            continue;
        while (!bad && json_next(&ids, &k, &id))
            bad = add(f, after, id, n_id, e);
        buf_free(&b);
        return bad ? -1 : 0;
    }
    buf_free(&b);
    return err_set(e, ERR_MODEL, "post_processor: a token that it does not define");
}

static int
read_template(struct frame *f, const struct tokjson_section *s, size_t n_id,
              struct err *e)
{
    struct json single = tokjson_get(s, "single");
    struct json tokens = tokjson_get(s, "special_tokens");
    struct json_iter it = json_begin(single);
    struct json key, step;
    int texts = 0, steps = 0;

    if (single.type != JSON_ARRAY || tokens.type != JSON_OBJECT)
        return err_set(e, ERR_MODEL, "post_processor: no template for a single text");
    while (json_next(&it, &key, &step)) {
        struct json token = json_get(step, "SpecialToken");
        struct json text = json_get(step, "Sequence");
        if (++steps > 2 * FRAME_MAX + 1)
            return err_set(e, ERR_MODEL, "post_processor: a template too long");
        if (text.type == JSON_OBJECT)
            texts++;
        else if (add_named(f, texts > 0, tokens, json_get(token, "id"), n_id, e))
            return -1;
    }
    if (texts != 1)
        return err_set(e, ERR_MODEL, "post_processor: the text %d times, not once",
                       texts);
    return 0;
}

int
frame_read(struct frame *f, const struct tokjson_section *s, size_t n_id, struct err *e)
{
    f->n_before = f->n_after = 0;
    if (tokjson_is(s, NULL))
        return 0;
    if (tokjson_is(s, "TemplateProcessing"))
        return read_template(f, s, n_id, e);
    if (tokjson_is(s, "BertProcessing") || tokjson_is(s, "RobertaProcessing"))
        return add(f, 0, json_at(tokjson_get(s, "cls"), 1), n_id, e) ||
                       add(f, 1, json_at(tokjson_get(s, "sep"), 1), n_id, e)
                   ? -1
                   : 0;
    return tokjson_unknown(s, "TemplateProcessing, BertProcessing, RobertaProcessing",
                           e);
}
