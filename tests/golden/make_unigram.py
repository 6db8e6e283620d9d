#!/usr/bin/env python3
"""Make the unigram references with sentencepiece: small models of our own, and what it
makes of some texts.

    make_unigram.py                      unigram/NAME.spm and NAME.jsonl beside this file
    make_unigram.py --random N SEED SPM  N rows of random text on stdout, for
                                         `test_unigram SPM FILE`
"""
import io
import json
import os
import random
import sys

import sentencepiece as sp

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "unigram")

WORDS = ("the server does not answer a disk is full password wrong for user root again "
         "and again connection closed by peer nobody reads this log o servidor não "
         "responde o disco está cheio senha errada para o usuário").split()

# A small map: some keys begin with others, some grow, some go away, some become spaces.
RULES = [("Ａ", "A"), ("ﬁ", "fi"), ("e\u0301", "é"), ("a\u0303", "ã"),
         ("\t", " "), ("\n", " "), ("\r", " "), ("\u3000", " "), ("\u00a0", " "),
         ("\u200b", " "), ("\ufdfa", "صلى الله"), ("…", "..."), ("№", " no "), ("½", "1/2"),
         ("A\u030a", "Å"), ("A\u030a\u0301", "Ǻ"), ("--", "-")]

ALPHABET = list("abcdefghijklmnopqrstuvwxyz     ,.-'!?0123456789ABCA") + [
    "é", "e\u0301", "a\u0303", "ã", "ﬁ", "Ａ", "№", "½", "…", "\t", "\n", "\u3000", "\u200b", "--",
    "A\u030a", "A\u030a\u0301", "\u030a", "▁", " ▁ ", "\ufdfa", "中", "文", "😀", "👩\u200d👩", "\x00",
    "\x01", "\x7f", "</s>", "<unk>", "<0x41>", "\ufffd", "é", "ü", "\ufeff", "é́"] + WORDS

TEXTS = ["", " ", "   ", " a ", "\t\n\r", "the server", "  the   server  ", "▁", "▁▁a", "a▁",
         "</s>", "<unk><unk>", "中文", "a中文b 中", "no\u200bspace", "№", " № ", "ﬁle", "e\u0301", "e",
         "A\u030a\u0301x", "A\u030a", "A", "--", "---", "\ufdfa", "½½", "😀😀 the 😀", "\x00", "a\x00b", "<0x41>",
         "a" * 300, " ".join(WORDS), "…" * 20, "the" * 100]


def train(name, **more):
    rng = random.Random(1)
    lines = [" ".join("".join(rng.choice(WORDS)[:rng.randrange(1, 9)] for _ in range(2))
                      for _ in range(rng.randrange(3, 12)))
             for _ in range(2000)]
    out = io.BytesIO()
    sp.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=out, model_type="unigram",
        minloglevel=2, bos_id=-1, eos_id=0, unk_id=1, pad_id=-1, num_threads=1,
        character_coverage=1.0, hard_vocab_limit=False, **more)
    with open(os.path.join(HERE, name + ".spm"), "wb") as f:
        f.write(out.getvalue())
    return sp.SentencePieceProcessor(model_proto=out.getvalue())


def row(m, text):
    ids = m.encode(text)
    return json.dumps({"text": text, "ids": ids, "pieces": m.encode(text, out_type=str),
                       "decoded": m.decode(ids)}, ensure_ascii=False)


def random_text(rng):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(60)))


def main():
    if sys.argv[1:2] == ["--random"]:
        rng = random.Random(int(sys.argv[3]))
        m = sp.SentencePieceProcessor(model_file=sys.argv[4])
        for _ in range(int(sys.argv[2])):
            print(row(m, random_text(rng)))
        return
    os.makedirs(HERE, exist_ok=True)
    # A path of this machine would end up in the model.
    rules = os.path.relpath(os.path.join(HERE, "rules.tsv"))
    with open(rules, "w") as f:
        for a, b in RULES:
            f.write(" ".join("%X" % ord(c) for c in a) + "\t" +
                    " ".join("%X" % ord(c) for c in b) + "\n")
    models = {
        "map": train("map", vocab_size=150, normalization_rule_tsv=rules),
        "bytes": train("bytes", vocab_size=390, byte_fallback=True,
                       normalization_rule_name="identity", add_dummy_prefix=False,
                       remove_extra_whitespaces=False),
        "suffix": train("suffix", vocab_size=120, normalization_rule_name="identity",
                        treat_whitespace_as_suffix=True, user_defined_symbols=["<br>"]),
    }
    os.remove(rules)
    for name, m in models.items():
        rng = random.Random(2)
        with open(os.path.join(HERE, name + ".jsonl"), "w") as f:
            for t in TEXTS + [random_text(rng) for _ in range(60)]:
                f.write(row(m, t) + "\n")


main()
