"""Make tiny random checkpoints of decoders, and what the transformers library computes
with them.

usage: make_tiny_decoders.py DIR

DIR/NAME            a Hugging Face folder; config.json as transformers 5 writes it
DIR/NAME/old.json   its settings as transformers 4 wrote them, where they differ
                    or as published files have them
DIR/NAME/*.gguf     the same network as llama.cpp's converter would name and order it
DIR/NAME/golden.jsonl   {"ids", "at", "logits": after ids[at[0]], ids[at[1]], ...}

What a GGUF file or 16 bits have rounded is rounded before the network runs.
"""
import copy
import glob
import json
import os
import re
import shutil
import sys

import gguf
import numpy as np
import torch
import transformers as hf
from safetensors.torch import load_file, save_file

N_CTX = 144  # longer than two blocks of keys and values
SIZES = dict(vocab_size=64, hidden_size=32, intermediate_size=40, num_hidden_layers=2,
             num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=N_CTX,
             bos_token_id=1, eos_token_id=2, pad_token_id=0)
LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
              high_freq_factor=4.0, original_max_position_embeddings=64)
LINEAR = dict(rope_type="linear", rope_theta=5000.0, factor=4.0)
GPT2 = dict(vocab_size=64, n_positions=N_CTX, n_embd=24, n_layer=2, n_head=2,
            bos_token_id=1, eos_token_id=2)
# Block types have 32 numbers.
BLOCKS = dict(SIZES, intermediate_size=64)
GEMMA2 = dict(SIZES, num_key_value_heads=1, head_dim=12, sliding_window=20,
              query_pre_attn_scalar=24, attn_logit_softcapping=4.0,
              final_logit_softcapping=6.0)
GEMMA3 = dict(SIZES, num_hidden_layers=3, head_dim=10, sliding_window=70,
              query_pre_attn_scalar=24, layer_types=["sliding_attention"] * 2
              + ["full_attention"])


def llama(**more):
    return hf.LlamaConfig(**dict(SIZES, **more))


# Name: its configuration, the type of its numbers, what is made of it
FOLDERS = {
    "llama": (llama(head_dim=12), torch.float16, {"old"}),
    "llama-tied": (llama(tie_word_embeddings=True, num_key_value_heads=1,
                         rope_parameters=LINEAR), torch.bfloat16, {"old"}),
    "llama-3": (llama(rope_parameters=LLAMA3), torch.float16, {"old", "shards"}),
    "llama-bias": (llama(attention_bias=True, mlp_bias=True), torch.float16, set()),
    "mistral": (hf.MistralConfig(**SIZES, sliding_window=16), torch.float16, {"old"}),
    "qwen2": (hf.Qwen2Config(**SIZES), torch.float16, {"old"}),
    "gemma2": (hf.Gemma2Config(**GEMMA2), torch.float16, {"old"}),
    "gemma3": (hf.Gemma3TextConfig(**GEMMA3), torch.float16, {"old"}),
    "gpt2": (hf.GPT2Config(**GPT2), torch.float16, set()),
    "gpt2-bare": (hf.GPT2Config(**dict(GPT2, n_embd=20, n_inner=30, n_head=1)),
                  torch.float16, {"bare"}),
}
# Name: its configuration, the architecture, the type of its matrices, tensors in a file
FILES = {
    "gguf-llama": (hf.LlamaConfig(**BLOCKS, rope_parameters=LLAMA3), "llama", "Q8_0", 8),
    "gguf-linear": (llama(rope_parameters=LINEAR, tie_word_embeddings=True), "llama", "F32", 0),
    "gguf-qwen2": (hf.Qwen2Config(**BLOCKS, tie_word_embeddings=True), "qwen2", "Q4_1", 0),
    "gguf-gemma2": (hf.Gemma2Config(**dict(GEMMA2, intermediate_size=64, head_dim=16)),
                    "gemma2", "Q8_0", 0),
    "gguf-gemma3": (hf.Gemma3TextConfig(**dict(GEMMA3, intermediate_size=64, head_dim=8,
                                               num_hidden_layers=6, num_key_value_heads=1,
                                               layer_types=["sliding_attention"] * 5
                                               + ["full_attention"])),
                    "gemma3", "Q8_0", 0),
    "gguf-gpt2": (hf.GPT2Config(**GPT2), "gpt2", "F16", 0),
}

# Of later days, so that the numbers of those above stay
GEMMA = dict(SIZES, num_key_value_heads=1, head_dim=12)
LATE_FOLDERS = {"gemma": (hf.GemmaConfig(**GEMMA), torch.float16, {"old"})}
LATE_FILES = {"gguf-gemma": (hf.GemmaConfig(**dict(GEMMA, intermediate_size=64, head_dim=16)),
                             "gemma", "Q8_0", 0)}
# Text and images: what is not here is as transformers has it.
TEXT = dict(vocab_size=64, hidden_size=32, intermediate_size=40, num_hidden_layers=7,
            head_dim=10, sliding_window=70,
            rope_scaling=dict(rope_type="linear", factor=8.0))
