#!/usr/bin/env python3
"""schema_peer.py - random schemas and values of them, checked by the jsonschema package

usage: schema_peer.py PROGRAM TOKENIZER [SCHEMAS [SEED]]

PROGRAM is schema_peer (schema_peer.c). For each random schema: values that it made by
random tokens and bytes must be valid; values made here in the same way of writing must be
accepted; and what is accepted of both after a random change must be valid.
"""
import json
import os
import random
import subprocess
import sys

import jsonschema

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from make_schema import Cannot, change, is_valid, plain, schema, value  # noqa: E402



class Peer:
    def __init__(self, program, tokenizer):
        self.p = subprocess.Popen([program, tokenizer], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line, n=1):
        self.p.stdin.write(line + b"\n")
        self.p.stdin.flush()
        return [self.p.stdout.readline()[:-1] for _ in range(n)]


def main():
    peer = Peer(sys.argv[1], sys.argv[2])
    n_schema = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    r = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    count = dict(refused=0, walks=0, written=0, accepted=0, changed=0, changed_accepted=0)
    for i in range(n_schema):
        s = schema(r)
        check = jsonschema.Draft202012Validator(s)
        answer = peer.ask(b"S " + json.dumps(s).encode())[0]
        if answer != b"ok":
            count["refused"] += 1
            if b"digits" not in answer and b"is of the type" not in answer:
                sys.exit(f"{json.dumps(s)}: {answer.decode()}")
            continue
        texts = []
        for left in (0, r.randint(1, 20), r.randint(20, 200)):
            texts += peer.ask(b"W 12 %d %d" % (r.randint(0, 2**31), left), 12)
        for t in texts:
            count["walks"] += 1
            if not is_valid(check, t):
                sys.exit(f"not valid: {json.dumps(s)}\n{t!r}")
        for _ in range(8):
            try:
                t = plain(value(r, s))
            except Cannot:
                continue
            count["written"] += 1
            texts.append(t)
            if peer.ask(b"A " + t)[0] != b"1":
                sys.exit(f"refused: {json.dumps(s)}\n{t.decode()}")
            count["accepted"] += 1
        for t in texts:
            t = change(r, t)
            count["changed"] += 1
            if t and peer.ask(b"A " + t)[0] == b"1":
                count["changed_accepted"] += 1
                if not is_valid(check, t):
                    sys.exit(f"accepted: {json.dumps(s)}\n{t!r}")
    print(json.dumps(count))


main()
