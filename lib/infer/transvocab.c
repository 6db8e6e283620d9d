/* transvocab.c - the words of a translation model: pieces to its ids, ids to text */
#include "infer/transvocab.h"

#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "json/json.h"

#define JSON_MAX ((size_t)64 << 20)
#define ID_MAX   ((1 << 24) - 1)

struct transvocab {
    struct unigram *source, *target; /* the same where the sides share one */
    int32_t *to_id;                  /* [pieces of the source]; NULL: numbers are ids */
    int32_t *to_piece;               /* [n_id], of the target; -1: it has none */
    size_t n_id;
    int32_t source_end, target_end, unknown, pad;
};

/* ---- vocab.json ---- */

/* What vocab.json says */
struct table {
    struct buf text, piece; /* of the file; unquoted, end to end */
    struct map *id;
};

/* From piece to id. All pieces are unquoted before the first is put, since the buffer
 * may move; ends [n] are where each ends in it. */
static int
fill(struct table *t, struct json object, const char *path, struct err *e)
{
    struct json_iter it = json_begin(object);
    struct json key, val;
    struct buf ends = { 0 };
    size_t at = 0, end;
    int64_t id;

    while (json_next(&it, &key, &val)) {
        if (!json_int(val, 0, ID_MAX, &id) || json_unquote(key, &t->piece, e)) {
            buf_free(&ends);
            return err_set(e, ERR_MODEL, "%s: a piece is no text, or its id no number",
                           path);
        }
        buf_add(&ends, &t->piece.n, sizeof t->piece.n);
    }
    it = json_begin(object);
    for (size_t i = 0; json_next(&it, &key, &val); i++, at = end) {
        memcpy(&end, ends.p + i * sizeof end, sizeof end);
        json_int(val, 0, ID_MAX, &id);
        map_put(t->id, (struct str){ t->piece.p + at, end - at }, (int32_t)id);
    }
    buf_free(&ends);
    return 0;
}

static int
read_table(const char *path, struct table *t, struct err *e)
{
    struct json v;

    *t = (struct table){ .id = map_new(1 << 16) };
    if (file_read(path, JSON_MAX, &t->text, e) ||
        json_scan(t->text.p, t->text.n, NULL, 0, &v, e)) {
        e->code = ERR_MODEL;
        return err_wrap(e, "%s", path);
    }
    if (v.type != JSON_OBJECT)
        return err_set(e, ERR_MODEL, "%s: it is no object", path);
    return fill(t, v, path, e);
}

static void
release_table(struct table *t)
{
    map_free(t->id);
    buf_free(&t->text);
    buf_free(&t->piece);
}

static int32_t
find(const struct table *t, const char *piece)
{
    return map_find(t->id, str_of(piece), -1);
}

/* Both ways between pieces and ids. A piece that has none is unknown. */
static void
match(struct transvocab *v, const struct table *t)
{
    size_t n_source = unigram_size(v->source), n_target = unigram_size(v->target);

    v->to_id = mem_alloc(mem_mul(n_source, sizeof *v->to_id));
    for (size_t i = 0; i < n_source; i++) {
        struct str piece = unigram_piece(v->source, (int32_t)i);

        v->to_id[i] = map_find(t->id, piece, v->unknown);
        if ((size_t)v->to_id[i] >= v->n_id)
            v->n_id = (size_t)v->to_id[i] + 1;
    }
    for (size_t i = 0; i < n_target; i++) {
        int32_t id = map_find(t->id, unigram_piece(v->target, (int32_t)i), -1);

        if (id >= 0 && (size_t)id >= v->n_id)
            v->n_id = (size_t)id + 1;
    }
    v->to_piece = mem_alloc(mem_mul(v->n_id, sizeof *v->to_piece));
    memset(v->to_piece, -1, v->n_id * sizeof *v->to_piece);
    for (size_t i = n_target; i-- > 0;) {
        int32_t id = map_find(t->id, unigram_piece(v->target, (int32_t)i), -1);

        if (id >= 0)
            v->to_piece[id] = (int32_t)i;
    }
}

