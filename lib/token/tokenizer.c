/* tokenizer.c - text to token ids and back, whatever the algorithm */
#include "token/tokenizer.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/dirlist.h"
#include "base/file.h"
#include "format/weights.h"
#include "text/utf8.h"
#include "token/algo.h"
#include "token/frame.h"
#include "token/tokgguf.h"

#define TOKENIZER(name, type) extern const struct algo name##_algo;
#include "token/tokenizer_gguf_list.h"
#include "token/tokenizer_list.h"
#undef TOKENIZER

static const struct {
    const char *type;
    const struct algo *algo;
} list[] = {
#define TOKENIZER(name, type) { type, &name##_algo },
#include "token/tokenizer_list.h"
#undef TOKENIZER
};

static const struct {
    const char *type;
    const struct algo *algo;
} gguf_list[] = {
#define TOKENIZER(name, type) { type, &name##_algo },
#include "token/tokenizer_gguf_list.h"
#undef TOKENIZER
};

/* For messages. */
static const char types[] = ""
#define TOKENIZER(name, type) " " type
#include "token/tokenizer_list.h"
#undef TOKENIZER
    ;

#define MAX_FILE ((size_t)1 << 28)
#define MAX_TEXT ((size_t)1 << 30)

struct tokenizer {
    const struct algo *algo;
    void *model;
    struct vocab v;
    struct special special; /* added tokens, */
    const char *path;       /* of the file, or "" */
    struct arena text;      /* the added tokens' bytes, */
    int32_t *added;         /* [n_id] and which one an id is, or -1 */
    size_t n_id;
    struct frame frame;
};

void
tokenizer_work_release(struct tokenizer_work *w)
{
    if (w->scratch)
        w->scratch_free(w->scratch);
    mem_free(w->id);
    mem_free(w->span);
    memset(w, 0, sizeof *w);
}

static struct str
keep(struct tokenizer *t, const char *p, size_t n)
{
    return arena_str(&t->text, (struct str){ p, n });
}

/* An added token has its id from the vocabulary, else the next free one. The file says
 * it as well, and must say the same. */
static int
check_id(const struct tokenizer *t, struct special_token *tok, int64_t said,
         int32_t *next, struct err *e)
{
    struct str other;

    tok->id = vocab_find(&t->v, tok->text);
    if (tok->id < 0)
        tok->id = (*next)++;
    if (tok->id != said)
        return err_set(e, ERR_MODEL, "added token %lld: its id would be %d",
                       (long long)said, (int)tok->id);
    other = vocab_text(&t->v, tok->id);
    if (other.p && !str_eq(other, tok->text))
        return err_set(e, ERR_MODEL, "added token %d: another has that id",
                       (int)tok->id);
    return 0;
}

static int
read_flags(struct special_token *tok, const struct tokjson_section *s, struct err *e)
{
    tok->normalized = 1;
    return tokjson_bool(s, "special", &tok->special, e) ||
                   tokjson_bool(s, "single_word", &tok->single_word, e) ||
                   tokjson_bool(s, "lstrip", &tok->lstrip, e) ||
                   tokjson_bool(s, "rstrip", &tok->rstrip, e) ||
                   tokjson_bool(s, "normalized", &tok->normalized, e)
               ? -1
               : 0;
}

static int
read_added(struct tokenizer *t, struct json entry, struct special_token *tok,
           int32_t *next, struct err *e)
{
    struct tokjson_section s;
    struct buf b = { 0 };
    int64_t said = -1;
    int bad = tokjson_walk(&s, "added token", entry, e) || read_flags(tok, &s, e) ||
              tokjson_int(&s, "id", 0, INT32_MAX - 1, &said, e) ||
              tokjson_str(&s, "content", "", &b, e);

    if (!bad) {
        tok->seek = tok->text = keep(t, b.p, b.n);
        bad = check_id(t, tok, said, next, e);
    }
    if (!bad && tok->normalized) {
        b.n = 0;
        t->algo->normalize(t->model, tok->text, &b);
        tok->seek = keep(t, b.p, b.n);
    }
    buf_free(&b);
    return bad ? -1 : 0;
}

