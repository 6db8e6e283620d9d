#!/usr/bin/env python3
"""Make the WordPiece references with Hugging Face tokenizers.

    make_wordpiece.py                    wordpiece.json, wordpiece.jsonl, and
                                         wordpiece-sweep.jsonl beside this file
    make_wordpiece.py --random N SEED    N rows of random text on stdout, for
                                         `test_wordpiece FILE`; --minilm=FILE for the real
                                         vocabulary instead of the small one

wordpiece.json is a small tokenizer of our own. In wordpiece.jsonl a row without text
names the normalizer and the added tokens that hold from there on. "special": false says
that special tokens written in the text are plain text. The sweep holds, for every 4096
code points, the first 8 hex digits of a sha256: over ids and offsets of each code point
alone and between letters ("ids"), or over the normalized texts, each ended by a zero
byte ("text").
"""
import argparse
import hashlib
import json
import os
import random
import struct
import sys
import unicodedata

from tokenizers import Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCK = 4096


def norm(clean=True, chinese=True, strip=None, lower=True):
    return {"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese,
            "strip_accents": strip, "lowercase": lower}


NORMALIZERS = [norm(), norm(lower=False), norm(strip=False), norm(strip=True, lower=False),
               norm(clean=False), norm(chinese=False), norm(False, False, False, False),
               None]

# What our texts are made of: some of every script that does something interesting.
ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    " \t\n\r\v\f\x1c\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "\0\x01\x1b\x7f\u200b\u200d\u2060\ufeff\ufffd\ue000",
    "àéîõüçñßÆØÅÞðÿŒœŠžĳŉǅǆẞﬁﬃſK", "İıΣσςΆΐΰᾳᾼὈΩΏ΅;`´", "ДдЙйЁёЫѣҐґԱաևႠაᲐꙀꭰᎠ",
    "אבגדָּׁ‎ﬡשּׂ", "ابتثجةئﷺَُِّْٰۖ۝", "अआक़कखिीु़्ँॐ৷ক্ষড়", "กขคำเแ้๊ๆ฿", "ཀཁཱཱིུཀྵ༔",
    "가각힣ᄀ각ꥠㄱ", "一丁龥㐀𠀀𪜀𫝀𫠠𬺡豈﨎丽々〇", "あアがガゔヷー゛゙ｱﾞ、。「」",
    "😀👩\u200d👩🏽\ufe0f🇩🇪①½²ⅣⅷⓐＡ！", "".join(map(chr, range(0x300, 0x345))),
    "\u0344\u0f73\u0f75\u0f81\u0341\u0374\u1fef\u2126\u212b\u2260\u2adc",
]


def survivors():
    """Marks that are put in order but not stripped, and stripped starters."""
    pool = [c for c in map(chr, range(0x110000)) if unicodedata.combining(c)]
    kept = Tokenizer.from_str(json.dumps(base())).normalizer
    return [c for c in pool if kept.normalize_str(c)], pool


def base():
    words = ("the quick brown fox jump over lazy dog token ization un want able embed "
             "ding ##ing ##s ##ed ##able ##er ##ization hello world don ' t ##llo").split()
    chars = set()
    for c in "".join(ALPHABETS):
        for x in (c, c.lower(), c.upper()):
            for y in (x, unicodedata.normalize("NFD", x), unicodedata.normalize("NFC", x)):
                chars |= set(y)
    chars = sorted(c for c in chars if not c.isspace())
    chars = [c for i, c in enumerate(chars) if i % 7]   # some must stay unknown
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words
    for c in chars:
        pieces += [c, "##" + c]
    pieces += ["##\u0301x", "e\u0301", "##İ", "i\u0307", "##\u0307", "ss", "한국", "##국"]
    vocab = {p: i for i, p in enumerate(dict.fromkeys(pieces))}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": added(vocab), "normalizer": norm(),
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", vocab["[SEP]"]],
                           "cls": ["[CLS]", vocab["[CLS]"]]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]",
                  "continuing_subword_prefix": "##", "max_input_chars_per_word": 20,
                  "vocab": vocab}}


def token(vocab, content, **flags):
    t = {"id": vocab.setdefault(content, len(vocab)), "content": content,
         "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": False}
    t.update(flags)
    return t


def added(vocab):
    vocab = dict(vocab)
    return [token(vocab, c, special=True)
            for c in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]


def added_more(vocab):
    """Every flag, overlaps, and a token that normalization changes."""
    vocab = dict(vocab)
    return [token(vocab, "[UNK]", special=True), token(vocab, "[CLS]", special=True),
            token(vocab, "[SEP]", special=True),
            token(vocab, "[MASK]", special=True, lstrip=True),
            token(vocab, "<r>", rstrip=True), token(vocab, "<lr>", lstrip=True, rstrip=True),
            token(vocab, "New York", normalized=True), token(vocab, "new"),
            token(vocab, "café", normalized=True, single_word=True),
            token(vocab, "一丁", normalized=True), token(vocab, "<x>", single_word=True),
            token(vocab, "<x><x>y"), token(vocab, " <s>", normalized=True, rstrip=True),
            token(vocab, "  "), token(vocab, "[m", special=True, normalized=True)]


def tokenizer(file, **change):
    t = Tokenizer.from_str(json.dumps({**file, **change}))
    t.no_truncation()
    t.no_padding()
    return t


