"""peer.py - one peer in one process, for tests/bench/run

usage: peer.py WHAT MODEL THREADS FILE [VECTORS]
           says "ready", then answers each line by seconds
       peer.py make MODEL           makes the files that peers need, where they are not there

WHAT: st (sentence-transformers), ort, ort8 (ONNX Runtime, f32 and weights in 8 bits by its
own quantizer), ct2, ct28 (CTranslate2, f32 and int8_float32); hf1, hfbatch (tokenizers, one
text a call or all in one). FILE: JSON lines with `text`. VECTORS gets the embeddings, as
floats in the order of FILE.

Embedders get what makes them fast: texts sorted by length, and the fastest of some batch
sizes and ways to share the threads, found out on every eighth text before anything is timed.
"""
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

what, MODEL = sys.argv[1], sys.argv[2]
threads = int(sys.argv[3]) if len(sys.argv) > 3 else 1
texts = [json.loads(line)["text"] for line in open(sys.argv[4])] if len(sys.argv) > 4 else []
vectors = sys.argv[5] if len(sys.argv) > 5 else None
CACHE = os.environ.get("TEXTMILL_PEER_CACHE", os.path.expanduser("~/.cache/textmill-peers/m"))

import numpy as np  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

tok = Tokenizer.from_file(MODEL + "/tokenizer.json")
tok.no_padding()
tok.no_truncation()
if not what.startswith("hf"):
    tok.enable_truncation(256)


# ---- files that are made once ----

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


def onnx_f32():
    to = CACHE + "/bench-minilm.onnx"
    if not os.path.exists(to):
        export_onnx(to)
    return to


def onnx_int8():
    from onnxruntime.quantization import QuantType, quantize_dynamic

    to = CACHE + "/bench-minilm.q8.onnx"
    if not os.path.exists(to):  # per channel: its cosines to f32 are better, its speed is the same
        quantize_dynamic(onnx_f32(), to, weight_type=QuantType.QInt8, per_channel=True)
    return to


def ct2_model():
    import ctranslate2 as ct2

    to = CACHE + "/bench-minilm-ct2"
    if not os.path.exists(to):
        ct2.converters.TransformersConverter(MODEL).convert(to)
    return to


# ---- embedders: (some texts, batch, in parallel) -> vectors ----


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def by_batches(forward):
    """An embedder of a function from the ids of a batch to vectors; `parallel` of them at once."""

    def embed(some, batch, parallel):
        ids = [e.ids for e in tok.encode_batch(some)]
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        parts = [order[at : at + batch] for at in range(0, len(order), batch)]
        out = [None] * len(ids)
        with ThreadPoolExecutor(parallel) as pool:
            for part, v in zip(parts, pool.map(lambda p: forward([ids[i] for i in p], parallel), parts)):
                for i, row in zip(part, v):
                    out[i] = row
        return np.stack(out)

    return embed


def sentence_transformers():
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    st = SentenceTransformer(MODEL, device="cpu")
    st.max_seq_length = 256
    return lambda some, batch, parallel: st.encode(some, batch_size=batch, normalize_embeddings=True)


def onnx_runtime(model):
    import onnxruntime as ort

    sessions = {}
    for parallel in ways():
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads // parallel
        sessions[parallel] = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def forward(ids, parallel):
        a = np.zeros((len(ids), max(map(len, ids))), np.int64)
        mask = np.zeros_like(a)
        for r, i in enumerate(ids):
            a[r, : len(i)] = i
            mask[r, : len(i)] = 1
        names = {"input_ids": a, "attention_mask": mask, "token_type_ids": a * 0}
        h = sessions[parallel].run(None, names)[0]
        return unit((h * mask[..., None]).sum(1) / mask.sum(1)[:, None])

    return by_batches(forward)


def ctranslate2(compute_type):
    import ctranslate2 as ct2

    encoders = {p: ct2.Encoder(ct2_model(), device="cpu", compute_type=compute_type,
                               intra_threads=threads // p, inter_threads=p) for p in ways()}

    def forward(ids, parallel):
        h = np.array(encoders[parallel].forward_batch(ids).last_hidden_state)
        return [unit(h[r, : len(i)].mean(0)) for r, i in enumerate(ids)]

    return by_batches(forward)


def ways():
    """How many batches at once, the threads shared among them."""
    return [1] if what == "st" or threads == 1 else [1, threads]


def fastest(embed):
    """The run of all texts in the way that was the best of two tries on an eighth of them."""
    times = {}
    for attempt in range(2):
        for way in [(batch, p) for batch in (8, 32) for p in ways()]:
            t = time.perf_counter()
            embed(texts[::8], *way)
            times[way] = min(time.perf_counter() - t, times.get(way, 1e9))
    way = min(times, key=times.get)
    return lambda: embed(texts, *way)


# ---- tokenizers ----


def one_by_one():
    return [tok.encode(t) for t in texts[: len(texts) // 4]]


def in_batches():
    return tok.encode_batch(texts[: len(texts) // 4])


EMBEDDERS = {"st": sentence_transformers,
             "ort": lambda: onnx_runtime(onnx_f32()), "ort8": lambda: onnx_runtime(onnx_int8()),
             "ct2": lambda: ctranslate2("float32"), "ct28": lambda: ctranslate2("int8_float32")}
if what == "make":
    sys.exit(not all([onnx_int8(), ct2_model()]))
share = 1.0
if what in EMBEDDERS:
    run = fastest(EMBEDDERS[what]())
else:  # these get a quarter of the texts, and their time is scaled
    run = {"hf1": one_by_one, "hfbatch": in_batches}[what]
    share = sum(map(len, texts)) / sum(map(len, texts[: len(texts) // 4]))
result = run()
if vectors:
    np.asarray(result, np.float32).tofile(vectors)
print("ready", flush=True)
for _ in sys.stdin:
    t = time.perf_counter()
    run()
    print((time.perf_counter() - t) * share, flush=True)
