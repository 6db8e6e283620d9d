#!/usr/bin/env python3
"""Make tiny-marian/{self,opus}: models of random weights by transformers' MarianMTModel,
and what it answers.

self   Marian's binary: a decoder with self-attention, swish, and two vocabularies. In
       transformers the norms' epsilon and the frequencies of positions are not Marian's;
       here they are set to these.
opus   the same kind as Hugging Face has it: config.json, model.safetensors, source.spm,
       target.spm and vocab.json, which numbers the pieces in another order.

A row is as make_marian.py's, but ids are a walk over the best few words of each step,
which greedy decoding of random weights, that repeats itself, would not try.
"""
import json
import math
import os
import shutil

import numpy as np
import sentencepiece as sp
import torch
from transformers import MarianConfig, MarianMTModel

import make_marian as mm

HERE = os.path.dirname(os.path.abspath(__file__))

SOURCE, TARGET = "map.spm", "bytes.spm"
D, FFN, HEADS = 32, 48, 4


def spm(name):
    return sp.SentencePieceProcessor(model_file=os.path.join(HERE, "unigram", name))


def model(n_source, n_target, shared, enc, dec):
    """Words n_source - 1 and n_target - 1 are the pad, whose vector is zero."""
    torch.manual_seed(11)
    m = MarianMTModel(MarianConfig(
        vocab_size=n_source, decoder_vocab_size=n_target, d_model=D, encoder_layers=enc,
        decoder_layers=dec, encoder_attention_heads=HEADS, decoder_attention_heads=HEADS,
        encoder_ffn_dim=FFN, decoder_ffn_dim=FFN, activation_function="swish",
        scale_embedding=True, max_position_embeddings=512, pad_token_id=min(n_source, n_target) - 1,
        decoder_start_token_id=n_target - 1, eos_token_id=0, forced_eos_token_id=0,
        share_encoder_decoder_embeddings=shared)).eval()
    with torch.no_grad():
        for name, p in m.named_parameters():
            if "norm" in name:
                p.normal_(1 if name.endswith("weight") else 0, .2)
            elif "embed_positions" not in name:
                p.normal_(0, .2 if p.dim() == 1 else 1.5 * p.shape[-1] ** -.5)
        for t in (m.model.encoder.embed_tokens, m.model.decoder.embed_tokens):
            t.weight.normal_(0, D ** -.5)
            t.weight[-1] = 0
        m.final_logits_bias.normal_(0, .1)
        m.final_logits_bias[0, -1] = -99
    return m


def like_marian(m):
    half = D // 2
    at = np.arange(512)[:, None] * np.exp(-np.arange(half) * math.log(10000) / (half - 1))
    at = torch.tensor(np.concatenate([np.sin(at), np.cos(at)], 1), dtype=torch.float32)
    for side in (m.model.encoder, m.model.decoder):
        side.embed_positions.weight.data.copy_(at)
    for part in m.modules():
        if isinstance(part, torch.nn.LayerNorm):
            part.eps = 1e-6


def walk(m, ids, most, rank):
    """Words, of which step t takes that of rank(t), and the best of every step."""
    words, top = [m.config.decoder_start_token_id], []
    while len(words) <= most:
        with torch.no_grad():
            logits = m(input_ids=torch.tensor([ids]),
                       decoder_input_ids=torch.tensor([words])).logits[0, -1].numpy()
        best = np.argsort(-logits, kind="stable")[:mm.TOP]
        top.append([[int(b), round(float(logits[b]), 5)] for b in best])
        words.append(int(best[rank(len(words))]))
        if words[-1] == 0:
            break
    return words[1:], top


def answers(m, texts, encode, decode, factor):
    m = m.double()
    for text in texts:
        ids = encode(text) + [0]
        most = int(factor * len(ids))
        greedy, _ = walk(m, ids, most, lambda t: 0)
        words, top = walk(m, ids, most, lambda t: t % mm.TOP)
        yield {"text": text, "source": ids, "ids": words, "top": top,
               "translation": decode([w for w in greedy if w])}


