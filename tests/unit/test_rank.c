/* test_rank.c - orders against scipy's and scikit-learn's measures */
#include "learn/rank.h"

#include <math.h>

#include "goldlearn.h"
#include "tap.h"

static void
test_spearman(const struct goldlearn *g)
{
    size_t n;
    double *x = goldlearn_list(g, "x", &n), *y = goldlearn_list(g, "y", &n);

    tap_ok(fabs(rank_spearman(x, y, n) - goldlearn_number(g, "rho")) < 1e-12,
           "Spearman of %zu: %.4f", n, rank_spearman(x, y, n));
    free(x);
    free(y);
}

static void
test_retrieval(const struct goldlearn *g)
{
    size_t n, d = (size_t)goldlearn_number(g, "d"), k;
    float *vec = jfloats_list(&g->j, "vec", &n);
    int32_t *key = jfloats_ids(&g->j, "key", &n),
            *query = jfloats_ids(&g->j, "query", &n);
    double *recall = goldlearn_list(g, "recall", &k);
    struct rank_item *item = malloc(n * sizeof *item);
    struct rank_retrieval r;
    int ok = 1;

    for (size_t i = 0; i < n; i++)
        item[i] = (struct rank_item){ vec + i * d, &key[i], 1, query[i] };
    r = rank_retrieve(item, n, d);
    for (int c = 0; c < RANK_CUTS; c++)
        ok &= fabs(r.recall[c] - recall[c]) < 1e-12;
    tap_ok(ok && r.queries == (size_t)goldlearn_number(g, "queries") &&
               fabs(r.mrr - goldlearn_number(g, "mrr")) < 1e-12 &&
               fabs(r.ndcg10 - goldlearn_number(g, "ndcg")) < 1e-12,
           "%zu vectors, %zu queries: MRR %.4f, recall@5 %.4f, nDCG@10 %.4f", n,
           r.queries, r.mrr, r.recall[1], r.ndcg10);
    free(item);
    free(vec);
    free(key);
    free(query);
    free(recall);
}

/* By hand: two keys a document, a query without anything relevant, equal products. */
static void
test_keys(void)
{
    static const float x[] = { 1, 0 }, y[] = { 0, 1 };
    static const int32_t a[] = { 1 }, ab[] = { 2, 1 }, b[] = { 2 }, none[] = { 9 };
    struct rank_item item[] = { { x, a, 1, 1 },
                                { x, none, 1, 1 },
                                { y, a, 1, 0 },
                                { x, b, 1, 0 },
                                { x, ab, 2, 0 } };
    struct rank_retrieval r = rank_retrieve(item, 5, 2);

    /* order for query 0: b, ab (equal), a; relevant at 2 and 3 */
    tap_ok(r.queries == 1 && r.skipped == 1 && r.mrr == 0.5 && r.recall[0] == 0 &&
               r.recall[1] == 1,
           "keys that are shared; equal products in the order in which they came");
}

int
main(void)
{
    double one = 1, same[] = { 2, 2 }, up[] = { 1, 2 };
    struct goldlearn g;

    goldlearn_open(&g);
    while (goldlearn_next(&g, "spearman"))
        test_spearman(&g);
    goldlearn_close(&g);
    tap_ok(isnan(rank_spearman(&one, &one, 1)) && isnan(rank_spearman(same, up, 2)),
           "no correlation of one pair, nor with a constant");
    goldlearn_open(&g);
    while (goldlearn_next(&g, "retrieval"))
        test_retrieval(&g);
    goldlearn_close(&g);
    test_keys();
    return tap_done();
}