static int
read_json(struct transvocab *v, const char *path, struct err *e)
{
    struct table t;
    int rc = read_table(path, &t, e);

    if (rc == 0) {
        v->source_end = v->target_end = find(&t, "</s>");
        v->unknown = find(&t, "<unk>");
        v->pad = find(&t, "<pad>");
        if (v->source_end < 0 || v->unknown < 0)
            rc = err_set(e, ERR_MODEL, "%s: no </s>, or no <unk>", path);
        else
            match(v, &t);
    }
    release_table(&t);
    return rc;
}

/* ---- both kinds ---- */

static int
read_numbers(struct transvocab *v, const struct transvocab_files *f, struct err *e)
{
    v->source_end = unigram_eos(v->source);
    v->target_end = unigram_eos(v->target);
    v->unknown = unigram_unk(v->target);
    if (v->source_end < 0 || v->target_end < 0)
        return err_set(e, ERR_MODEL, "%s: no piece ends a sentence",
                       v->source_end < 0 ? f->source : f->target);
    return 0;
}

struct transvocab *
transvocab_open(const struct transvocab_files *f, struct err *e)
{
    struct transvocab *v = mem_zero(1, sizeof *v);

    v->pad = -1;
    if ((v->source = unigram_open(f->source, e)) &&
        (v->target = f->target ? unigram_open(f->target, e) : v->source) &&
        (f->json ? read_json(v, f->json, e) : read_numbers(v, f, e)) == 0)
        return v;
    transvocab_close(v);
    return NULL;
}

void
transvocab_close(struct transvocab *v)
{
    if (v == NULL)
        return;
    if (v->target != v->source)
        unigram_close(v->target);
    unigram_close(v->source);
    mem_free(v->to_id);
    mem_free(v->to_piece);
    mem_free(v);
}

const struct unigram *
transvocab_source(const struct transvocab *v)
{
    return v->source;
}

int
transvocab_shared(const struct transvocab *v)
{
    return v->target == v->source || v->to_id != NULL;
}

int
transvocab_check(const struct transvocab *v, size_t n_source, size_t n_target,
                 struct err *e)
{
    size_t source = unigram_size(v->source), target = unigram_size(v->target);
    size_t least = n_source < n_target ? n_source : n_target;

    if (v->to_id) {
        if (v->n_id > least || (size_t)v->source_end >= least ||
            (size_t)v->unknown >= least)
            return err_set(e, ERR_MODEL, "vocab.json has id %zu, the model %zu words",
                           v->n_id - 1, least);
        return 0;
    }
    if (source != n_source || target != n_target)
        return err_set(
            e, ERR_MODEL,
            "the vocabularies have %zu and %zu pieces, the model %zu and %zu", source,
            target, n_source, n_target);
    return 0;
}

int32_t
transvocab_source_end(const struct transvocab *v)
{
    return v->source_end;
}

int32_t
transvocab_target_end(const struct transvocab *v)
{
    return v->target_end;
}

int32_t
transvocab_unknown(const struct transvocab *v)
{
    return v->unknown;
}

int32_t
transvocab_pad(const struct transvocab *v)
{
    return v->pad;
}

void
transvocab_ids(const struct transvocab *v, const int32_t *piece, size_t n, int32_t *id)
{
    for (size_t i = 0; i < n; i++)
        id[i] = v->to_id ? v->to_id[piece[i]] : piece[i];
}

void
transvocab_decode(const struct transvocab *v, const int32_t *id, size_t n,
                  struct buf *out)
{
    struct err ignored; /* ids are in range */
    int32_t *piece;
    size_t kept = 0;

    if (v->to_id == NULL) {
        unigram_decode(v->target, id, n, out, &ignored);
        return;
    }
    piece = mem_alloc(mem_mul(n, sizeof *piece));
    for (size_t i = 0; i < n; i++) /* what the target cannot write is left out */
        if ((size_t)id[i] < v->n_id && v->to_piece[id[i]] >= 0)
            piece[kept++] = v->to_piece[id[i]];
    unigram_decode(v->target, piece, kept, out, &ignored);
    mem_free(piece);
}
