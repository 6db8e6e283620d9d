/*
 * tile_amx.h - tile registers: eight matrices of 16 rows of 64 bytes
 *
 * The names stand for one instruction each, so that a test can put others in their
 * place where the CPU has no tiles.
 *
 * Source: Intel SDM volume 1, chapter 18, "Programming with Intel AMX".
 */
#ifndef KERNEL_TILE_H
#define KERNEL_TILE_H

#include <immintrin.h>
#include <stdint.h>

/* What LDTILECFG reads */
struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

/* Tile registers are named by constants. */
#define TILE_CONFIGURE(config)   _tile_loadconfig(config)
#define TILE_RELEASE()           _tile_release()
#define TILE_ZERO(t)             _tile_zero(t)
#define TILE_LOAD(t, p, stride)  _tile_loadd(t, p, stride)
#define TILE_STORE(t, p, stride) _tile_stored(t, p, stride)

/* t [16, 16] of int32 += a [16, 64] of unsigned * b [16][16][4] of signed bytes */
#define TILE_DOT(t, a, b) _tile_dpbusd(t, a, b)

#endif
