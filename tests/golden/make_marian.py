#!/usr/bin/env python3
"""Make the references of translation, by an implementation in numpy and double.

    make_marian.py              tiny-marian/{f32,i8}: models of random weights, and what
                                they answer; beam.jsonl: with a beam
    make_marian.py DIR FILE     what the model in DIR (its weights as floats) answers to
                                the sentences below: enpt.jsonl was made so

A row has a text, the best few ids and logits of every step, the ids and the translation.
Decoding is greedy over all of the vocabulary.
"""
import glob
import json
import os
import shutil
import struct
import sys

import numpy as np
import sentencepiece as sp

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = 4
F32, I8, BYTES = 0x404, 0x4101, 0x101
UNK, WIDTH = 1, 4

SENTENCES = """The server does not answer.
A disk is full.
Please restart the service and try again.
The password is wrong for user root.
This package contains the documentation of the library.
Fast and simple window manager
tool to check files for errors
Where is the nearest railway station?
She gave him two books and a map of the city.
It had been raining for three days when the bridge fell.
GNU compiler for the language Ada
Nobody reads this log.
Do not turn off the computer while it is being updated.
I would like a cup of coffee with milk, please.
development files for a library that draws text
The children were playing in the garden.
version 2.5.1 of Foo fixes 12 bugs
He said: "I will be back at 10:30."
command line client for mail servers
The meeting was moved to Tuesday because of the strike.""".split("\n")

TINY = ["the server", "a disk is full", "", "wrong password for the user", "o disco está cheio",
        "again and again and again", "x", "中文 the log", "connection closed by peer nobody reads"]


def read(path):
    data = open(path, "rb").read()
    _, n = struct.unpack_from("<QQ", data, 0)
    heads = [struct.unpack_from("<4Q", data, 16 + 32 * i) for i in range(n)]
    at, names, shapes, out = 16 + 32 * n, [], [], {}
    for h in heads:
        names.append(data[at:at + h[0] - 1].decode())
        at += h[0]
    for h in heads:
        shapes.append(struct.unpack_from("<%di" % h[2], data, at))
        at += 4 * h[2]
    at += 8 + struct.unpack_from("<Q", data, at)[0]
    for h, name, shape in zip(heads, names, shapes):
        count = int(np.prod(shape))
        if h[1] == F32:
            out[name] = np.frombuffer(data, "<f4", count, at).reshape(shape).astype("f8")
        elif h[1] == I8:
            q = np.frombuffer(data, "i1", count, at).astype("f8")
            q = q / np.frombuffer(data, "<f4", 1, at + count)[0].astype("f8")
            out[name] = q.reshape(shape) if name == "Wemb" else q.reshape(shape[::-1]).T
        else:
            out[name] = data[at:at + count].rstrip(b"\0").decode()
        at += h[3]
    return out


def write(path, tensors):
    """tensors: name -> (type, array or text); as Marian lays them out."""
    heads, names, shapes, blocks = b"", b"", b"", b""
    for name, (kind, v) in tensors.items():
        if kind == BYTES:
            block, shape = v.encode() + b"\0", (len(v.encode()) + 1,)
        elif kind == F32:
            block, shape = v.astype("<f4").tobytes(), v.shape
        else:
            m = 127 / np.abs(v).max()
            q = np.clip(np.rint(v * m), -127, 127).astype("i1")
            block = (q if name == "Wemb" else q.T).tobytes() + struct.pack("<f", m)
            shape = v.shape
        block += bytes(-len(block) % 256)
        heads += struct.pack("<4Q", len(name) + 1, kind, len(shape), len(block))
        names += name.encode() + b"\0"
        shapes += struct.pack("<%di" % len(shape), *shape)
        blocks += block
    head = struct.pack("<QQ", 1, len(tensors)) + heads + names + shapes
    pad = -(len(head) + 8) % 256
    with open(path, "wb") as f:
        f.write(head + struct.pack("<Q", pad) + bytes(pad) + blocks)


