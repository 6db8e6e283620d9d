/*
 * decode_qwen2.c - Qwen2 and 2.5: Llama with biases on q, k and v
 *
 * Source: Yang et al., "Qwen2 Technical Report", 2024.
 */
#include "model/decodernet.h"

static int
read_qwen2(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->biased = 1;
    if (from->config && (config_expect(from->config, "hidden_act", "silu", e) ||
                         config_expect_off(from->config, "use_sliding_window", e)))
        return -1;
    return decodeset_read(s, from, e);
}

const struct decoder_arch decode_qwen2 = { "qwen2", NULL, &decodernet_folder,
                                           read_qwen2 };
