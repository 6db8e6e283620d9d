"""Vectors of our own texts, by sentence-transformers from the model in DIR.

usage: make_minilm.py DIR > minilm-own.jsonl

One text at a time, in f32, without padding; texts of more than 256 tokens are truncated.
The texts were written for this file and may be used by anybody for anything (CC0).
"""
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from sentence_transformers import SentenceTransformer

TEXTS = [
    "",
    "   \n\t",
    "a",
    "A cat sleeps on the warm roof.",
    "On the warm roof, a cat is sleeping.",
    "The disk is full and the nightly backup did not finish.",
    "Nov 21 04:12:09 gate sshd[2211]: Failed password for root from 203.0.113.9 port 41022 ssh2",
    "Nov 21 04:12:11 gate sshd[2211]: Accepted publickey for ana from 198.51.100.4 port 50110",
    "kernel: oom-killer: killed process 4242 (indexer), anon-rss:1048576kB",
    "GET /static/logo.svg HTTP/1.1 304 0 \"-\" \"test-agent/0.1\"",
    "Die Mühle mahlt langsam, aber sie mahlt.",
    "O moinho fica perto do rio; a água é fria.",
    "Мельница стоит у реки.",
    "水車小屋は川のそばにあります。",
    "مطحنة قديمة قرب النهر",
    "e\u0301galite\u0301 \u2014 \u00e9galit\u00e9",
    "mill\u200bstone and mill\u00adstone \U0001F33E\U0001F3ED",
    "https://example.org/a/very/long/path?with=query&and=more#fragment",
    "x" * 300,
    "0xDEADBEEF 3.14159 1,000,000 50% $20 #42 @here",
    "grain flour bread oven table " * 80,
    "one two three. " * 40 + "The last words of this text are beyond the limit " * 20,
]


def main(folder):
    st = SentenceTransformer(folder, device="cpu")
    st.max_seq_length = 256
    for text in TEXTS:
        v = st.encode([text])[0]
        print(json.dumps({"text": text, "embedding": [round(float(x), 6) for x in v]}))


if __name__ == "__main__":
    main(sys.argv[1])
