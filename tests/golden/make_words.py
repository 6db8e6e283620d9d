"""The words of texts by Python's re, and what numpy makes of them, for test_wordbag and test_wordhead.

usage: make_words.py > words.jsonl

{"what": "bag", "text", "words": with spaces between, "features": words, then pairs}
{"what": "list", "texts", "min", "list": features of at least `min` texts, by bytes}
{"what": "head", "text", "words", "labels", "weights", "bias", "T", "prob"}
"""
import collections
import json
import random
import re

import numpy as np

rng = random.Random(5)
TEXTS = [
    "", " ", "a", "ab", "A b C", "disk is full", "Disk  FULL: disk full", "1 2 3", "x86 amd64 i386",
    "openFile failed", "IOException in fileIOError", "aB", "aBC", "ABc", "abCD eF", "status=0x1f",
    "caf\u00e9 d\u00e9j\u00e0Vu", "\u00e9", "\u00c9A \u00e9B", "\u65e5\u672c\u8a9e text", "naïve\u2019s", "\U0001f600",
    "a" * 64, "a" * 65, "x " + "b" * 65 + " yy zz", "zz " + "\u00e9" * 33 + " yy", "one\ttwo\nthree\0four",
    "@AZ[`az{", "don't stop", "k8s.io/api/v1", "NODE-17 isUp", "the end",
]
CODES = [
    '"GET / HTTP/1.1" 404 153 "-"', '{"status":200,"n":7,"ms":150}', "code=503; (302) 599}", "404", ":404", "404,", ",404",
    "100 099 600 599 1000 12 1234", "10:15:404 x:404 7:404", "200,000 and 200, 000", "took 150ms or 150 ms", "[404] <404> 404.",
    "-404 +404 #404 4044 x404 404x", "\u00e9404 404\u00e9", "a 404 b", "a 1 b 404 405 b", "500\t501\n502\u0000503|504",
]
TEXTS += ["".join(rng.choice("abAB zZ09é-語") for _ in range(rng.randrange(60))) for _ in range(60)]
TEXTS += CODES + ["".join(rng.choice(["404", "200", "7", " ", ":", ",", '"', "=", "a", "Ab", "{", "}", "."])
                          for _ in range(rng.randrange(20))) for _ in range(60)]


EDGE = rb'[\x00-\x20"=;|}]'
CODE = rb"(?:\A|(?<=\A:)|(?<=%s)|(?<=%s:))[1-5][0-9]{2}(?=,?(?:%s|\Z))" % (EDGE, EDGE, EDGE)


def words(text):
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    runs = re.findall(rb"[A-Za-z\x80-\xff]+|" + CODE, text.encode())
    small = (re.sub(rb"[A-Z]", lambda m: m[0].lower(), w) for w in runs)
    coded = (w[:1] + b"xx" if w[:1].isdigit() else w for w in small)
    return [w.decode() for w in coded if 2 <= len(w) <= 64]


def features(text):
    w = words(text)
    return w + [f"{a} {b}" for a, b in zip(w, w[1:])]


def bag():
    for text in TEXTS:
        yield {"text": text, "words": " ".join(words(text)), "features": features(text)}


def lists():
    for least in 1, 2, 3:
        count = collections.Counter(f for t in TEXTS for f in set(features(t)))
        kept = sorted((f for f, n in count.items() if n >= least), key=str.encode)
        yield {"texts": TEXTS, "min": least, "list": kept}


def head():
    known = ["disk", "disk full", "full", "file failed", "zz yy", "é語", "open", "the", "end"]
    numbers = np.random.default_rng(3)
    weights, bias = numbers.normal(size=(3, len(known))).round(3), np.array([0.5, -0.25, 0.0])
    for text in TEXTS[:32]:
        x = np.array([w in features(text) for w in known], float)
        z = (weights @ (x / max(np.linalg.norm(x), 1e-9)) + bias) / 0.8
        p = np.exp(z - z.max())
        yield {"text": text, "words": known, "labels": ["n", "o", "p"], "weights": weights.tolist(),
               "bias": bias.tolist(), "T": 0.8, "prob": (p / p.sum()).round(9).tolist()}


for what in bag, lists, head:
    for line in what():
        print(json.dumps({"what": {"lists": "list"}.get(what.__name__, what.__name__), **line},
                         ensure_ascii=False))