VISION = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1,
              num_attention_heads=2, image_size=28, patch_size=14)

NAMES = {  # of Hugging Face, of GGUF
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "transformer.wte": "token_embd", "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm", "ln_1": "attn_norm", "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}
GEMMA_NAMES = dict(NAMES, **{"post_attention_layernorm": "post_attention_norm",
                             "pre_feedforward_layernorm": "ffn_norm",
                             "post_feedforward_layernorm": "post_ffw_norm"})


def build(config):
    """Weights that matter: the defaults are too small to show a mistake."""
    config._attn_implementation = "eager"
    auto = hf.AutoModelForCausalLM
    if hasattr(config, "vision_config"):
        auto = hf.AutoModelForImageTextToText
    model = auto.from_config(config)
    for name, p in model.named_parameters():
        plain = "norm" in name or "ln_" in name
        gemma = config.model_type.startswith("gemma")
        if plain and name.endswith("weight"):
            p.data = (0 if gemma else 1) + 0.3 * torch.randn_like(p)
        elif name.endswith("bias"):
            p.data = 0.3 * torch.randn_like(p)
        elif "wpe" in name:
            p.data = 0.5 * torch.randn_like(p)
        else:
            p.data = 0.25 * torch.randn_like(p)
    model.tie_weights()
    return model.eval()


def write_golden(model, folder):
    g = torch.Generator().manual_seed(7)
    with torch.no_grad(), open(os.path.join(folder, "golden.jsonl"), "w") as f:
        for n, at in ((1, [0]), (19, [1, 18]), (N_CTX, [62, 63, 64, 79, 80, N_CTX - 1])):
            size = model.config.get_text_config().vocab_size
            ids = torch.randint(0, size, (1, n), generator=g)
            logits = model(input_ids=ids).logits[0]
            row = {"ids": ids[0].tolist(), "at": at,
                   "logits": [float("%.7g" % x) for x in logits[at].flatten().tolist()]}
            f.write(json.dumps(row) + "\n")


# ---- folders ----

def older(config):
    """The settings as they were before rope_parameters and layer_types."""
    c = json.loads(config.to_json_string())
    rope = c.pop("rope_parameters", None) or {}
    kinds = c.pop("layer_types", None)
    if "full_attention" in rope:
        c["rope_theta"] = rope["full_attention"]["rope_theta"]
        c["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        c["rope_scaling"] = None
        c["sliding_window_pattern"] = kinds.index("full_attention") + 1
        c.pop("_sliding_window_pattern", None)
        return c
    if c["model_type"] == "gemma":
        c["hidden_act"] = "gelu"  # which it never was
    c["rope_theta"] = rope.pop("rope_theta")
    if rope["rope_type"] == "linear":
        rope["type"] = rope.pop("rope_type")
    c["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
    return c


def strip_prefix(folder):
    """As the first GPT-2 has it: no "transformer.", and the masks among the weights."""
    path = os.path.join(folder, "model.safetensors")
    t = {k.removeprefix("transformer."): v for k, v in load_file(path).items()}
    for i in range(2):
        t["h.%d.attn.bias" % i] = torch.ones(1, 1, 8, 8, dtype=torch.uint8).tril()
    save_file(t, path, metadata={"format": "pt"})


def write_images(folder, bare):
    """Settings that say little, as published files of Gemma 3 have them, and the names
    that tensors have in transformers 5 while it runs."""
    path = os.path.join(folder, "model.safetensors")
    t = {"model." + re.sub(r"^language_model\.model\.", "language_model.", k): v
         for k, v in load_file(path).items()}
    os.makedirs(bare, exist_ok=True)
    save_file(t, os.path.join(bare, "model.safetensors"), metadata={"format": "pt"})
    os.chmod(os.path.join(bare, "model.safetensors"), 0o644)
    c = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
         "text_config": dict(TEXT, model_type="gemma3_text"), "vision_config": VISION}
    with open(os.path.join(bare, "config.json"), "w") as f:
        json.dump(c, f, indent=2)
        f.write("\n")
    shutil.copy(os.path.join(folder, "golden.jsonl"), bare)


def write_folder(folder, config, dtype, kinds):
    model = build(config)
    for p in model.parameters():
        p.data = p.data.to(dtype).float()
    os.makedirs(folder, exist_ok=True)
    # A copy: .to() rounds angles, too. Some 3 shards.
    copy.deepcopy(model).to(dtype).save_pretrained(
        folder, max_shard_size="16KB" if "shards" in kinds else "1GB")
    if "bare" in kinds:
        strip_prefix(folder)
    if "old" in kinds:
        with open(os.path.join(folder, "old.json"), "w") as f:
            json.dump(older(config), f, indent=2)
            f.write("\n")
    os.remove(os.path.join(folder, "generation_config.json"))
    for path in glob.glob(os.path.join(folder, "*.safetensors")):
        os.chmod(path, 0o644)
    write_golden(model, folder)
    if "images" in kinds:
        write_images(folder, folder + "-bare")


# ---- GGUF ----

def gguf_name(name, names):
    layer = ""
    for root in ("model.layers.", "transformer.h."):
        if name.startswith(root):
            i, name = name.removeprefix(root).split(".", 1)
            layer = "blk.%s." % i
    module, end = name.rsplit(".", 1)
    return layer + names[module] + "." + end


def interleave(w, n_head):
    """Rows of q and k of Llama: pairs become neighbours."""
    half = w.shape[0] // n_head // 2
    return w.reshape(n_head, 2, half, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def uninterleave(w, n_head):
    half = w.shape[0] // n_head // 2
    return w.reshape(n_head, half, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def arranged(name, x, config, back=False):
    """A tensor in the order and with the values that GGUF files have."""
    kind = config.model_type
    if kind == "llama" and (".q_proj" in name or ".k_proj" in name):
        n = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
        return (uninterleave if back else interleave)(x, n)
    if kind == "gpt2" and ".c_" in name and name.endswith("weight"):
        return x.T
    if kind.startswith("gemma") and "norm" in name:
        return x - 1 if back else x + 1
    return x


def rope_factors(config):
    """What llama.cpp's converter makes of rope_type llama3."""
    p = config.rope_parameters
    dim = config.hidden_size // config.num_attention_heads
    speed = 1.0 / p["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    length = 2 * np.pi / speed
    low = p["original_max_position_embeddings"] / p["low_freq_factor"]
    high = p["original_max_position_embeddings"] / p["high_freq_factor"]
    smooth = ((p["original_max_position_embeddings"] / length - p["low_freq_factor"])
              / (p["high_freq_factor"] - p["low_freq_factor"]))
    between = 1 / ((1 - smooth) / p["factor"] + smooth)
    return np.where(length < high, 1, np.where(length > low, p["factor"], between))


def write_settings(w, config, kind):
    if kind == "gpt2":
        w.add_context_length(config.n_positions)
        w.add_embedding_length(config.n_embd)
        w.add_feed_forward_length(4 * config.n_embd)
        w.add_block_count(config.n_layer)
        w.add_head_count(config.n_head)
        w.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_block_count(config.num_hidden_layers)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    w.add_rope_freq_base(rope.get("full_attention", rope)["rope_theta"])
    if kind == "llama":
        w.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
        if rope["rope_type"] == "linear":
            w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            w.add_rope_scaling_factor(rope["factor"])
    if kind.startswith("gemma"):
        w.add_key_length(config.head_dim)
        w.add_value_length(config.head_dim)
    if kind in ("gemma2", "gemma3"):
        w.add_sliding_window(config.sliding_window)
    if kind == "gemma2":
        w.add_attn_logit_softcapping(config.attn_logit_softcapping)
        w.add_final_logit_softcapping(config.final_logit_softcapping)


def write_gguf(folder, config, kind, matrices, split):
    """GGUF files know no scale of queries: it is that of the heads."""
    config.query_pre_attn_scalar = getattr(config, "head_dim", None)
    model = build(config)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.gguf")
    w = gguf.GGUFWriter(path, kind, split_max_tensors=split)
    write_settings(w, config, kind)
    if config.model_type == "llama" and config.rope_parameters["rope_type"] == "llama3":
        w.add_tensor("rope_freqs.weight", rope_factors(config).astype(np.float32))
    names = GEMMA_NAMES if kind in ("gemma2", "gemma3") else NAMES
    params = dict(model.named_parameters())  # a tied matrix is there once
    for name, p in params.items():
        x = np.ascontiguousarray(arranged(name, p.data.numpy(), config))
        to = gguf.GGMLQuantizationType[matrices if x.ndim == 2 else "F32"]
        q = gguf.quants.quantize(x, to)
        w.add_tensor(gguf_name(name, names), q, raw_dtype=to)
        x = gguf.quants.dequantize(q, to).astype(np.float32)
        if "norm" not in name and "ln_" not in name:  # 32 bits: nothing is rounded
            p.data = torch.tensor(np.ascontiguousarray(arranged(name, x, config, True)))
    model.tie_weights()
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    write_golden(model, folder)


def write_all(out, folders, files):
    for name, (config, dtype, kinds) in folders.items():
        write_folder(os.path.join(out, name), config, dtype, kinds)
    for name, (config, kind, matrices, split) in files.items():
        for old in glob.glob(os.path.join(out, name, "*.gguf")):
            os.remove(old)
        write_gguf(os.path.join(out, name), config, kind, matrices, split)


def main(out):
    torch.manual_seed(11)
    write_all(out, FOLDERS, FILES)
    write_all(out, LATE_FOLDERS, LATE_FILES)
    both = hf.Gemma3Config(text_config=TEXT, vision_config=VISION)
    write_folder(os.path.join(out, "gemma3-images"), both, torch.float16, {"images"})


if __name__ == "__main__":
    main(sys.argv[1])
