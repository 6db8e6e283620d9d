"""What scikit-learn and scipy make of small made-up data, for the tests of lib/learn.

usage: make_learn.py > learn.jsonl

{"what": "logit", "x" (row after row), "n", "d", "label", "k", "C", "balance", "scores":
    W x + b of each row less those of label 0}
{"what": "temperature", "z", "label", "k", "T"}
{"what": "labels", "gold", "pred", "k", "accuracy", "macro_f1", "precision", "recall", "f1"}
{"what": "wilson", "right", "n", "low", "high"}
{"what": "ece", "score", "right", "ece"}
{"what": "spearman", "x", "y", "rho"}
{"what": "retrieval", "vec", "n", "d", "key", "query", "mrr", "recall", "ndcg"}
"""
import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from scipy.stats import binomtest, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (accuracy_score, f1_score, label_ranking_average_precision_score,
                             ndcg_score, precision_recall_fscore_support)

rng = np.random.default_rng(11)


def put(what, **members):
    clean = {k: (v.tolist() if isinstance(v, (np.ndarray, np.generic)) else v)
             for k, v in members.items()}
    print(json.dumps({"what": what, **clean}))


def short(x):
    return np.round(x, 4)


def logit(n, d, k, c, balance, shift=0.0):
    w = rng.normal(size=(k, d))
    x = short(rng.normal(size=(n, d)) / np.sqrt(d) + shift)
    label = np.argmax(x @ w.T + rng.gumbel(size=(n, k)) * 0.5, axis=1)
    label[:k] = np.arange(k)
    m = LogisticRegression(C=c, class_weight="balanced" if balance else None, tol=1e-12,
                           max_iter=100000).fit(x.astype(np.float64), label)
    s = m.decision_function(x.astype(np.float64)).reshape(n, -1)
    s = np.concatenate([np.zeros((n, 1)), s], 1) if k == 2 else s - s[:, :1]
    put("logit", x=x.flatten(), n=n, d=d, label=label, k=k, C=c, balance=balance,
        scores=np.round(s.flatten(), 9))


def temperature(n, k, spread):
    z = short(rng.normal(size=(n, k)) * spread)
    label = np.argmax(z / spread + rng.gumbel(size=(n, k)), axis=1)

    def loss(log_t):
        s = z.astype(np.float64) / np.exp(log_t)
        return np.mean(logsumexp(s, axis=1) - s[np.arange(n), label])
    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded",
                           options={"xatol": 1e-10})
    put("temperature", z=z.flatten(), label=label, k=k, T=float(np.exp(best.x)))


def labels(n, k, used):
    gold, pred = rng.integers(0, used, n), rng.integers(0, k, n)
    pred = np.where(rng.random(n) < 0.6, gold, pred)
    p, r, f, _ = precision_recall_fscore_support(gold, pred, labels=range(k), zero_division=0)
    put("labels", gold=gold, pred=pred, k=k, accuracy=accuracy_score(gold, pred),
        macro_f1=f1_score(gold, pred, average="macro", zero_division=0), precision=p,
        recall=r, f1=f)


def ece(n):
    score = short(rng.random(n))
    right = (rng.random(n) < 0.3 + 0.5 * score).astype(int)
    bins = np.minimum((score.astype(np.float64) * 15).astype(int), 14)
    total = sum(abs(score[bins == b].astype(np.float64).mean() - right[bins == b].mean())
                * (bins == b).mean() for b in range(15) if (bins == b).any())
    put("ece", score=score, right=right, ece=total)


def retrieval(n, d, n_key, n_query):
    vec = rng.normal(size=(n, d))
    vec = np.round(vec / np.linalg.norm(vec, axis=1, keepdims=True), 7)
    key, query = rng.integers(0, n_key, n), (np.arange(n) < n_query).astype(int)
    mrr, recall, ndcg = [], [], []
    for q in range(n):
        if n_query and not query[q]:
            continue
        docs = [i for i in range(n) if i != q and not query[i]]
        sim = (vec.astype(np.float64)[docs] @ vec[q].astype(np.float64))
        rel = (key[docs] == key[q]).astype(int)
        if not rel.any():
            continue
        order = rel[np.argsort(-sim, kind="stable")]
        first = np.zeros_like(rel)
        first[np.flatnonzero(rel)[np.argmax(sim[rel == 1])]] = 1
        mrr.append(label_ranking_average_precision_score([first], [sim]))
        recall.append([order[:c].sum() / rel.sum() for c in (1, 5, 10)])
        ndcg.append(ndcg_score([rel], [sim], k=10))
    put("retrieval", vec=vec.flatten(), n=n, d=d, key=key, query=query,
        queries=len(mrr), mrr=np.mean(mrr), recall=np.mean(recall, axis=0),
        ndcg=np.mean(ndcg))


logit(60, 4, 2, 1.0, False)
logit(60, 4, 2, 30.0, True, shift=1.0)
logit(80, 5, 4, 3.0, False)
logit(80, 5, 4, 0.1, True, shift=-2.0)
logit(12, 20, 3, 100.0, False)
temperature(200, 3, 3.0)
temperature(200, 2, 0.3)
labels(100, 3, 3)
labels(50, 6, 4)
labels(7, 2, 1)
for right, n in ((0, 10), (10, 10), (701, 872), (1, 3)):
    ci = binomtest(right, n).proportion_ci(0.95, method="wilson")
    put("wilson", right=right, n=n, low=ci.low, high=ci.high)
ece(300)
ece(5)
for x, y in ((rng.normal(size=40), rng.normal(size=40)),
             (rng.integers(0, 4, 60), rng.integers(0, 3, 60)),
             (np.arange(9), -np.arange(9))):
    put("spearman", x=short(x), y=short(y), rho=spearmanr(short(x), short(y)).statistic)
retrieval(40, 6, 5, 0)
retrieval(60, 4, 12, 15)