def marian_tensors(m, n_source, n_target):
    t = {"encoder_Wemb": m.model.encoder.embed_tokens.weight[:n_source],
         "decoder_Wemb": m.model.decoder.embed_tokens.weight[:n_target],
         "decoder_ff_logit_out_b": m.final_logits_bias[:, :n_target]}

    def linear(p, w, b, layer):
        t[p + w], t[p + b] = layer.weight.T, layer.bias[None]

    def norm(p, layer):
        t[p + "_scale"], t[p + "_bias"] = layer.weight[None], layer.bias[None]

    for side, layers in (("encoder", m.model.encoder.layers), ("decoder", m.model.decoder.layers)):
        for i, y in enumerate(layers):
            p = "%s_l%d" % (side, i + 1)
            parts = [("_self", y.self_attn, y.self_attn_layer_norm)]
            if side == "decoder":
                parts.append(("_context", y.encoder_attn, y.encoder_attn_layer_norm))
            for part, a, after in parts:
                for k in "qkv":
                    linear(p + part, "_W" + k, "_b" + k, getattr(a, k + "_proj"))
                linear(p + part, "_Wo", "_bo", a.out_proj)
                norm(p + part + "_Wo_ln", after)
            linear(p + "_ffn", "_W1", "_b1", y.fc1)
            linear(p + "_ffn", "_W2", "_b2", y.fc2)
            norm(p + "_ffn_ffn_ln", y.final_layer_norm)
    return {k: (mm.F32, v.detach().numpy()) for k, v in t.items()}


def make_self():
    folder = os.path.join(HERE, "tiny-marian", "self")
    os.makedirs(folder, exist_ok=True)
    source, target = spm(SOURCE), spm(TARGET)
    n, k, enc, dec = source.vocab_size(), target.vocab_size(), 2, 3
    m = model(n + 1, k + 1, False, enc, dec)
    like_marian(m)
    t = marian_tensors(m, n, k)
    config = {"type": "transformer", "dec-depth": dec, "enc-depth": enc, "dim-emb": D,
              "transformer-heads": HEADS, "transformer-dim-ffn": FFN,
              "transformer-ffn-depth": 2, "transformer-ffn-activation": "swish",
              "transformer-decoder-autoreg": "self-attention",
              "transformer-postprocess": "dan", "transformer-preprocess": '""',
              "tied-embeddings": "true", "tied-embeddings-all": "false"}
    text = "".join("%s: %s\n" % i for i in config.items())
    text += "dim-vocabs:\n  - %d\n  - %d\n" % (n, k)
    t["special:model.yml"] = (mm.BYTES, text)
    mm.write(folder + "/model.tiny.bin", t)
    shutil.copy(os.path.join(HERE, "unigram", SOURCE), folder + "/srcvocab.tiny.spm")
    shutil.copy(os.path.join(HERE, "unigram", TARGET), folder + "/trgvocab.tiny.spm")
    mm.dump(folder + "/answers.jsonl", answers(m, mm.TINY, source.encode, target.decode, 3))


def make_opus():
    folder = os.path.join(HERE, "tiny-marian", "opus")
    os.makedirs(folder, exist_ok=True)
    source, target = spm(SOURCE), spm("suffix.spm")
    pieces = ["</s>", "<unk>"]
    for u in (target, source):
        pieces += sorted({u.id_to_piece(i) for i in range(u.vocab_size())} - set(pieces) - {"<s>", "<pad>"})
    vocab = {p: i for i, p in enumerate(pieces + ["<pad>"])}
    m = model(len(vocab), len(vocab), True, 2, 2)
    m.save_pretrained(folder)
    os.chmod(folder + "/model.safetensors", 0o644)
    for extra in ("generation_config.json",):
        if os.path.exists(folder + "/" + extra):
            os.remove(folder + "/" + extra)
    shutil.copy(os.path.join(HERE, "unigram", SOURCE), folder + "/source.spm")
    shutil.copy(os.path.join(HERE, "unigram", "suffix.spm"), folder + "/target.spm")
    with open(folder + "/vocab.json", "w") as f:
        json.dump(vocab, f)

    def encode(text):
        return [vocab.get(p, 1) for p in source.encode(text, out_type=str)]

    def decode(ids):
        known = [target.piece_to_id(pieces[i]) for i in ids if i < len(pieces)]
        return target.decode([k for k, i in zip(known, ids) if k != target.unk_id() or i == 1])

    mm.dump(folder + "/answers.jsonl", answers(m, mm.TINY, encode, decode, 3))


make_self()
make_opus()
