/*
 * tokenizer_list.h - the registry: one line per algorithm
 *
 * TOKENIZER(file and prefix, model.type in tokenizer.json). The file defines
 * `const struct algo <prefix>_algo` (algo.h).
 */
TOKENIZER(wordpiece, "WordPiece")
TOKENIZER(bpe, "BPE")
