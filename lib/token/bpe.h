/*
 * bpe.h - byte-level BPE: GPT-2, SmolLM2, Llama 3, Qwen 2
 *
 * Text is cut into words (pretok.h); the bytes of a word are its first symbols, written
 * as bytemap.h says, and merged as the list of merges orders them (merge.h). Any bytes
 * can be written, so nothing is unknown. Words that were seen are remembered, worker by
 * worker.
 *
 * From tokenizer.json: normalizer null; pre_tokenizer ByteLevel, or a Sequence of Split
 * with a pattern that pretok.h knows, or Digits one by one, and ByteLevel; decoder
 * ByteLevel. From GGUF: tokenizer.ggml.model "gpt2".
 *
 * Owns:    its tables; the vocabulary is its opener's.
 * Threads: constant after open.    Limits: a word of 64 MB.
 * Source:  Radford et al., "Language Models are Unsupervised Multitask Learners", 2019;
 *          behaviour of Hugging Face tokenizers and of llama.cpp.
 */
#ifndef TOKEN_BPE_H
#define TOKEN_BPE_H

#include "token/algo.h"

extern const struct algo bpe_algo;

#endif
