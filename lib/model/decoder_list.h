/*
 * decoder_list.h - every architecture of decoders, once
 *
 * DECODER(a) names the struct decoder_arch decoder_a of model/decode_a.c.
 * No include guard: included with DECODER defined, as often as needed.
 */
#ifndef DECODER
#error "define DECODER(a) before including decoder_list.h"
#endif

DECODER(llama)
DECODER(mistral)
DECODER(qwen2)
DECODER(gemma2)
DECODER(gemma3)
DECODER(gpt2)
