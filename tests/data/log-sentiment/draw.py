#!/usr/bin/env python3
"""draw.py - draws the log lines that are labelled

    draw.py lines LOGS.JSONL       labels.tsv: 250 lines of each system, evenly
    draw.py rare LOGS.JSONL        rare.tsv: a line of each template that the first has not
    draw.py samples ../../../samples/*.log*   samples.tsv: a line of each template

LOGS.JSONL has one record a line: `src` ("Linux_2k.log"), `n` (line number), `text`;
a sample is plain text, or gzip, and its lines are counted from 0.  The output is one
record a line, `system`, `n`, `text`, sorted.

Every draw is random.Random(seed).sample on sorted numbers.  The seed is named with the
system, so that a system's draw does not depend on which others are there.  Logs repeat
themselves: an even draw is what a user meets, and measures; a draw by template is what
a head learns from.
"""
import gzip
import json
import os
import random
import re
import sys

SEED = "textmill log-sentiment 1"
LINES_PER_SYSTEM = 250
TEMPLATES_PER_SYSTEM = 80


def template(text):
    """the words of a line that have no digit in or beside them"""
    return " ".join(re.findall(r"[A-Za-z]{3,}", re.sub(r"\S*\d\S*", " ", text)))


def sample(numbers, count, system):
    """`count` of the numbers, or all where there are fewer; sorted"""
    numbers = sorted(numbers)
    generator = random.Random(f"{SEED} {system}")
    return sorted(generator.sample(numbers, min(count, len(numbers))))


def first_of_each_template(lines, known=()):
    """the number of the first line of each template that is not in `known`"""
    first = {}
    for n in sorted(lines):
        first.setdefault(template(lines[n]), n)
    return [n for key, n in first.items() if key not in known]


def draw_lines(lines, system):
    return sample(lines, LINES_PER_SYSTEM, system)


def draw_templates(lines, system):
    return sample(first_of_each_template(lines), TEMPLATES_PER_SYSTEM, system)


def draw_rare(lines, system):
    known = {template(lines[n]) for n in draw_lines(lines, system)}
    left = first_of_each_template(lines, known)
    return sample(left, TEMPLATES_PER_SYSTEM, system + " rare")


def read_logs(path):
    """the lines of each system of a JSON lines file, by number"""
    systems = {}
    with open(path, encoding="utf-8") as records:
        for record in map(json.loads, records):
            system = record["src"].removesuffix("_2k.log")
            systems.setdefault(system, {})[record["n"]] = record["text"]
    return systems


def read_samples(paths):
    """the lines of each text file, by number; its name up to the first dot is the system"""
    systems = {}
    for path in paths:
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8", errors="replace") as text:
            name = os.path.basename(path).split(".")[0]
            systems[name] = dict(enumerate(text.read().splitlines()))
    return systems


def main():
    draws = {"lines": draw_lines, "rare": draw_rare, "samples": draw_templates}
    if len(sys.argv) < 3 or sys.argv[1] not in draws:
        sys.exit("usage: draw.py lines|rare LOGS.JSONL, or draw.py samples FILE ...")
    which, paths = sys.argv[1], sys.argv[2:]
    systems = read_samples(paths) if which == "samples" else read_logs(paths[0])
    for system, lines in sorted(systems.items()):
        for n in draws[which](lines, system):
            line = {"system": system, "n": n, "text": lines[n]}
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