/* Who is which id, over the vocabulary and beyond. */
static void
index_added(struct tokenizer *t)
{
    t->n_id = t->v.n_id;
    for (size_t i = 0; i < t->special.n; i++)
        if ((size_t)t->special.token[i].id >= t->n_id)
            t->n_id = (size_t)t->special.token[i].id + 1;
    t->added = mem_alloc(mem_mul(t->n_id + 1, sizeof *t->added));
    memset(t->added, 0xFF, (t->n_id + 1) * sizeof *t->added);
    for (size_t i = 0; i < t->special.n; i++)
        t->added[t->special.token[i].id] = (int32_t)i;
}

static int
read_all_added(struct tokenizer *t, struct json array, struct err *e)
{
    struct json_iter it = json_begin(array);
    struct json key, entry;
    struct buf b = { 0 };
    int32_t next = (int32_t)t->v.n_piece;
    int bad = 0;

    if (array.type != JSON_ARRAY && array.type != JSON_NULL && array.type != JSON_NONE)
        return err_set(e, ERR_MODEL, "added_tokens is no array");
    while (!bad && json_next(&it, &key, &entry)) {
        struct special_token tok = { 0 };
        bad = read_added(t, entry, &tok, &next, e);
        buf_add(&b, &tok, sizeof tok);
    }
    t->special.token = (struct special_token *)b.p;
    t->special.n = b.n / sizeof *t->special.token;
    if (bad || special_seal(&t->special, e))
        return -1;
    index_added(t);
    return 0;
}

/* Where ids have gaps, the frame must not fall into one. */
static int
read_frame(struct tokenizer *t, const struct tokjson_section *s, struct err *e)
{
    struct frame *f = &t->frame;

    if (frame_read(f, s, t->n_id, e))
        return -1;
    for (size_t i = 0; i < f->n_before + f->n_after; i++) {
        int32_t id = i < f->n_before ? f->before[i] : f->after[i - f->n_before];
        if (tokenizer_piece(t, id).p == NULL)
            return err_set(e, ERR_MODEL, "post_processor: no token has the id %d",
                           (int)id);
    }
    return 0;
}

static int
read_file(struct tokenizer *t, const struct tokjson *f, struct err *e)
{
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (tokjson_is(&f->model, list[i].type))
            t->algo = list[i].algo;
    if (t->algo == NULL)
        return tokjson_unknown(&f->model, types, e);
    if (vocab_parse(&t->v, tokjson_get(&f->model, "vocab"), e) ||
        (t->model = t->algo->open(f, &t->v, e)) == NULL ||
        read_all_added(t, f->added, e))
        return -1;
    return read_frame(t, &f->post_processor, e);
}

struct tokenizer *
tokenizer_parse(const char *json, size_t n, struct err *e)
{
    struct tokenizer *t;
    struct tokjson f;

    if (tokjson_scan(&f, json, n, e))
        return NULL;
    t = mem_zero(1, sizeof *t);
    t->path = "";
    if (read_file(t, &f, e) == 0)
        return t;
    tokenizer_close(t);
    return NULL;
}

/* ---- GGUF ---- */

static const struct algo *
find_gguf(const struct meta *m, struct err *e)
{
    struct str model;

    if (meta_str(m, "tokenizer.ggml.model", &model, e))
        return NULL;
    for (size_t i = 0; i < sizeof gguf_list / sizeof *gguf_list; i++)
        if (str_is(model, gguf_list[i].type))
            return gguf_list[i].algo;
    err_set(e, ERR_MODEL, "tokenizer.ggml.model '%.*s' is not supported",
            (int)(model.n < 60 ? model.n : 60), model.p);
    return NULL;
}

