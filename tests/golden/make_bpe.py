#!/usr/bin/env python3
"""Make the references of byte-level BPE with Hugging Face tokenizers.

    make_bpe.py DIR        DIR/NAME.json and DIR/NAME.jsonl for each pre-tokenizer

The tokenizers are trained here, on texts that they are tried on; NAME.jsonl has texts with
ids, the first ones with offsets, too.
"""
import json
import random
import sys

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

MODERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
PARTS = ["a", "the", "S", "s", "'", "'s", "'RE", "'Ll", "\u017f", "'\u017f", " ", "  ", "\n", "\r\n",
         "\t", "\u00a0", "\u3000", "\u2028", "\x85", "1", "23", "4567", "\u0663", "\u00bd",
         "\u2167", "\u00e9", "e\u0301", "\u4e2d", "\u00df", "\U0001f600", "\u200d", "!", "?!",
         "_", "(", "#", "\u0e01\u0e47", "\x00", "\x1c", "\ufeff", "\u180e", "don't", "WE'VE"]


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split(numbers):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(MODERN % numbers), "isolated"), byte_level(False)])


KINDS = {
    "gpt2": byte_level(True),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(True), byte_level(True)]),
    "llama3": split(r"\p{N}{1,3}"),
    "qwen2": split(r"\p{N}"),
}


def texts(rnd):
    out = ["", " ", "Hello world", "It's 2024, we've 12345 things;\n\n  and more...\r\n"]
    for _ in range(250):
        out.append("".join(rnd.choice(PARTS) for _ in range(rnd.randint(1, 14))))
    for base in list(range(0, 0x20000, 512)) + [0x20000, 0xE0000, 0xF0000]:
        cps = [c for c in range(base, base + 512, 61) if not 0xD800 <= c <= 0xDFFF]
        out.append("".join("a" + chr(c) + "1 " + chr(c) + "\n" for c in cps))
    return out


for name, pre in KINDS.items():
    rnd = random.Random(7)
    tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama3"))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
    samples = texts(rnd)
    tokenizer.train_from_iterator(samples[:254], trainers.BpeTrainer(
        vocab_size=420, show_progress=False, special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.save(f"{sys.argv[1]}/{name}.json", pretty=False)
    with open(f"{sys.argv[1]}/{name}.jsonl", "w", encoding="utf-8") as out:
        for i, text in enumerate(samples):
            got = tokenizer.encode(text)
            line = {"text": text, "ids": got.ids}
            if i < 100:
                line["offsets"] = got.offsets
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
