#!/usr/bin/env python3
"""Make a tiny random language model, and what transformers answers with it.

    make_tiny_lm.py DIR

DIR is a Hugging Face folder: Llama of two layers with the tokenizer and the template of
chat/chatml. DIR/answers.jsonl: a text a line, greedy answers of at most 24 tokens, with
and without the template, their log-probabilities, and how well the text is foreseen.
"""
import json
import os
import shutil
import sys

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENS = 24
TEXTS = ["Why is the sky blue?", "Hi", "Name three colours, please.", "x", "  two  spaces ",
         "caf\u00e9 \u2014 \u4f60\u597d \U0001f600", "a line\nand another one\n\nand a third",
         "the cat sat on the mat and the cat sat on the mat", "1234567890 + 2 = ",
         "<|im_end|> is no end", "{\"a\": [1, 2]}", "The quick brown fox jumps over the lazy dog."]


def make(out):
    torch.manual_seed(6)
    config = LlamaConfig(vocab_size=422, hidden_size=32, intermediate_size=48,
                         num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                         max_position_embeddings=256, rms_norm_eps=1e-5,
                         tie_word_embeddings=True, bos_token_id=None, eos_token_id=421)
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" not in name:
                p.copy_(torch.randn_like(p) * (0.25 if p.shape[0] == 422 else 0.3))
    model.save_pretrained(out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(HERE, "chat", "chatml", name), out)
    return model


def answer(model, ids):
    """Greedy, token by token; the end is not part of it."""
    new, logp = [], []
    for _ in range(TOKENS):
        with torch.no_grad():
            row = torch.log_softmax(model(torch.tensor([ids + new])).logits[0, -1], 0)
        best = int(row.argmax())
        if best == model.config.eos_token_id:
            return new, logp, False
        new.append(best)
        logp.append(float(row[best]))
    return new, logp, True


def nll(model, ids):
    with torch.no_grad():
        rows = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), 1)
    each = [-float(rows[i, ids[i + 1]]) for i in range(len(ids) - 1)]
    return sum(each) / len(each) if each else None


def main(out):
    os.makedirs(out, exist_ok=True)
    model = make(out)
    tok = AutoTokenizer.from_pretrained(out)
    plain = lambda s: tok(s, add_special_tokens=False, split_special_tokens=True).input_ids
    with open(os.path.join(out, "answers.jsonl"), "w", encoding="utf-8") as f:
        for text in TEXTS:
            # The template's own tokens are such, those of the text are not.
            chat = ([tok.convert_tokens_to_ids("<|im_start|>")] + plain(f"user\n{text}") +
                    [421] + plain("\n") + [tok.convert_tokens_to_ids("<|im_start|>")] +
                    plain("assistant\n"))
            raw = plain(text)
            a, logp, cut = answer(model, chat)
            b, _, _ = answer(model, raw)
            row = {"text": text, "ids": a, "logprobs": logp, "cut": cut, "raw_ids": b,
                   "mean_nll": nll(model, raw), "n": len(raw), "n_chat": len(chat)}
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