static int
read_meta(struct tokenizer *t, const struct meta *m, struct err *e)
{
    struct meta_array tokens;
    struct buf b = { 0 };
    int bad;

    if ((t->algo = find_gguf(m, e)) == NULL ||
        meta_array(m, "tokenizer.ggml.tokens", META_STRINGS, &tokens, e) ||
        vocab_list(&t->v, tokens, e) ||
        (t->model = t->algo->open_gguf(m, &t->v, e)) == NULL)
        return -1;
    bad = tokgguf_special(m, &t->v, &b, e);
    t->special.token = (struct special_token *)b.p;
    t->special.n = b.n / sizeof *t->special.token;
    if (bad || special_seal(&t->special, e))
        return -1;
    index_added(t);
    return tokgguf_frame(m, &t->v, t->algo->adds_bos(t->model), &t->frame, e);
}

struct tokenizer *
tokenizer_from_meta(const struct meta *m, struct err *e)
{
    struct tokenizer *t = mem_zero(1, sizeof *t);

    t->path = "";
    if (read_meta(t, m, e) == 0)
        return t;
    tokenizer_close(t);
    return NULL;
}

static struct tokenizer *
open_gguf(const char *path, struct err *e)
{
    struct weights *w = weights_open(path, e);
    struct tokenizer *t = w ? tokenizer_from_meta(weights_meta(w), e) : NULL;

    if (w && t == NULL)
        err_wrap(e, "%s", weights_path(w));
    if (t)
        t->path = keep(t, weights_path(w), strlen(weights_path(w))).p;
    weights_close(w);
    return t;
}

struct tokenizer *
tokenizer_open(const char *path, struct err *e)
{
    struct buf file = { 0 }, json = { 0 };
    struct tokenizer *t = NULL;

    buf_printf(&file, "%s/tokenizer.json", path);
    buf_char(&file, '\0');
    if (file_exists(file.p))
        path = file.p;
    else if (dirlist_has(path, ".gguf")) {
        buf_free(&file);
        return open_gguf(path, e);
    }
    if (dirlist_is(path))
        err_set(e, ERR_MODEL, "%s: no tokenizer.json and no .gguf in the folder", path);
    else if (file_read(path, MAX_FILE, &json, e))
        e->code = ERR_MODEL;
    else if ((t = tokenizer_parse(json.p, json.n, e)) == NULL)
        err_wrap(e, "%s", path);
    else
        t->path = keep(t, path, strlen(path)).p;
    buf_free(&json);
    buf_free(&file);
    return t;
}

const char *
tokenizer_path(const struct tokenizer *t)
{
    return t->path;
}

void
tokenizer_close(struct tokenizer *t)
{
    if (t == NULL)
        return;
    if (t->model)
        t->algo->close(t->model);
    vocab_release(&t->v);
    special_release(&t->special);
    arena_release(&t->text);
    mem_free(t->added);
    mem_free(t);
}

/* Ready the workspace for one text. */
static void
work_begin(struct tokenizer_work *w, unsigned flags)
{
    w->flags = flags;
    w->n = 0;
    if (flags & TOKENIZER_SPANS && w->span_cap < w->cap) {
        w->span = mem_grow(w->span, 0, w->cap * sizeof *w->span);
        w->span_cap = w->cap;
    }
}

static void
emit_frame(struct tokenizer_work *w, const int32_t *id, size_t n)
{
    for (size_t i = 0; i < n && !(w->flags & TOKENIZER_NO_SPECIAL); i++)
        algo_emit(w, id[i], (struct tokenizer_span){ 0, 0, 0, 0 });
}

/* Code points before `to`, when there are `at` before `from`. A token that lies in the
 * white space which the one before it swallowed makes us go back. */
static size_t
count_to(struct str text, size_t from, size_t at, size_t to)
{
    if (to >= from)
        return at + utf8_count(text.p + from, to - from);
    return at - utf8_count(text.p + to, from - to);
}

/* The text between added tokens goes to the algorithm, they are tokens themselves. */
static int
encode_text(const struct tokenizer *t, struct str text, struct tokenizer_work *w,
            struct err *e)
{
    struct algo_segment seg = { text.p, 0, 0, 0, &t->special };
    struct special_iter it;
    struct special_match m;

