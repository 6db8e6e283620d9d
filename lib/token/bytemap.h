/*
 * bytemap.h - bytes as printable characters, as the vocabularies of byte-level BPE
 * write them
 *
 * Printable characters of Latin-1 stand for themselves, the other 68 bytes are U+0100
 * and up, in their order: a space is U+0120.
 *
 * Source:  encoder.py of GPT-2.    Threads: pure functions.
 */
#ifndef TOKEN_BYTEMAP_H
#define TOKEN_BYTEMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

uint32_t bytemap_char(unsigned char byte);

/* -1: no byte is written so. */
int bytemap_byte(uint32_t cp);

/* Append bytes as characters. */
void bytemap_put(struct buf *b, struct str bytes);

/* Append the bytes of well-formed text; what holds a character that stands for none is
 * appended as it is. */
void bytemap_get(struct buf *b, struct str text);

#endif
