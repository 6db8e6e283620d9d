"""Make tiny random checkpoints of BERT's relatives, with heads, and what the transformers
library computes with them.

usage: make_tiny_encoders.py DIR

DIR/ARCH-seq    ...ForSequenceClassification, DIR/ARCH-tok ...ForTokenClassification,
DIR/ARCH-mlm    ...ForMaskedLM; of bert, roberta, xlm (XLM-R), distilbert, mpnet
DIR/ARCH-st     a sentence-transformers folder: distilbert, mpnet
    golden.jsonl    {"ids", "hidden": last hidden state, "logits"}, row after row
and, where the tokenizer is WordPiece:
    labels.jsonl    {"text", "scores"} by the text-classification pipeline
    tags.jsonl      {"text", "tags"} by the token-classification pipeline, strategy "first";
                    a text too long for it by windows(), below
    fill.jsonl      {"text", "fill_all"}: of each mask the 5 likeliest words
    vectors.jsonl   {"text", "embedding"} by sentence-transformers
"""
import json
import os
import sys

import numpy as np
import torch
import transformers as hf
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

from make_tiny_bert import TEXTS, VOCAB, randomize, write_json, write_vectors

SIZES = dict(vocab_size=len(VOCAB), hidden_size=24, num_hidden_layers=2,
             num_attention_heads=3, intermediate_size=40)
DISTIL = dict(vocab_size=len(VOCAB), dim=24, n_layers=2, n_heads=3, hidden_dim=40,
              max_position_embeddings=32)
ROBERTA = dict(SIZES, max_position_embeddings=40, pad_token_id=1, type_vocab_size=1,
               layer_norm_eps=1e-5)

# Its configuration, the prefix of its classes, the names of its special tokens
ARCHS = {
    "bert": (lambda: hf.BertConfig(**SIZES, max_position_embeddings=32), "Bert", "bert"),
    "roberta": (lambda: hf.RobertaConfig(**ROBERTA), "Roberta", None),
    "xlm": (lambda: hf.XLMRobertaConfig(**dict(ROBERTA, vocab_size=700)), "XLMRoberta", None),
    "distilbert": (lambda: hf.DistilBertConfig(**DISTIL), "DistilBert", "bert"),
    # Longer than the distances that have a bucket of their own.
    "mpnet": (lambda: hf.MPNetConfig(**SIZES, max_position_embeddings=112,
                                     layer_norm_eps=1e-5), "MPNet", "mpnet"),
}
HEADS = {"seq": "ForSequenceClassification", "tok": "ForTokenClassification",
         "mlm": "ForMaskedLM"}
LABELS = {"seq": ["good", "bad", "so-so"], "tok": ["O", "B-PER", "I-PER", "B-LOC", "misc"]}
# In the order of their ids; MPNet knows its padding by the 1.
SPECIAL = {"bert": dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
                        sep_token="[SEP]", mask_token="[MASK]"),
           "mpnet": dict(cls_token="<s>", pad_token="<pad>", sep_token="</s>",
                         unk_token="[UNK]", mask_token="<mask>")}

MASKED = ["the {} failed", "{}", "fail{} password {} root", "({}) error: {}{}.", "a{}b  {}",
          "naïve {} 日本"]
LONG = " ".join(t for t in TEXTS[2:] if "CLS" not in t) * 3


