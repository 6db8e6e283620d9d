"""peer.py - one peer in one process, for tests/bench/run

usage: peer.py WHAT MODEL THREADS FILE    says "ready", then answers each line by seconds

WHAT: st (sentence-transformers), ort (ONNX Runtime), ct2 (CTranslate2), all f32;
hf1, hfbatch (tokenizers, one text a call or all in one). FILE: JSON lines with `text`.
Embedders get what makes them fast: texts sorted by length, batches of 32.
"""
import json
import os
import sys
import time

what, MODEL, threads, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
CACHE = os.environ["TEXTMILL_PEER_CACHE"]
texts = [json.loads(line)["text"] for line in open(path)]

import numpy as np  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

tok = Tokenizer.from_file(MODEL + "/tokenizer.json")
tok.no_padding()
tok.no_truncation()
if not what.startswith("hf"):
    tok.enable_truncation(256)


def batches():
    ids = [e.ids for e in tok.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda i: -len(ids[i]))
    for at in range(0, len(order), 32):
        yield order[at : at + 32], [ids[i] for i in order[at : at + 32]]


def unit(v):
    return v / np.linalg.norm(v)


def sentence_transformers():
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    st = SentenceTransformer(MODEL, device="cpu")
    st.max_seq_length = 256
    return lambda: st.encode(texts, batch_size=32, normalize_embeddings=True)


def export_onnx(to):
    import torch
    from transformers import AutoModel

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.m = AutoModel.from_pretrained(MODEL, attn_implementation="eager").eval()

        def forward(self, ids, mask, types):
            return self.m(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.ones(2, 16, dtype=torch.long)
    torch.onnx.export(Hidden(), (ids, ids, ids * 0), to, input_names=names, output_names=["h"],
                      dynamic_axes={n: {0: "b", 1: "t"} for n in names + ["h"]}, dynamo=False,
                      opset_version=17)


def onnx_runtime():
    import onnxruntime as ort

    model = CACHE + "/bench-minilm.onnx"
    if not os.path.exists(model):
        export_onnx(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run():
        for _, ids in batches():
            width = max(map(len, ids))
            a = np.zeros((len(ids), width), np.int64)
            mask = np.zeros_like(a)
            for r, i in enumerate(ids):
                a[r, : len(i)] = i
                mask[r, : len(i)] = 1
            h = session.run(None, {"input_ids": a, "attention_mask": mask, "token_type_ids": a * 0})[0]
            v = (h * mask[..., None]).sum(1) / mask.sum(1)[:, None]
            v / np.linalg.norm(v, axis=1, keepdims=True)

    return run


def ctranslate2():
    import ctranslate2 as ct2

    model = CACHE + "/bench-minilm-ct2"
    if not os.path.exists(model):
        ct2.converters.TransformersConverter(MODEL).convert(model)
    encoder = ct2.Encoder(model, device="cpu", compute_type="float32", intra_threads=threads, inter_threads=1)

    def run():
        for _, ids in batches():
            h = np.array(encoder.forward_batch(ids).last_hidden_state)
            for r, i in enumerate(ids):
                unit(h[r, : len(i)].mean(0))

    return run


def one_by_one():
    return lambda: [tok.encode(t) for t in texts[: len(texts) // 4]]


def in_batches():
    return lambda: tok.encode_batch(texts[: len(texts) // 4])


make = {"st": sentence_transformers, "ort": onnx_runtime, "ct2": ctranslate2, "hf1": one_by_one,
        "hfbatch": in_batches}[what]
run = make()
share = 1.0
if what.startswith("hf"):  # these get a quarter of the texts, and their time is scaled
    share = sum(map(len, texts)) / sum(map(len, texts[: len(texts) // 4]))
run()
print("ready", flush=True)
for _ in sys.stdin:
    t = time.perf_counter()
    run()
    print((time.perf_counter() - t) * share, flush=True)