    special_begin(&it, &t->special.plain, text.p, text.n,
                  w->flags & TOKENIZER_PARSE_SPECIAL);
    it.one = algo_one(w);
    while (!algo_over(w) && special_next(&it, &m)) {
        size_t at = count_to(text, seg.from, seg.at, m.from);
        size_t at_end = count_to(text, m.from, at, m.to);
        seg.to = m.from;
        if (seg.from < seg.to && t->algo->encode(t->model, seg, w, e))
            return -1;
        algo_emit(w, m.id,
                  (struct tokenizer_span){ (uint32_t)m.from, (uint32_t)m.to,
                                           (uint32_t)at, (uint32_t)at_end });
        seg.from = m.to;
        seg.at = at_end;
    }
    seg.to = text.n;
    return seg.from < seg.to ? t->algo->encode(t->model, seg, w, e) : 0;
}

int
tokenizer_encode(const struct tokenizer *t, struct str text, unsigned flags,
                 struct tokenizer_work *w, struct err *e)
{
    int bad = 0;

    work_begin(w, flags);
    if (text.n > MAX_TEXT)
        return err_set(e, ERR_LIMIT, "a text of %zu bytes is too long", text.n);
    emit_frame(w, t->frame.before, t->frame.n_before);
    bad = encode_text(t, text, w, e);
    emit_frame(w, t->frame.after, t->frame.n_after);
    if (!bad && algo_over(w))
        bad = err_set(e, ERR_LIMIT, "more than %zu tokens", w->max);
    if (bad)
        w->n = 0;
    return bad;
}

size_t
tokenizer_size(const struct tokenizer *t)
{
    return t->n_id;
}

/* The added token that an id is, or NULL. */
static const struct special_token *
added(const struct tokenizer *t, int32_t id)
{
    if (id < 0 || (size_t)id >= t->n_id || t->added[id] < 0)
        return NULL;
    return &t->special.token[t->added[id]];
}

struct str
tokenizer_piece(const struct tokenizer *t, int32_t id)
{
    const struct special_token *tok = added(t, id);

    return tok ? tok->seek : vocab_text(&t->v, id);
}

int32_t
tokenizer_find(const struct tokenizer *t, struct str piece)
{
    for (size_t i = 0; i < t->special.n; i++)
        if (str_eq(t->special.token[i].text, piece))
            return t->special.token[i].id;
    return vocab_find(&t->v, piece);
}

int
tokenizer_is_special(const struct tokenizer *t, int32_t id)
{
    const struct special_token *tok = added(t, id);

    return tok && tok->special;
}

int
tokenizer_continues(const struct tokenizer *t, int32_t id)
{
    if (t->algo->continues == NULL)
        return -1;
    return added(t, id) == NULL && t->algo->continues(t->model, vocab_text(&t->v, id));
}

struct tokenizer_frame
tokenizer_get_frame(const struct tokenizer *t)
{
    return (struct tokenizer_frame){ t->frame.before, t->frame.after, t->frame.n_before,
                                     t->frame.n_after };
}

int
tokenizer_put(const struct tokenizer *t, int32_t id, int first, struct buf *out,
              struct err *e)
{
    struct str piece = tokenizer_piece(t, id);

    if (piece.p == NULL)
        return err_set(e, ERR_RANGE, "no token has the id %d", (int)id);
    t->algo->decode(t->model, piece, first, out);
    return 0;
}

/* What was appended from `from` on is made well-formed. */
static void
repair(struct buf *b, size_t from)
{
    struct buf whole = { 0 };

    if (b->n == from || utf8_valid(b->p + from, b->n - from) == b->n - from)
        return;
    utf8_repair(&whole, b->p + from, b->n - from);
    b->n = from;
    buf_add(b, whole.p, whole.n);
    buf_free(&whole);
}

int
tokenizer_decode(const struct tokenizer *t, const int32_t *id, size_t n, unsigned flags,
                 struct buf *out, struct err *e)
{
    size_t from = out->n;
    int first = 1;

    for (size_t i = 0; i < n; i++) {
        if (flags & TOKENIZER_NO_SPECIAL && tokenizer_is_special(t, id[i]))
            continue;
        if (tokenizer_put(t, id[i], first, out, e))
            return err_wrap(e, "token %zu", i);
        first = 0;
    }
    repair(out, from);
    return 0;
}
