#!/usr/bin/env python3
"""draw.py - draws the log lines that are labelled

    draw.py LOGS.JSONL >lines.jsonl

LOGS.JSONL has one record a line: `src` ("Linux_2k.log"), `n` (line number), `text`.
Of each system 250 line numbers are drawn without putting back, by random.Random(seed)
on the sorted numbers; the seed is named with the system, so that a system's draw does
not depend on which others are there.  The output is sorted by system and number.
"""
import json
import random
import sys

SEED = "textmill log-sentiment 1"
LINES_PER_SYSTEM = 250


def draw(numbers, system):
    """the drawn ones of a system's line numbers, sorted"""
    generator = random.Random(f"{SEED} {system}")
    return sorted(generator.sample(sorted(numbers), LINES_PER_SYSTEM))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: draw.py LOGS.JSONL")
    lines = {}
    with open(sys.argv[1], encoding="utf-8") as records:
        for record in map(json.loads, records):
            system = record["src"].removesuffix("_2k.log")
            lines.setdefault(system, {})[record["n"]] = record["text"]
    for system in sorted(lines):
        for n in draw(lines[system], system):
            line = {"system": system, "n": n, "text": lines[system][n]}
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
