#!/usr/bin/env python3
"""Ask Hugging Face tokenizers what it holds of every code point, and write the answers
as C tables: lib/token/berttab.c.

The reference classes characters by several Unicode versions at once (its own category
crate, its normalization crate, the Rust standard library), so the tables come from the
program, not from the Unicode database.

usage: make_bert_tables.py > lib/token/berttab.c     (python with `tokenizers` installed)
"""
import sys
import unicodedata

import tokenizers
from tokenizers import Tokenizer, AddedToken, models, normalizers, pre_tokenizers

# One bit each; lib/token/berttab.h has the same list.
DROP, SPACE, WHITE, PUNCT, CJK, MARK, WORD = (1 << i for i in range(7))
BLOCK = 128  # berttab.h knows it too

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def bert(**on):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False,
               lowercase=False)
    return normalizers.BertNormalizer(**{**off, **on}).normalize_str


CLEAN, CHINESE, STRIP, LOWER = (bert(**{k: True}) for k in
                                ("clean_text", "handle_chinese_chars", "strip_accents",
                                 "lowercase"))
NFD = normalizers.NFD().normalize_str
SPLIT = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def word_chars():
    """Characters that the reference's `single_word` takes for part of a word."""
    t = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    t.add_tokens([AddedToken("@", single_word=True, normalized=False)])
    at = t.token_to_id("@")
    return {c for c in POINTS if at not in t.encode(chr(c) + "@").ids}


def classes():
    word = word_chars()
    flags = {}
    for c in POINTS:
        ch, f = chr(c), 0
        clean = CLEAN(ch)
        if clean == "":
            f |= DROP
        elif clean == " ":
            f |= SPACE
        else:
            assert clean == ch, hex(c)
        pieces = [p for p, _ in SPLIT("a" + ch + "b")]
        if pieces == ["a", "b"]:
            f |= WHITE
        elif pieces == ["a", ch, "b"]:
            f |= PUNCT
        else:
            assert pieces == ["a" + ch + "b"], hex(c)
        chinese = CHINESE(ch)
        if chinese == " " + ch + " ":
            f |= CJK
        else:
            assert chinese == ch, hex(c)
        if NFD(ch) == ch and STRIP(ch) == "":
            f |= MARK
        if c in word:
            f |= WORD
        flags[c] = f
    return flags


def combining_classes():
    """Canonical combining class by trial: which probes does it trade places with?"""
    # U+0334 (1) and U+0345 (240) are the ends. What trades places with neither is a
    # starter to the reference, whatever this Python's newer Unicode says.
    low, high = "\u0334", "\u0345"
    probe = {}
    for c in POINTS:
        ch, v = chr(c), unicodedata.combining(chr(c))
        if v and NFD(ch) == ch and (v == 1 or NFD(ch + low) == low + ch):
            probe.setdefault(v, ch)
    values = sorted(probe)
    assert values[0] == 1 and values[-1] == 240
    ccc = {}
    for c in POINTS:
        ch = chr(c)
        if NFD(ch) != ch:
            continue
        after = NFD(ch + low) == low + ch   # it moves behind the lowest
        before = NFD(high + ch) == ch + high  # it moves before the highest
        if not after and not before:
            continue
        v = [k for k in values
             if NFD(ch + probe[k]) == ch + probe[k] and NFD(probe[k] + ch) == probe[k] + ch]
        assert len(v) == 1, (hex(c), v)
        ccc[c] = v[0]
    return ccc


def hangul(c):
    return 0xAC00 <= c < 0xD7A4


def expansions(flags):
    """Decomposition and lower case, where they are not the character itself."""
    nfd, lower = {}, {}
    for c in POINTS:
        ch = chr(c)
        d, s = NFD(ch), STRIP(ch)
        assert s == "".join(x for x in d if not flags[ord(x)] & MARK), hex(c)
        assert all(NFD(x) == x for x in d), hex(c)
        if d != ch and not hangul(c):
            nfd[c] = d
        low = LOWER(ch)
        if low != ch:
            lower[c] = low
    for c in range(0xAC00, 0xD7A4):
        i = c - 0xAC00
        d = [0x1100 + i // 588, 0x1161 + i % 588 // 28] + [0x11A7 + i % 28] * (i % 28 > 0)
        assert NFD(chr(c)) == "".join(map(chr, d)), hex(c)
    return nfd, lower


def pool_of(strings):
    """All expansions end to end, and where each starts; 0 is "none"."""
    pool, at = [0], {}
    for s in sorted(set(strings), key=lambda s: (-len(s), s)):
        at[s] = len(pool)
        pool += [ord(x) for x in s]
    return pool, at


def numbers(name, ctype, values, fmt="%d"):
    line, out = "    ", []
    for v in values:
        item = fmt % v + ","
        if len(line) + len(item) > 88:
            out.append(line)
            line = "    "
        line += item
    print("const %s %s[%d] = {\n%s\n};\n" % (ctype, name, len(values),
                                             "\n".join(out + [line])))


def main():
    flags, ccc = classes(), combining_classes()
    nfd, lower = expansions(flags)
    pool, at = pool_of(list(nfd.values()) + [s for s in lower.values() if len(s) > 1])
    assert len(pool) < 4096 and max(map(len, at)) < 8

    records, index = {}, []
    for c in range(0x110000):
        d = nfd.get(c, "")
        low = lower.get(c, chr(c)) if c in flags else ""
        delta, many = (ord(low) - c, 0) if len(low) == 1 else (0, len(low))
        r = (flags.get(c, DROP), ccc.get(c, 0), len(d), many, at.get(d, 0),
             delta if many == 0 else at[low])
        index.append(records.setdefault(r, len(records)))
    blocks, first = {}, []
    for b in range(0, 0x110000, BLOCK):
        first.append(blocks.setdefault(tuple(index[b:b + BLOCK]), len(blocks)))
    while len(first) > 1 and first[-1] == first[-2]:
        first.pop()

    print("""\
/*
 * berttab.c - the classes of characters that BERT tokenizers go by
 *
 * GENERATED by tests/golden/make_bert_tables.py from Hugging Face tokenizers %s;
 * do not edit. See berttab.h for what it says.
 */
/* clang-format off */
#include "token/berttab.h"
""" % tokenizers.__version__)
    print("const uint32_t berttab_last = %d;\n" % (len(first) - 1))
    numbers("berttab_block", "uint16_t", first)
    numbers("berttab_index", "uint16_t", [i for b in blocks for i in b])
    print("const struct berttab_record berttab_record[%d] = {" % len(records))
    for r in records:
        print("    { %d, %d, %d, %d, %d, %d }," % r)
    print("};\n")
    numbers("berttab_pool", "uint32_t", pool, "0x%X")
    print("%d records, %d blocks, pool %d" % (len(records), len(blocks), len(pool)),
          file=sys.stderr)


main()
