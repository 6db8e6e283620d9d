#!/usr/bin/env python3
"""rouge.py - ROUGE of summaries, beside the first three sentences

usage: rouge.py FILE SUMMARIZE CHUNK [OPTION ...]

FILE: JSON lines with `dialogue` and `summary`, the reference. SUMMARIZE and CHUNK are the
programs; the options are those of summarize (--extract=3). Needs the package rouge-score;
words are stemmed, as is the custom. Prints F1 of ROUGE-1, -2 and -L in percent, and the
summaries' mean length in characters.
"""
import json
import subprocess
import sys

from rouge_score import rouge_scorer

SCORES = ("rouge1", "rouge2", "rougeL")


def lines(command, path):
    out = subprocess.run([*command, path], check=True, stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.splitlines()]


def lead(chunk, path, n):
    """The first n sentences of each text, as the same sentences that are extracted."""
    texts = {}
    for r in lines([chunk, "-i", "dialogue", "-o", "sentence"], path):
        texts.setdefault(r["fname"], []).append(r["sentence"])
    return {name: " ".join(s[:n]) for name, s in texts.items()}


def main():
    path, summarize, chunk, *options = sys.argv[1:]
    scorer = rouge_scorer.RougeScorer(SCORES, use_stemmer=True)
    gold = {r["fname"]: r["summary"] for r in map(json.loads, open(path))}
    ours = {r["fname"]: r["ours"]
            for r in lines([summarize, "-i", "dialogue", "-o", "ours", *options], path)}
    for what, texts in (("lead-3", lead(chunk, path, 3)), (" ".join(options), ours)):
        total = dict.fromkeys(SCORES, 0.0)
        for name, want in gold.items():
            for k, v in scorer.score(want, texts[name]).items():
                total[k] += 100 * v.fmeasure / len(gold)
        size = sum(map(len, texts.values())) / len(gold)
        print(what, *(f"{k} {v:.2f}" for k, v in total.items()), f"characters {size:.0f}")


main()
