"""Small fastText classifiers of every kind, and what fastText says with them.

usage: make_fasttext.py FOLDER

Writes FOLDER/*.bin, *.ftz, and predictions.jsonl: a model's file, a text, and its best
labels with their probabilities. The texts were written for this file and may be used
by anybody for anything (CC0). One thread, so that a run gives the same models again.
"""
import json
import os
import random
import sys
import tempfile

import fasttext

WORDS = {
    "en": "the mill stands by river and its wheel turns all day while miller grinds grain to flour",
    "de": "die Mühle steht am Fluss und ihr Rad dreht sich den ganzen Tag der Müller mahlt Korn zu Mehl",
    "pt": "o moinho fica perto do rio e a sua roda gira o dia todo o moleiro mói o grão até ser farinha",
    "ru": "мельница стоит у реки её колесо крутится весь день мельник мелет зерно в муку",
    "ja": "水車小屋は 川の そばに あり 車輪は 一日中 回り 粉屋は 穀物を 粉に する",
}
TEXTS = [
    "the miller",
    "Müller am Fluss  \t und  Rad",
    "o rio e a roda",
    "мельник у реки",
    "水車小屋は 川の そばに あります",
    "unknown wörds only",
    "a",
    "x" * 100,
    "__label__en the",
    "e\u0301 \U0001F33E \u00ff",
    "the mill the mill the mill die o",
    "label17 w17a w17b",
]


def corpus(path):
    rnd = random.Random(7)
    with open(path, "w", encoding="utf-8") as f:
        for i in range(500):
            lang = list(WORDS)[i % 3 if i % 7 else i % 5]
            w = WORDS[lang].split()
            f.write("__label__%s %s\n" % (lang, " ".join(rnd.choices(w, k=6))))


def many_labels(path):
    rnd = random.Random(8)
    with open(path, "w", encoding="utf-8") as f:
        for i in list(range(260)) * 3:
            f.write("__label__%d label%d w%d%s\n" % (i, i, i // 4, rnd.choice("ab")))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    few, many = (os.path.join(tempfile.mkdtemp(), n) for n in ("few", "many"))
    corpus(few)
    many_labels(many)
    common = dict(minCount=1, thread=1, epoch=20, lr=0.5, verbose=0, seed=1)
    chars = dict(minn=2, maxn=4, bucket=700)
    models = {
        "hs.bin": (few, dict(dim=5, loss="hs", minn=1, maxn=3, bucket=100), None),
        "hs-kept.ftz": (few, dict(dim=8, loss="hs", **chars), dict(qnorm=True, cutoff=300)),
        "softmax-words.bin": (few, dict(dim=4, loss="softmax", wordNgrams=3, bucket=90), None),
        "softmax-plain.ftz": (few, dict(dim=6, loss="softmax", wordNgrams=2, **chars), dict(qnorm=False, dsub=4)),
        "softmax-out.ftz": (many, dict(dim=4, loss="softmax", **chars), dict(qnorm=True, qout=True, cutoff=400)),
        "ova.bin": (few, dict(dim=4, loss="ova", bucket=0), None),
        "ns.bin": (few, dict(dim=4, loss="ns", minn=3, maxn=3, bucket=50), None),
    }
    with open(os.path.join(folder, "predictions.jsonl"), "w", encoding="utf-8") as out:
        for name, (data, how, quantize) in models.items():
            m = fasttext.train_supervised(data, **common, **how)
            if quantize:
                m.quantize(input=data, thread=1, **quantize)
            path = os.path.join(folder, name)
            m.save_model(path)
            m = fasttext.load_model(path)
            for text in TEXTS:
                label, p = m.predict(text, k=10, threshold=-1)
                row = {"model": name, "text": text, "label": [x[9:] for x in label],
                       "prob": [round(float(x), 6) for x in p]}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
