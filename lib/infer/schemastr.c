/* schemastr.c - the inside of a JSON string, byte by byte */
#include "infer/schemastr.h"

static enum schemastr
plain(unsigned char c)
{
    if (c == '"')
        return SCHEMASTR_QUOTE;
    if (c == '\\')
        return SCHEMASTR_ESCAPE;
    if (c < 0x80)
        return c < 0x20 ? SCHEMASTR_NONE : SCHEMASTR_PLAIN;
    if (c < 0xc2 || c > 0xf4)
        return SCHEMASTR_NONE;
    if (c < 0xe0)
        return SCHEMASTR_TAIL1;
    if (c < 0xf0)
        return c == 0xe0   ? SCHEMASTR_TAIL_E0
               : c == 0xed ? SCHEMASTR_TAIL_ED
                           : SCHEMASTR_TAIL2;
    return c == 0xf0   ? SCHEMASTR_TAIL_F0
           : c == 0xf4 ? SCHEMASTR_TAIL_F4
                       : SCHEMASTR_TAIL3;
}

static enum schemastr
escaped(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return SCHEMASTR_PLAIN;
    case 'u': return SCHEMASTR_HEX4;
    default: return SCHEMASTR_NONE;
    }
}

static int
is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static enum schemastr
hex(enum schemastr at, unsigned char c)
{
    if (!is_hex(c))
        return SCHEMASTR_NONE;
    switch (at) {
    case SCHEMASTR_HEX4: return (c | 0x20) == 'd' ? SCHEMASTR_HEX_D : SCHEMASTR_HEX3;
    case SCHEMASTR_HEX3: return SCHEMASTR_HEX2;
    case SCHEMASTR_HEX_D: return c <= '7' ? SCHEMASTR_HEX2 : SCHEMASTR_NONE;
    case SCHEMASTR_HEX2: return SCHEMASTR_HEX1;
    default: return SCHEMASTR_PLAIN;
    }
}

static enum schemastr
tail(unsigned char c, unsigned char low, unsigned char high, enum schemastr next)
{
    return c >= low && c <= high ? next : SCHEMASTR_NONE;
}

enum schemastr
schemastr_step(enum schemastr at, unsigned char c)
{
    switch (at) {
    case SCHEMASTR_PLAIN: return plain(c);
    case SCHEMASTR_ESCAPE: return escaped(c);
    case SCHEMASTR_HEX4:
    case SCHEMASTR_HEX3:
    case SCHEMASTR_HEX_D:
    case SCHEMASTR_HEX2:
    case SCHEMASTR_HEX1: return hex(at, c);
    case SCHEMASTR_TAIL1: return tail(c, 0x80, 0xbf, SCHEMASTR_PLAIN);
    case SCHEMASTR_TAIL2: return tail(c, 0x80, 0xbf, SCHEMASTR_TAIL1);
    case SCHEMASTR_TAIL3: return tail(c, 0x80, 0xbf, SCHEMASTR_TAIL2);
    case SCHEMASTR_TAIL_E0: return tail(c, 0xa0, 0xbf, SCHEMASTR_TAIL1);
    case SCHEMASTR_TAIL_ED: return tail(c, 0x80, 0x9f, SCHEMASTR_TAIL1);
    case SCHEMASTR_TAIL_F0: return tail(c, 0x90, 0xbf, SCHEMASTR_TAIL2);
    case SCHEMASTR_TAIL_F4: return tail(c, 0x80, 0x8f, SCHEMASTR_TAIL2);
    default: return SCHEMASTR_NONE;
    }
}

unsigned char
schemastr_close(enum schemastr at)
{
    switch (at) {
    case SCHEMASTR_PLAIN: return ' ';
    case SCHEMASTR_ESCAPE: return 'n';
    case SCHEMASTR_HEX4:
    case SCHEMASTR_HEX3:
    case SCHEMASTR_HEX_D:
    case SCHEMASTR_HEX2:
    case SCHEMASTR_HEX1: return '0';
    case SCHEMASTR_TAIL_E0: return 0xa0;
    case SCHEMASTR_TAIL_F0: return 0x90;
    default: return 0x80;
    }
}
