#!/usr/bin/env python3
"""Make the references of sampling with transformers' logits processors, in double.

    make_sample.py > sample.jsonl

Lines with "logits" are rows; the lines behind each are what is left of that row to draw
from: options, ids that are allowed (none named: all) and were seen, the ids that survive
and their probabilities; "logprob" is the log of each row's largest one's probability.
Rows 2 and 3 have ties, of which transformers' top-p may keep any: no top-p there.
"""
import itertools
import json
import random

import torch
from transformers.generation.logits_process import (
    MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
    TopPLogitsWarper)

N = 700


def rows(rnd):
    yield [round(rnd.gauss(0, 3), 4) + i * 1e-5 for i in range(N)]
    peaked = [round(rnd.gauss(-8, 2), 4) + i * 1e-5 for i in range(N)]
    peaked[517], peaked[3] = 9.5, 8.25
    yield peaked
    yield [round(rnd.gauss(0, 2), 1) for _ in range(N)]
    yield [0.0 if i % 3 else -0.0 for i in range(N)]
    yield [round(rnd.uniform(-60, 60), 4) + i * 1e-5 for i in range(N)]


def survivors(logits, case):
    ids = torch.tensor([case["seen"]], dtype=torch.long)
    scores = torch.tensor([logits], dtype=torch.float32).double()
    if case["allowed"]:
        mask = torch.full_like(scores, float("-inf"))
        mask[0, case["allowed"]] = 0
        scores = scores + mask
    if case["penalty"] != 1:
        scores = RepetitionPenaltyLogitsProcessor(case["penalty"])(ids, scores)
    if case["temperature"] != 1:
        scores = TemperatureLogitsWarper(case["temperature"])(ids, scores)
    if case["top_k"]:
        scores = TopKLogitsWarper(case["top_k"])(ids, scores)
    if case["top_p"] < 1:
        scores = TopPLogitsWarper(case["top_p"])(ids, scores)
    if case["min_p"]:
        scores = MinPLogitsWarper(case["min_p"])(ids, scores)
    left = torch.isfinite(scores[0]).nonzero()[:, 0]
    return left.tolist(), scores[0].softmax(0)[left].tolist()


def cases(rnd, ties):
    plain = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "penalty": 1.0,
             "allowed": [], "seen": [0]}
    one = [{"temperature": 0.7}, {"temperature": 1.8}, {"top_k": 1}, {"top_k": 40}, {"top_k": 699},
           {"top_k": 5000}, {"top_p": 0.9}, {"top_p": 0.31}, {"top_p": 0.9999}, {"min_p": 0.05},
           {"min_p": 1.0}, {"penalty": 1.3, "seen": [3, 3, 517, 699, 20, 21, 22]},
           {"allowed": sorted(rnd.sample(range(N), 30))}]
    for part in one:
        yield {**plain, **part}
    for a, b in itertools.combinations(one, 2):
        if rnd.random() < 0.3 and not set(a) & set(b):
            yield {**plain, **a, **b}
    for _ in range(8):
        yield {**plain, "temperature": 0.8, "top_k": rnd.randint(2, 200), "top_p": 0.95,
               "min_p": 0.02, "penalty": 1.1, "seen": rnd.choices(range(N), k=50),
               "allowed": sorted(rnd.sample(range(N), 300)) if rnd.random() < 0.5 else []}


def main():
    rnd = random.Random(11)
    for number, logits in enumerate(rows(rnd)):
        exact = torch.tensor(logits, dtype=torch.float32)
        best = exact.double().log_softmax(0).max().item()
        print(json.dumps({"logits": [round(x, 6) for x in logits], "logprob": best}))
        for case in cases(rnd, number in (2, 3)):
            if number in (2, 3) and case["top_p"] < 1:
                continue
            ids, p = survivors(logits, case)
            if len(ids) > 120:  # of many, the first ones
                p = [float(f"{x:.7g}") for x in p[:40]]
            print(json.dumps({**case, "ids": ids, "p": [float(f"{x:.7g}") for x in p]},
                             separators=(",", ":")))


main()
