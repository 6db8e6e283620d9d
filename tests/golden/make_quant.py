#!/usr/bin/env python3
"""make_quant.py - blocks of each element type, and what the package `gguf` makes of them

usage: make_quant.py >quant.jsonl        (needs gguf and numpy)

A line with "block" has a few blocks and their floats, in hexadecimal, little-endian. One
with "seed" stands for many: byte i of the blocks is the top byte of step i + 1 of the
generator below, and "sha256" is that of their floats. A NaN is 7fc00000, whichever it was.
"""
import hashlib
import json

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

TYPES = ("F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 IQ4_NL Q2_K Q3_K Q4_K Q5_K Q6_K").split()
SWEEP = 1 << 18  # bytes, about

# Where the binary16 scales of a block are.
SCALES = {
    "F16": [0], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "IQ4_NL": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2],
    "Q6_K": [208],
}
# Zeros, subnormals, the ends of the range, infinity, NaN.
EXTREMES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00,
            0x7E01, 0x7D00, 0xFFFF]


def generate(seed, n):
    """Knuth's and Lewis' constants, as tests/unit/tensors.h has them."""
    out = bytearray(n)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = seed >> 24
    return bytes(out)


def floats(name, raw):
    kind = GGMLQuantizationType[name]
    with np.errstate(all="ignore"):
        f = dequantize(np.frombuffer(raw, np.uint8).reshape(1, -1), kind)
    f = np.ascontiguousarray(f, dtype=np.float32).ravel()
    bits = f.view(np.uint32).copy()
    bits[np.isnan(f)] = 0x7FC00000
    return bits.astype("<u4").tobytes()


def line(**members):
    print(json.dumps(members, separators=(",", ":")))


for seed, name in enumerate(TYPES, 1):
    block, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    few = {256: 1, 32: 4, 1: 64}[block]
    raw = generate(seed, few * size)
    line(type=name, block=raw.hex(), f32=floats(name, raw).hex())
    n = SWEEP // size * size
    line(type=name, seed=seed, bytes=n, sha256=hashlib.sha256(
        floats(name, generate(seed, n))).hexdigest())
    for i, bits in enumerate(EXTREMES if name in SCALES else []):
        raw = bytearray(generate(100 + i, size))
        for k, at in enumerate(SCALES[name]):
            other = EXTREMES[(i + 5 * k) % len(EXTREMES)]
            raw[at:at + 2] = (other if k else bits).to_bytes(2, "little")
        line(type=name, block=bytes(raw).hex(), sha256=hashlib.sha256(
            floats(name, bytes(raw))).hexdigest())
