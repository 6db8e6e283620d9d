/*
 * tokenizer_gguf_list.h - the registry of those that GGUF files can ask for
 *
 * TOKENIZER(file and prefix, tokenizer.ggml.model). The file's algo has an open_gguf.
 */
TOKENIZER(bpe, "gpt2")
TOKENIZER(spmbpe, "llama")
