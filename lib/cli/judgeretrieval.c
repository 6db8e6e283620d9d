/* judgeretrieval.c - evaluate: do the nearest vectors belong to the query? */
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "cli/judge.h"
#include "learn/rank.h"

enum { KEYS, VECTOR, QUERY }; /* KEYS: each behind its length, a size_t */

static void
add_key(struct buf *b, struct str key)
{
    buf_add(b, &key.n, sizeof key.n);
    buf_str(b, key);
}

/* One label or id, or an array of them. */
static int
read_keys(struct json gold, struct arena *a, struct str *field, struct err *e)
{
    struct json_iter it = json_begin(gold);
    struct buf b = { 0 };
    struct json key, v;
    struct str text;
    int rc = 0;

    if (gold.type != JSON_ARRAY) {
        rc = judge_text(gold, "gold", a, &text, e);
        if (rc == 0)
            add_key(&b, text);
    } else {
        while (rc == 0 && json_next(&it, &key, &v))
            if ((rc = judge_text(v, "gold", a, &text, e)) == 0)
                add_key(&b, text);
    }
    *field = judge_copy(a, b.p, b.n);
    buf_free(&b);
    return rc;
}

static int
read_record(const struct judge_conf *c, struct json gold, struct str line,
            struct arena *a, struct str *field, struct err *e)
{
    struct json v, query = { NULL, 0, JSON_NONE };

    if (read_keys(gold, a, &field[KEYS], e) || member_find(&c->pred[0], line, &v, e) ||
        judge_vector(v, c->pred[0].spec, a, &field[VECTOR], e) ||
        (c->has_query && member_find(&c->query, line, &query, e)))
        return -1;
    if (query.type != JSON_NONE && query.type != JSON_TRUE && query.type != JSON_FALSE)
        return err_set(e, ERR_TYPE, "member '%s' is not true or false", c->query.spec);
    field[QUERY] = query.type == JSON_TRUE ? STR("q") : STR("");
    return 0;
}

/* ---- report ---- */

/* The keys of a record as numbers, to `to`; how many. */
static size_t
number_keys(struct map *seen, struct str keys, int32_t *to)
{
    size_t n = 0;

    for (size_t at = 0; at < keys.n; n++) {
        struct str key;
        memcpy(&key.n, keys.p + at, sizeof key.n);
        key.p = keys.p + at + sizeof key.n;
        map_put(seen, key, (int32_t)map_count(seen));
        if (to)
            to[n] = map_find(seen, key, -1);
        at += sizeof key.n + key.n;
    }
    return n;
}

static void
put(const struct rank_retrieval *r, size_t n, struct buf *text, struct buf *json)
{
    buf_printf(json,
               "{\"task\":\"retrieval\",\"records\":%zu,\"queries\":%zu,"
               "\"queries_without_relevant\":%zu",
               n, r->queries, r->skipped);
    judge_real(json, "mrr", r->mrr);
    buf_printf(text, "records   %zu, queries %zu, without a relevant document %zu\n", n,
               r->queries, r->skipped);
    buf_printf(text, "MRR       %.4f\n", r->mrr);
    for (int c = 0; c < RANK_CUTS; c++) {
        char name[32];
        snprintf(name, sizeof name, "recall_at_%d", rank_cut[c]);
        judge_real(json, name, r->recall[c]);
        buf_printf(text, "recall@%-2d %.4f\n", rank_cut[c], r->recall[c]);
    }
    judge_real(json, "ndcg_at_10", r->ndcg10);
    buf_char(json, '}');
    buf_printf(text, "nDCG@10   %.4f\n", r->ndcg10);
}

/* The vectors side by side, as floats must lie; NULL: they are of several lengths. */
static float *
align(const struct str *row, size_t n, struct err *e)
{
    size_t bytes = n ? row[VECTOR].n : 0, d = bytes / sizeof(float);
    float *vec = mem_alloc(mem_mul(n, bytes) + 1);

    for (size_t i = 0; i < n; i++, row += JUDGE_FIELDS) {
        if (row[VECTOR].n != bytes) {
            err_set(e, ERR_INPUT, "vectors of %zu and of %zu numbers", d,
                    row[VECTOR].n / sizeof *vec);
            mem_free(vec);
            return NULL;
        }
        memcpy(vec + i * d, row[VECTOR].p, bytes);
    }
    return vec;
}

static int
report(const struct str *row, size_t n, struct buf *text, struct buf *json,
       struct err *e)
{
    size_t d = n ? row[VECTOR].n / sizeof(float) : 0;
    float *vec = align(row, n, e);
    struct rank_item *item;
    struct rank_retrieval r;
    struct map *seen;

    if (vec == NULL)
        return -1;
    item = mem_zero(n, sizeof *item);
    seen = map_new(n);
    for (size_t i = 0; i < n; i++, row += JUDGE_FIELDS) {
        size_t n_key = number_keys(seen, row[KEYS], NULL);
        int32_t *key = mem_alloc(mem_mul(n_key, sizeof *key) + 1);
        number_keys(seen, row[KEYS], key);
        item[i] = (struct rank_item){ vec + i * d, key, n_key, row[QUERY].n > 0 };
    }
    r = rank_retrieve(item, n, d);
    put(&r, n, text, json);
    for (size_t i = 0; i < n; i++)
        mem_free((void *)(uintptr_t)item[i].key);
    mem_free(item);
    mem_free(vec);
    map_free(seen);
    return 0;
}

const struct judge_task judgeretrieval_task = { "retrieval", "embedding", 1,
                                                read_record, report };