class Model:
    def __init__(self, w, heads, enc, dec):
        self.w, self.heads, self.enc, self.dec = w, heads, enc, dec
        self.d = w["Wemb"].shape[1]

    def position(self, at):
        half = self.d // 2
        angle = at * np.exp(-np.arange(half) * np.log(10000) / (half - 1))
        return np.concatenate([np.sin(angle), np.cos(angle)])

    def embed(self, ident, at):
        return self.w["Wemb"][ident] * np.sqrt(self.d) + self.position(at)

    def limit(self, x, name):
        most = 127 / self.w[name + "_QuantMultA"] if name + "_QuantMultA" in self.w else np.inf
        return np.clip(x, -most, most)

    def linear(self, x, name, b=None):
        y = self.limit(x, name) @ self.w[name]
        return y + self.w[b][0] if b else y

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
        return x * self.w[name + "_scale"][0] + self.w[name + "_bias"][0]

    def attend(self, p, x, over):
        q, k, v = (self.linear(a, p + "_W" + n, p + "_b" + n)
                   for a, n in ((x, "q"), (over, "k"), (over, "v")))
        size, out = self.d // self.heads, np.zeros_like(q)
        for h in range(self.heads):
            c = slice(h * size, (h + 1) * size)
            s = q[:, c] @ k[:, c].T / np.sqrt(size)
            s = np.exp(s - s.max(-1, keepdims=True))
            out[:, c] = s / s.sum(-1, keepdims=True) @ v[:, c]
        return self.norm(x + self.linear(out, p + "_Wo", p + "_bo"), p + "_Wo_ln")

    def forward(self, p, x):
        h = np.maximum(self.linear(x, p + "_W1", p + "_b1"), 0)
        return self.norm(x + self.linear(h, p + "_W2", p + "_b2"), p + "_ffn_ln")

    def encode(self, ids):
        x = np.stack([self.embed(t, i) for i, t in enumerate(ids)])
        for layer in range(1, self.enc + 1):
            x = self.attend("encoder_l%d_self" % layer, x, x)
            x = self.forward("encoder_l%d_ffn" % layer, x)
        return x

    def step(self, previous, at, cells, source):
        x = (self.position(at) if previous is None else self.embed(previous, at))[None]
        for i in range(self.dec):
            p = "decoder_l%d" % (i + 1)
            f = 1 / (1 + np.exp(-self.linear(x, p + "_rnn_Wf", p + "_rnn_bf")))
            cells[i] = f * cells[i] + (1 - f) * self.linear(x, p + "_rnn_W")
            x = self.norm(np.maximum(cells[i], 0) + x, p + "_rnn_ffn_ln")
            x = self.attend(p + "_context", x, source)
            x = self.forward(p + "_ffn", x)
        return (self.limit(x, "none") @ self.w["Wemb"].T + self.w["decoder_ff_logit_out_b"])[0]

    def greedy(self, ids, most):
        source, cells = self.encode(ids), [np.zeros((1, self.d)) for _ in range(self.dec)]
        out, top = [], []
        while len(out) < most:
            logits = self.step(out[-1] if out else None, len(out), cells, source)
            best = np.argsort(-logits, kind="stable")[:TOP]
            top.append([[int(b), round(float(logits[b]), 5)] for b in best])
            out.append(int(best[0]))
            if out[-1] == 0:
                break
        return out, top


    def beam(self, ids, most, width):
        """The width best, as beam.h says: [words with the end, mean log probability]."""
        source, rows, done = self.encode(ids), [([], 0., None)], []
        while rows:
            found = []
            for words, total, cells in rows:
                cells = list(cells or [np.zeros((1, self.d))] * self.dec)
                logits = self.step(words[-1] if words else None, len(words), cells, source)
                logp = logits - logits.max()
                logp -= np.log(np.exp(logp).sum())
                logp[UNK] = -np.inf
                found += [(words + [w], total + logp[w], cells) for w in range(len(logp))]
            found.sort(key=lambda f: -f[1])
            rows = []
            for words, total, cells in found[:width - len(done)]:
                if words[-1] == 0 or len(words) == most:
                    done.append([words, total / len(words)])
                else:
                    rows.append((words, total, cells))
        return sorted(done, key=lambda d: -d[1])


def settings(text):
    out = {}
    for line in text.split("\n"):
        key, _, value = line.partition(": ")
        out[key] = value
    return out


def load(folder):
    w = read(glob.glob(folder + "/model*.bin")[0])
    s = settings(w["special:model.yml"])
    spm = sp.SentencePieceProcessor(model_file=glob.glob(folder + "/*.spm")[0])
    return spm, Model(w, int(s["transformer-heads"]), int(s["enc-depth"]), int(s["dec-depth"]))


def beams(folder, texts, factor):
    spm, m = load(folder)
    for text in texts:
        ids = spm.encode(text) + [0]
        best = m.beam(ids, int(factor * len(ids)), WIDTH)
        yield {"text": text, "best": [{"translation": spm.decode([i for i in b if i]),
                                       "logprob": round(mean, 6)} for b, mean in best]}