def write_tokenizer(folder, kind):
    special = SPECIAL[kind]
    words = list(special.values()) + VOCAB[5:]
    t = Tokenizer(WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    frame = [special["cls_token"], special["sep_token"]]
    frame = [(w, words.index(w)) for w in frame]
    if kind == "mpnet":
        t.post_processor = processors.RobertaProcessing(frame[1], frame[0],
                                                        add_prefix_space=False)
    else:
        t.post_processor = processors.TemplateProcessing(
            single="%s $A %s" % (frame[0][0], frame[1][0]), special_tokens=frame)
    t.decoder = decoders.WordPiece()
    t.add_special_tokens(list(special.values()))
    t.save(os.path.join(folder, "tokenizer.json"))
    write_json(folder, "tokenizer_config.json",
               dict(special, tokenizer_class="PreTrainedTokenizerFast", model_max_length=1e30))
    return hf.PreTrainedTokenizerFast(tokenizer_file=os.path.join(folder, "tokenizer.json"),
                                      **special)


def make(name, arch, head):
    """A model whose weights are what its file, in 16 bits, says."""
    config, prefix, _ = ARCHS[arch]
    config = config()
    labels = LABELS.get(head)
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {w: i for i, w in enumerate(labels)}
    model = getattr(hf, prefix + HEADS.get(head, "Model"))(config)
    randomize(model)
    if head == "mlm":
        model.tie_weights()
    for n, p in model.named_parameters():
        if head == "tok" and n.lower().endswith("norm.bias"):
            p.data *= 0.1  # or else most tokens get the same label
        elif head == "tok" and n.startswith("classifier"):
            p.data *= 3
    os.makedirs(name, exist_ok=True)
    model.half().float().save_pretrained(name)
    if arch != "bert":  # BERT's stays in 32 bits
        path = os.path.join(name, "model.safetensors")
        save_file({k: v.half() for k, v in load_file(path).items()}, path,
                  metadata={"format": "pt"})
    return model.eval()


def numbers(t):
    return [float("%.7g" % x) for x in t.flatten().tolist()]


def write_golden(model, folder, first):
    g = torch.Generator().manual_seed(7)
    config = model.config
    longest = config.max_position_embeddings - first
    with torch.no_grad(), open(os.path.join(folder, "golden.jsonl"), "w") as f:
        for n in (1, 2, 17, longest):
            # No padding in a text: RoBERTa would number its positions by it.
            ids = torch.randint(2, config.vocab_size, (1, n), generator=g)
            out = model(input_ids=ids, output_hidden_states=True)
            row = {"ids": ids[0].tolist(),
                   "hidden": numbers(out.hidden_states[-1] if "hidden_states" in out
                                     else out.last_hidden_state)}
            if "logits" in out and not (out.logits.shape[-1] > 600 and n > 2):
                row["logits"] = numbers(out.logits)
            f.write(json.dumps(row) + "\n")


def write_lines(folder, name, rows):
    with open(os.path.join(folder, name), "w") as f:
        for row in rows:
            f.write(json.dumps(row) + "\n")


def plain(texts):
    return [t for t in texts if "CLS" not in t]


def labels_of(model, tokenizer, texts):
    pipe = hf.pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    return [{"text": t, "scores": {r["label"]: float("%.6g" % r["score"])
                                   for r in pipe([t])[0]}} for t in texts]


def tag(r, text):
    return {"text": text[r["start"]:r["end"]], "label": r["entity_group"],
            "score": float("%.6g" % r["score"]), "start": r["start"], "end": r["end"]}


def windows(n, room):
    """Windows of `room` of n tokens, spread evenly, at least a quarter of them shared by
    neighbours: (first, end, first and end of those that it answers for)."""
    if n <= room:
        return [(0, n, 0, n)]
    step = room - room // 4
    count = -(-(n - room) // step) + 1
    at = [i * (n - room) // (count - 1) for i in range(count)]
    cut = [0] + [(a + b + room) // 2 for a, b in zip(at, at[1:])] + [n]
    return [(a, a + room, cut[i], cut[i + 1]) for i, a in enumerate(at)]


def scores_of(model, tokenizer, text):
    """The probabilities of each token, from the window that answers for it."""
    enc = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    ids, room = enc["input_ids"], model.config.max_position_embeddings
    room -= 2 + (2 if model.config.model_type == "mpnet" else 0)
    frame = tokenizer.convert_tokens_to_ids([tokenizer.cls_token, tokenizer.sep_token])
    rows = []
    for at, end, lo, hi in windows(len(ids), room):
        x = torch.tensor([[frame[0]] + ids[at:end] + [frame[1]]])
        with torch.no_grad():
            p = model(input_ids=x).logits[0].softmax(-1)
        rows.append(p[1 + lo - at:1 + hi - at])
    return ids, enc["offset_mapping"], torch.cat(rows).numpy()


def tags_of(model, tokenizer, texts):
    pipe = hf.pipeline("token-classification", model=model, tokenizer=tokenizer,
                       aggregation_strategy="first")
    rows = [{"text": t, "tags": [tag(r, t) for r in pipe(t)]} for t in texts
            if len(tokenizer(t)["input_ids"]) <= 28]
    ids, offsets, scores = scores_of(model, tokenizer, LONG)
    # The pipeline's own second half, fed with those.
    pre = pipe.gather_pre_entities(LONG, np.array(ids), scores, [tuple(o) for o in offsets],
                                   np.zeros(len(ids)), hf.pipelines.AggregationStrategy.FIRST)
    groups = pipe.aggregate(pre, hf.pipelines.AggregationStrategy.FIRST)
    rows.append({"text": LONG, "tags": [tag(r, LONG) for r in groups
                                        if r["entity_group"] != "O"]})
    return rows


def fills_of(model, tokenizer, texts):
    rows = []
    for text in texts:
        text = text.replace("{}", tokenizer.mask_token)
        x = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            p = model(input_ids=x["input_ids"]).logits[0].softmax(-1)
        masks = []
        for at in (x["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0].tolist():
            best = [i for i in p[at].argsort(descending=True).tolist()
                    if i not in tokenizer.all_special_ids
                    and tokenizer.convert_ids_to_tokens(i) is not None][:5]
            masks.append([{"word": tokenizer.convert_ids_to_tokens(i),
                           "score": float("%.6g" % p[at][i])} for i in best])
        rows.append({"text": text, "fill_all": masks})
    return rows


def write_sentence(folder, width, limit):
    kinds = ["Transformer", "Pooling", "Normalize"]
    write_json(folder, "modules.json",
               [{"idx": i, "name": str(i), "path": "" if i == 0 else "%d_%s" % (i, k),
                 "type": "sentence_transformers.models." + k} for i, k in enumerate(kinds)])
    write_json(folder, "1_Pooling/config.json",
               {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True})
    write_json(folder, "sentence_bert_config.json",
               {"max_seq_length": limit, "do_lower_case": False})
    write_vectors(folder)


def main(out):
    torch.manual_seed(5)
    for arch, (_, _, words) in ARCHS.items():
        first = 2 if arch in ("roberta", "xlm", "mpnet") else 0
        for head in HEADS:
            folder = os.path.join(out, arch + "-" + head)
            model = make(folder, arch, head)
            write_golden(model, folder, first)
            if not words:
                continue
            tokenizer = write_tokenizer(folder, words)
            if head == "seq":
                write_lines(folder, "labels.jsonl", labels_of(model, tokenizer, plain(TEXTS)[:11]))
            elif head == "tok":
                write_lines(folder, "tags.jsonl", tags_of(model, tokenizer, plain(TEXTS)))
            else:
                write_lines(folder, "fill.jsonl", fills_of(model, tokenizer, MASKED))
        if arch in ("distilbert", "mpnet"):
            folder = os.path.join(out, arch + "-st")
            model = make(folder, arch, "st")
            write_golden(model, folder, first)
            write_tokenizer(folder, words)
            write_sentence(folder, 24, 32 if arch == "distilbert" else 40)


if __name__ == "__main__":
    main(sys.argv[1])
