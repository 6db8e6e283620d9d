/*
 * decode_llama.c - Llama 1 to 3, and what is built like it: SmolLM2, Mistral
 *
 * Nothing but the settings that all share: decodernet.h draws it. GGUF files of Llama
 * have the rows of q and k in the order in which pairs are neighbours. Mistral's first
 * version sees a window in all layers.
 *
 * Source: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023;
 *         Jiang et al., "Mistral 7B", 2023.
 */
#include "model/decodernet.h"

static int
read_llama(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->next = from->meta != NULL;
    if (from->config &&
        (config_expect(from->config, "hidden_act", "silu", e) ||
         config_opt_bool(from->config, "attention_bias", &s->biased, e)))
        return -1;
    return decodeset_read(s, from, e);
}

static int
read_mistral(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->every = 0;
    return read_llama(s, from, e) ||
                   decodeset_opt_int(from, "attention.sliding_window", "sliding_window",
                                     1, 1 << 24, &s->window, e)
               ? -1
               : 0;
}

const struct decoder_arch decode_llama = { "llama", NULL, &decodernet_folder,
                                           read_llama };
const struct decoder_arch decode_llama_mistral = { "mistral", NULL, &decodernet_folder,
                                                   read_mistral };
