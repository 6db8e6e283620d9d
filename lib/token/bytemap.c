/* bytemap.c - bytes as printable characters */
#include "token/bytemap.h"

#include "text/utf8.h"

#define FIRST 0x100 /* of the characters that stand for other bytes */

static int
is_itself(uint32_t c)
{
    return (c >= '!' && c <= '~') || (c >= 0xA1 && c <= 0xAC) ||
           (c >= 0xAE && c <= 0xFF);
}

/* Bytes below this one that do not stand for themselves. */
static uint32_t
others_below(uint32_t c)
{
    if (c <= '!')
        return c;
    if (c <= 0xA0)
        return '!' + (c - 0x7F);
    return '!' + (0xA1 - 0x7F); /* and U+00AD is the last */
}

uint32_t
bytemap_char(unsigned char byte)
{
    return is_itself(byte) ? byte : FIRST + others_below(byte);
}

int
bytemap_byte(uint32_t cp)
{
    uint32_t i = cp - FIRST;

    if (cp < FIRST)
        return is_itself(cp) ? (int)cp : -1;
    if (i < '!')
        return (int)i;
    if (i < '!' + (0xA1 - 0x7F))
        return (int)(i - '!' + 0x7F);
    return i == '!' + (0xA1 - 0x7F) ? 0xAD : -1;
}

void
bytemap_put(struct buf *b, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        utf8_put(b, bytemap_char((unsigned char)bytes.p[i]));
}

void
bytemap_get(struct buf *b, struct str text)
{
    const char *p = text.p, *end = text.p + text.n;
    size_t before = b->n;

    while (p < end) {
        int byte = bytemap_byte(utf8_next(&p));
        if (byte < 0) {
            b->n = before;
            buf_str(b, text);
            return;
        }
        buf_char(b, (char)byte);
    }
}
