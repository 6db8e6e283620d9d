/* tokgguf.c - what GGUF files say about tokens besides the vocabulary */
#include "token/tokgguf.h"

enum type { UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4 };

int
tokgguf_special(const struct meta *m, const struct vocab *v, struct buf *tokens,
                struct err *e)
{
    struct meta_array types;
    int64_t type;

    if (meta_opt_array(m, "tokenizer.ggml.token_type", META_INTS, &types, e))
        return -1;
    if (types.n != 0 && types.n != v->n_id)
        return err_set(e, ERR_MODEL,
                       "%zu tokens, but tokenizer.ggml.token_type has %zu", v->n_id,
                       types.n);
    for (int32_t id = 0; meta_next_int(&types, &type); id++) {
        struct special_token t = { .text = vocab_text(v, id), .id = id };
        if (type != UNKNOWN && type != CONTROL && type != USER_DEFINED)
            continue;
        t.special = type != USER_DEFINED;
        t.seek = t.text;
        if (t.text.n > 0)
            buf_add(tokens, &t, sizeof t);
    }
    return 0;
}

/* One end of the frame: its token, if it is added. */
static int
add_end(const struct meta *m, const struct vocab *v, const char *add, const char *which,
        int is_added, int32_t *id, size_t *n, struct err *e)
{
    uint64_t token = 0;

    if (meta_opt_bool(m, add, &is_added, e) || v->n_id == 0)
        return -1;
    if (!is_added)
        return 0;
    if (meta_u64(m, which, 0, v->n_id - 1, &token, e))
        return -1;
    id[(*n)++] = (int32_t)token;
    return 0;
}

int
tokgguf_frame(const struct meta *m, const struct vocab *v, int add_bos, struct frame *f,
              struct err *e)
{
    f->n_before = f->n_after = 0;
    return add_end(m, v, "tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id",
                   add_bos, f->before, &f->n_before, e) ||
                   add_end(m, v, "tokenizer.ggml.add_eos_token",
                           "tokenizer.ggml.eos_token_id", 0, f->after, &f->n_after, e)
               ? -1
               : 0;
}