def row(t, text, special=True):
    t.encode_special_tokens = not special
    e = t.encode(text)
    r = {"text": text, "ids": e.ids, "offsets": e.offsets}
    if not special:
        r["special"] = False
    r["decoded"] = t.decode(e.ids, skip_special_tokens=True)
    r["decoded_all"] = t.decode(e.ids, skip_special_tokens=False)
    return json.dumps(r, ensure_ascii=False).replace("\u2028", "\\u2028")


def texts(rng, marks, count, anything=False):
    kept, pool = marks
    bits = ["[MASK]", "[CLS] ", " [SEP]", "<r>  ", " \u3000<lr> \t", "New York", "NEW  YORK",
            "new york", "café", "cafe\u0301", "CAFÉS", "一丁", "<x>", "<x><x>y", " <s> ", "[m",
            "new", "tokenization", "unwantedable", "don't", "e\u0301\u0327", "\u0344"]
    for _ in range(count):
        out = []
        for _ in range(rng.randint(1, 12)):
            kind = rng.random()
            if kind < .15:
                out.append(rng.choice(bits))
            elif kind < .3:
                out += [rng.choice("ae \u0f71.K一가é") if rng.random() < .3 else
                        rng.choice(kept if rng.random() < .5 else pool)
                        for _ in range(rng.randint(1, 6))]
            elif kind < .4 and anything:
                c = rng.randrange(0x110000 if rng.random() < .2 else 0x3100)
                out.append(" " if 0xD800 <= c < 0xE000 else chr(c))
            else:
                a = rng.choice(ALPHABETS[:2] if rng.random() < .4 else ALPHABETS)
                out += [rng.choice(a) for _ in range(rng.randint(1, 9))]
            if rng.random() < .3:
                out.append(" ")
        yield "".join(out)


FIXED = ["", " ", "  a  ", "The quick brown fox jumps over the lazy dog.", "a" * 20,
         "a" * 21, "é" * 20, "é" * 21, "x" * 10 + "é" * 11, "a\u0301" * 20, "\u302e" * 21,
         "\u302e\u0301" * 12, "a" + "\u0301" * 300, "Hello, WORLD! don't", "\u0301", "\0", "a\0b",
         "[UNK][MASK] [mask]", "##ing", "한국어", "İİ", "ǅ", "ﬁﬃ", "ß", "ΑΣ", "https://a.b/c?d=e#f"]


def groups(file, rng, count, anything):
    marks = survivors()
    vocab = file["model"]["vocab"]
    for n in NORMALIZERS:
        for a in (added(vocab), added_more(vocab)):
            t = tokenizer(file, normalizer=n, added_tokens=a)
            yield json.dumps({"normalizer": n, "added_tokens": a}, ensure_ascii=False)
            fixed = FIXED if a == added(vocab) else []
            for text in fixed + list(texts(rng, marks, count, anything)):
                yield row(t, text, special=rng.random() < .7)


def digests(items):
    """Eight hex digits for each block; items: code point -> bytes."""
    for b in range(0, 0x110000, BLOCK):
        h = hashlib.sha256()
        for c in range(b, b + BLOCK):
            if not 0xD800 <= c < 0xE000:
                h.update(items(c))
        yield h.hexdigest()[:8]


def sweep(t, kind):
    def ids(c):
        out = b""
        for text in (chr(c), "a" + chr(c) + "b"):
            e = t.encode(text, add_special_tokens=False)
            out += b"".join(struct.pack("<3i", i, *o) for i, o in zip(e.ids, e.offsets))
            out += struct.pack("<i", -1)
        return out

    def text(c):
        return b"".join(t.normalizer.normalize_str(x).encode() + b"\0"
                        for x in (chr(c), "a" + chr(c) + "b"))
    return list(digests(ids if kind == "ids" else text))


def write(name, lines):
    with open(os.path.join(HERE, name), "w", newline="\n") as f:
        f.writelines(line + "\n" for line in lines)


def sweeps(file, minilm):
    for n in NORMALIZERS:
        t = tokenizer(file, normalizer=n)
        for kind in ("ids", "text"):
            if n or kind == "ids":
                yield json.dumps({"normalizer": n, "added_tokens": file["added_tokens"],
                                  "kind": kind, "blocks": sweep(t, kind)})
    if minilm:
        yield json.dumps({"model": "minilm", "kind": "ids",
                          "blocks": sweep(tokenizer(minilm), "ids")})


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--random", nargs=2, type=int)
    ap.add_argument("--no-sweep", action="store_true", help="it takes minutes")
    ap.add_argument("--minilm", help="its tokenizer.json")
    a = ap.parse_args()
    minilm = json.load(open(a.minilm)) if a.minilm else None
    if a.random:
        rng = random.Random(a.random[1])
        if minilm:
            t = tokenizer(minilm)
            for text in texts(rng, survivors(), a.random[0], True):
                print(row(t, text, rng.random() < .7))
        else:
            for line in groups(base(), rng, a.random[0] // 16, True):
                print(line)
        return
    file = base()
    stripped = {k: v for k, v in file.items() if k not in ("normalizer", "added_tokens")}
    write("wordpiece.json", [json.dumps(stripped, ensure_ascii=False, separators=(",", ":"))])
    write("wordpiece.jsonl", groups(file, random.Random(1), 25, False))
    if not a.no_sweep:
        write("wordpiece-sweep.jsonl", sweeps(file, minilm))


main()
