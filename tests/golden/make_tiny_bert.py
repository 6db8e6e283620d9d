"""Make tiny random BERT models and what the transformers library computes with them.

usage: make_tiny_bert.py DIR

DIR/f32     a sentence-transformers folder: weights, tokenizer, mean pooling, normalized
DIR/f16     the same weights as F16, DIR/bf16 as BF16, DIR/shards as F32 in several files
DIR/odd     odd sizes, another epsilon, tensor names with the prefix `bert.`
DIR/*/hidden.jsonl      {"ids", "hidden": last hidden state, row after row}
DIR/f32/vectors.jsonl   {"text", "embedding"} as sentence-transformers gives them
"""
import json
import os
import sys

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertForSequenceClassification, BertModel

VOCAB = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
         + list("abcdefghijklmnopqrstuvwxyz0123456789.,:;!?-_/()'")
         + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"]
         + "the error failed user from for port not session connection password root".split()
         + ["##ing", "##ed", "##er", "##s", "##tion"])

TEXTS = ["", " \t ", "a", "The error", "Failed password for root from 10.0.0.7 port 22",
         "session opened for user backup", "Naïve CAFÉ!", "日本語 text", "x" * 120,
         "connection not closed; retrying (3/5)", "a b c d e f g h i j k l m n o p q r s",
         "[CLS] is plain text", "error: disk_full on /dev/sda1, 0 bytes left?"]


def randomize(model):
    """Weights that matter: the defaults are too small to show a mistake."""
    for name, p in model.named_parameters():
        if "LayerNorm.weight" in name:
            p.data = 1 + 0.3 * torch.randn_like(p)
        elif "embeddings" in name:
            p.data = torch.randn_like(p)
        else:
            p.data = 0.25 * torch.randn_like(p)


def sequences(config):
    g = torch.Generator().manual_seed(7)
    longest = config.max_position_embeddings
    return [torch.randint(0, config.vocab_size, (n,), generator=g).tolist()
            for n in (1, 2, 3, 17, longest)]


def write_hidden(model, path):
    """`model` is a BertModel in f32."""
    with torch.no_grad(), open(path, "w") as f:
        for ids in sequences(model.config):
            h = model.eval()(input_ids=torch.tensor([ids])).last_hidden_state[0]
            rows = [float("%.7g" % x) for x in h.flatten().tolist()]
            f.write(json.dumps({"ids": ids, "hidden": rows}) + "\n")


def write_tokenizer(folder):
    t = Tokenizer(WordPiece({w: i for i, w in enumerate(VOCAB)}, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.decoder = decoders.WordPiece()
    t.add_special_tokens(VOCAB[:5])
    t.save(os.path.join(folder, "tokenizer.json"))


def write_json(folder, name, value):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(value, f, indent=2)
        f.write("\n")


def write_sentence_files(folder, width):
    kinds = ["Transformer", "Pooling", "Normalize"]
    write_json(folder, "modules.json",
               [{"idx": i, "name": str(i), "path": "" if i == 0 else "%d_%s" % (i, k),
                 "type": "sentence_transformers.models." + k} for i, k in enumerate(kinds)])
    write_json(folder, "1_Pooling/config.json",
               {"word_embedding_dimension": width, "pooling_mode_cls_token": False,
                "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False})
    write_json(folder, "sentence_bert_config.json",
               {"max_seq_length": 32, "do_lower_case": False})
    write_json(folder, "tokenizer_config.json",
               {"tokenizer_class": "BertTokenizer", "do_lower_case": True,
                "model_max_length": 64})


def write_vectors(folder):
    """One text at a time, so that no padding takes part. A token that is a special one by
    its spelling is plain text to us: sentence-transformers gets it with a space in it."""
    from sentence_transformers import SentenceTransformer
    st = SentenceTransformer(folder, device="cpu")
    with open(os.path.join(folder, "vectors.jsonl"), "w") as f:
        for text in TEXTS:
            v = st.encode([text.replace("[CLS]", "[ CLS ]")])[0]
            f.write(json.dumps({"text": text,
                                "embedding": [round(float(x), 6) for x in v]}) + "\n")


def save(folder, model, state):
    os.makedirs(folder, exist_ok=True)
    model.config.save_pretrained(folder)
    save_file(state, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})


def main(out):
    torch.manual_seed(3)
    config = BertConfig(vocab_size=len(VOCAB), hidden_size=32, num_hidden_layers=2,
                        num_attention_heads=4, intermediate_size=64,
                        max_position_embeddings=64)
    model = BertModel(config, add_pooling_layer=False)
    randomize(model)
    state = {k: v.contiguous() for k, v in model.state_dict().items()}

    folder = os.path.join(out, "f32")
    save(folder, model, state)
    write_tokenizer(folder)
    write_sentence_files(folder, config.hidden_size)
    write_hidden(model, os.path.join(folder, "hidden.jsonl"))
    write_vectors(folder)

    folder = os.path.join(out, "shards")
    model.save_pretrained(folder, max_shard_size="40KB")
    write_hidden(model, os.path.join(folder, "hidden.jsonl"))

    for name, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        folder = os.path.join(out, name)
        save(folder, model, {k: v.to(dtype) for k, v in state.items()})
        rounded = BertModel(config, add_pooling_layer=False)
        rounded.load_state_dict({k: v.float() for k, v in load_file(
            os.path.join(folder, "model.safetensors")).items()})
        write_hidden(rounded, os.path.join(folder, "hidden.jsonl"))

    config = BertConfig(vocab_size=53, hidden_size=21, num_hidden_layers=3,
                        num_attention_heads=3, intermediate_size=37,
                        max_position_embeddings=19, type_vocab_size=1, layer_norm_eps=1e-5)
    model = BertForSequenceClassification(config)
    randomize(model)
    folder = os.path.join(out, "odd")
    save(folder, model, {k: v.contiguous() for k, v in model.state_dict().items()})
    write_hidden(model.bert, os.path.join(folder, "hidden.jsonl"))


if __name__ == "__main__":
    main(sys.argv[1])