def answers(folder, texts, factor):
    spm, m = load(folder)
    for text in texts:
        ids = spm.encode(text) + [0]
        out, top = m.greedy(ids, int(factor * len(ids)))
        yield {"text": text, "source": ids, "ids": out, "top": top,
               "translation": spm.decode([i for i in out if i])}


def dump(path, rows):
    with open(path, "w") as f:
        for r in rows:
            f.write(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n")


def tiny_weights(vocab, d, ffn, layers, kind):
    rng = np.random.default_rng(5)
    t = {"Wemb": (kind, rng.normal(0, d ** -0.5, (vocab, d))),
         "decoder_ff_logit_out_b": (F32, rng.normal(0, .1, (1, vocab)))}

    def linear(p, w, b, n, m):
        t[p + w] = (kind, rng.normal(0, 1.5 * n ** -0.5, (n, m)))
        if kind == I8:
            t[p + w + "_QuantMultA"] = (F32, np.full((1, 1), 70.))
        if b:
            t[p + b] = (F32, rng.normal(0, .2, (1, m)))

    def norm(p):
        t[p + "_scale"] = (F32, rng.normal(1, .2, (1, d)))
        t[p + "_bias"] = (F32, rng.normal(0, .2, (1, d)))

    for side, part in (("encoder", "_self"), ("decoder", "_context")):
        for i in range(1, layers + 1):
            p = "%s_l%d" % (side, i)
            for n in "qkvo":
                linear(p + part, "_W" + n, "_b" + n, d, d)
            norm(p + part + "_Wo_ln")
            linear(p + "_ffn", "_W1", "_b1", d, ffn)
            linear(p + "_ffn", "_W2", "_b2", ffn, d)
            norm(p + "_ffn_ffn_ln")
            if side == "decoder":
                linear(p + "_rnn", "_W", None, d, d)
                linear(p + "_rnn", "_Wf", "_bf", d, d)
                norm(p + "_rnn_ffn_ln")
    return t


def shortlist(path, vocab):
    """Every word allows six others and so does the frequency."""
    words = [[(w * 7 + 13 * k) % vocab for k in range(6)] for w in range(vocab)]
    offsets = [6 * i for i in range(vocab + 1)]
    with open(path, "wb") as f:
        f.write(struct.pack("<6Q", 0xF11A48D5013417F5, 0, 10, 6, vocab + 1, 6 * vocab))
        f.write(struct.pack("<%dQ" % (vocab + 1), *offsets))
        f.write(struct.pack("<%dI" % (6 * vocab), *(x for w in words for x in w)))


def tiny(name, kind, lex):
    folder = os.path.join(HERE, "tiny-marian", name)
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.join(HERE, "unigram", "map.spm"), folder + "/vocab.tiny.spm")
    vocab = sp.SentencePieceProcessor(model_file=folder + "/vocab.tiny.spm").vocab_size()
    d, ffn, layers, heads = 32, 48, 2, 4
    t = tiny_weights(vocab, d, ffn, layers, kind)
    config = {"type": "transformer", "dec-cell": "ssru", "dec-depth": layers,
              "enc-depth": layers, "dim-emb": d, "transformer-heads": heads,
              "transformer-dim-ffn": ffn, "transformer-ffn-depth": 2,
              "transformer-ffn-activation": "relu", "transformer-decoder-autoreg": "rnn",
              "transformer-postprocess": "dan", "transformer-preprocess": '""',
              "tied-embeddings-all": "true"}
    text = "".join("%s: %s\n" % i for i in config.items())
    text += "dim-vocabs:\n  - %d\n  - %d\n" % (vocab, vocab)
    if kind == I8:
        t["none_QuantMultA"] = (F32, np.full((1, 1), 60.))
    t["special:model.yml"] = (BYTES, text)
    write(folder + "/model.tiny.bin", t)
    with open(folder + "/config.tiny.yml", "w") as f:
        f.write("max-length-factor: 1.5\n")
    if lex:
        shortlist(folder + "/lex.tiny.bin", vocab)
    dump(folder + "/answers.jsonl", answers(folder, TINY, 1.5))
    if not lex:
        dump(folder + "/beam.jsonl", beams(folder, TINY, 1.5))


if __name__ != "__main__":
    pass
elif len(sys.argv) == 3:
    dump(sys.argv[2], answers(sys.argv[1], SENTENCES, 2.5))
else:
    tiny("f32", F32, False)
    tiny("i8", I8, True)
