/*
 * decoder_list.h - every architecture of decoders, once
 *
 * DECODER(a) names the struct decoder_arch decode_a, in the file that begins so.
 * No include guard: included with DECODER defined, as often as needed.
 */
#ifndef DECODER
#error "define DECODER(a) before including decoder_list.h"
#endif

DECODER(llama)
DECODER(llama_mistral)
DECODER(qwen2)
DECODER(gemma_1)
DECODER(gemma_2)
DECODER(gemma_3)
DECODER(gpt2)
