/*
 * tiles.c - the product of level amx on tiles that are plain memory
 *
 * For CPUs that have AVX-512 but no tiles: all of q8_amx.c is run, but for the
 * instructions themselves. What each of them does is written down here from its
 * description, so that a wrong stride or order shows.
 */
#include "../tiles.h"

#include <stdint.h>
#include <string.h>

#define KERNEL_TILE_H /* in place of kernel/amx/tile_amx.h */

struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

static struct tile_config current;
static unsigned char tile_bytes[8][16][64];

#define TILE_CONFIGURE(config) configure(config)
#define TILE_RELEASE()         memset(&current, 0, sizeof current)
#define TILE_ZERO(t)           memset(tile_bytes[t], 0, sizeof tile_bytes[t])
#define TILE_LOAD(t, p, stride)                                                        \
    move(t, (unsigned char *)(uintptr_t)(const void *)(p), stride, 0)
#define TILE_STORE(t, p, stride) move(t, (unsigned char *)(void *)(p), stride, 1)
#define TILE_DOT(t, a, b)        dot(t, a, b)

static void
configure(const struct tile_config *c)
{
    current = *c;
    memset(tile_bytes, 0, sizeof tile_bytes);
}

static void
move(int t, unsigned char *p, size_t stride, int store)
{
    for (size_t r = 0; current.palette == 1 && r < current.rows[t]; r++)
        if (store)
            memcpy(p + r * stride, tile_bytes[t][r], current.row_bytes[t]);
        else
            memcpy(tile_bytes[t][r], p + r * stride, current.row_bytes[t]);
}

/* TDPBUSD: t[m][n] += sum over k and i of a[m][4 k + i] * b[k][4 n + i] */
static void
dot(int t, int a, int b)
{
    for (size_t m = 0; m < current.rows[t]; m++)
        for (size_t n = 0; n < current.row_bytes[t] / 4u; n++) {
            int32_t sum;

            memcpy(&sum, tile_bytes[t][m] + 4 * n, sizeof sum);
            for (size_t k = 0; k < current.rows[b]; k++)
                for (size_t i = 0; i < 4; i++)
                    sum += tile_bytes[a][m][4 * k + i] *
                           (int8_t)tile_bytes[b][k][4 * n + i];
            memcpy(tile_bytes[t][m] + 4 * n, &sum, sizeof sum);
        }
}

#define q8_amx_fill tiles_fill
#include <immintrin.h>

#include "kernel/amx/q8_amx.c"
