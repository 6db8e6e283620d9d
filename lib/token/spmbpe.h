/*
 * spmbpe.h - SentencePiece BPE with byte fallback, from GGUF: Gemma, Llama 2
 *
 * A space is written U+2581, a lower block; characters are the first symbols; of all
 * neighbours that together are a piece, those with the highest score are joined first
 * (merge.h). A character that is no piece is written by its bytes, <0xE2><0x96>...
 *
 * Where no piece has a space behind something else, words are cut before their spaces,
 * which changes nothing but the time and memory that they take.
 *
 * What one would get wrong: control tokens are never made of plain text, whatever their
 * scores say.
 *
 * Owns:    its tables; the vocabulary is its opener's.
 * Threads: constant after open.    Limits: a word of 16 MB; all of a text where the
 *          vocabulary does not let it be cut.
 * Source:  Kudo and Richardson 2018 (D18-2012); behaviour of llama.cpp for
 *          tokenizer.ggml.model "llama".
 */
#ifndef TOKEN_SPMBPE_H
#define TOKEN_SPMBPE_H

#include "token/algo.h"

extern const struct algo spmbpe_algo;

#endif
