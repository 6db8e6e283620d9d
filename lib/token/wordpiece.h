/*
 * wordpiece.h - WordPiece with BERT's normalizer and pre-tokenizer
 *
 * Text is normalized (bertnorm.h), cut at white space and around punctuation, and each
 * word is covered from the left by the longest piece that fits, those after the first
 * from the pieces that begin with "##". A word with no cover, or with more characters
 * than the model allows, is one unknown token.
 *
 * ASCII takes a short way: one look at a table per byte gives its class, its lower case
 * and the running hash, and most words are then one look-up.
 *
 * Normalizers: BertNormalizer, null. Pre-tokenizers: BertPreTokenizer. Decoders:
 * WordPiece, null.
 *
 * Owns:    its tables; the vocabulary is its opener's.
 * Threads: constant after open.
 * Source:  Schuster and Nakajima 2012; Devlin et al. 2019 (N19-1423); behaviour of
 *          Hugging Face tokenizers.
 */
#ifndef TOKEN_WORDPIECE_H
#define TOKEN_WORDPIECE_H

#include "token/algo.h"

extern const struct algo wordpiece_algo;

#endif
