/* charkind.c - what a character is to the end of a sentence */
#include "text/charkind.h"

#include <stddef.h>

enum {
    XX = CHARKIND_OTHER,
    SP = CHARKIND_SPACE,
    LN = CHARKIND_LINE,
    FS = CHARKIND_DOT,
    ST = CHARKIND_STOP,
    CL = CHARKIND_CLOSE,
    OP = CHARKIND_OPEN,
    DA = CHARKIND_DASH,
    CO = CHARKIND_COMMA,
    DI = CHARKIND_DIGIT,
    UP = CHARKIND_UPPER,
    LO = CHARKIND_LOWER
};

static const unsigned char ascii[128] = {
    XX, XX, XX, XX, XX, XX, XX, XX, XX, SP, LN, LN, LN, LN, XX, XX, /* 00 */
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* 10 */
    SP, ST, CL, XX, XX, XX, XX, CL, OP, CL, XX, XX, CO, DA, FS, XX, /* 20 */
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, CO, CO, XX, XX, XX, ST, /* 30 */
    XX, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, /* 40 */
    UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, OP, XX, CL, XX, XX, /* 50 */
    XX, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, /* 60 */
    LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, OP, XX, CL, XX, XX, /* 70 */
};

/* Ranges in rising order. Stops are Sentence_Break=STerm; the Latin ones that are
 * followed by a space are STOP. */
static const struct range {
    uint32_t from, to;
    enum charkind kind;
} ranges[] = {
    { 0x85, 0x85, CHARKIND_LINE },       { 0xA0, 0xA0, CHARKIND_SPACE },
    { 0xA1, 0xA1, CHARKIND_OPEN },       { 0xAB, 0xAB, CHARKIND_OPEN },
    { 0xBB, 0xBB, CHARKIND_CLOSE },      { 0xBF, 0xBF, CHARKIND_OPEN },
    { 0xC0, 0xD6, CHARKIND_UPPER },      { 0xD8, 0xDE, CHARKIND_UPPER },
    { 0xDF, 0xF6, CHARKIND_LOWER },      { 0xF8, 0xFF, CHARKIND_LOWER },
    { 0x37E, 0x37E, CHARKIND_STOP },     { 0x386, 0x386, CHARKIND_UPPER },
    { 0x388, 0x38F, CHARKIND_UPPER },    { 0x390, 0x390, CHARKIND_LOWER },
    { 0x391, 0x3AB, CHARKIND_UPPER },    { 0x3AC, 0x3CE, CHARKIND_LOWER },
    { 0x400, 0x42F, CHARKIND_UPPER },    { 0x430, 0x45F, CHARKIND_LOWER },
    { 0x531, 0x556, CHARKIND_UPPER },    { 0x561, 0x587, CHARKIND_LOWER },
    { 0x589, 0x589, CHARKIND_WIDE },     { 0x60C, 0x60C, CHARKIND_COMMA },
    { 0x61B, 0x61B, CHARKIND_COMMA },    { 0x61D, 0x61F, CHARKIND_WIDE },
    { 0x6D4, 0x6D4, CHARKIND_WIDE },     { 0x700, 0x702, CHARKIND_WIDE },
    { 0x7F9, 0x7F9, CHARKIND_WIDE },     { 0x837, 0x837, CHARKIND_WIDE },
    { 0x839, 0x839, CHARKIND_WIDE },     { 0x83D, 0x83E, CHARKIND_WIDE },
    { 0x964, 0x965, CHARKIND_WIDE },     { 0xE01, 0xEDF, CHARKIND_THAI },
    { 0x104A, 0x104B, CHARKIND_WIDE },   { 0x1362, 0x1362, CHARKIND_WIDE },
    { 0x1367, 0x1368, CHARKIND_WIDE },   { 0x166E, 0x166E, CHARKIND_WIDE },
    { 0x1680, 0x1680, CHARKIND_SPACE },  { 0x1735, 0x1736, CHARKIND_WIDE },
    { 0x17D4, 0x17D5, CHARKIND_WIDE },   { 0x1803, 0x1803, CHARKIND_WIDE },
    { 0x1809, 0x1809, CHARKIND_WIDE },   { 0x1944, 0x1945, CHARKIND_WIDE },
    { 0x1AA8, 0x1AAB, CHARKIND_WIDE },   { 0x1B5A, 0x1B5B, CHARKIND_WIDE },
    { 0x1B5E, 0x1B5F, CHARKIND_WIDE },   { 0x1B7D, 0x1B7E, CHARKIND_WIDE },
    { 0x1C3B, 0x1C3C, CHARKIND_WIDE },   { 0x1C7E, 0x1C7F, CHARKIND_WIDE },
    { 0x2000, 0x200A, CHARKIND_SPACE },  { 0x2010, 0x2015, CHARKIND_DASH },
    { 0x2018, 0x2018, CHARKIND_OPEN },   { 0x2019, 0x2019, CHARKIND_CLOSE },
    { 0x201A, 0x201B, CHARKIND_OPEN },   { 0x201C, 0x201D, CHARKIND_CLOSE },
    { 0x201E, 0x201F, CHARKIND_OPEN },   { 0x2024, 0x2024, CHARKIND_DOT },
    { 0x2025, 0x2026, CHARKIND_DOTS },   { 0x2028, 0x2029, CHARKIND_LINE },
    { 0x202F, 0x202F, CHARKIND_SPACE },  { 0x2039, 0x2039, CHARKIND_OPEN },
    { 0x203A, 0x203A, CHARKIND_CLOSE },  { 0x203C, 0x203D, CHARKIND_STOP },
    { 0x2047, 0x2049, CHARKIND_STOP },   { 0x205F, 0x205F, CHARKIND_SPACE },
    { 0x2CF9, 0x2CFB, CHARKIND_WIDE },   { 0x2E2E, 0x2E2E, CHARKIND_STOP },
    { 0x2E3C, 0x2E3C, CHARKIND_STOP },   { 0x2E53, 0x2E54, CHARKIND_STOP },
    { 0x3000, 0x3000, CHARKIND_SPACE },  { 0x3001, 0x3001, CHARKIND_COMMA },
    { 0x3002, 0x3002, CHARKIND_WIDE },   { 0x3008, 0x3008, CHARKIND_OPEN },
    { 0x3009, 0x3009, CHARKIND_CLOSE },  { 0x300A, 0x300A, CHARKIND_OPEN },
    { 0x300B, 0x300B, CHARKIND_CLOSE },  { 0x300C, 0x300C, CHARKIND_OPEN },
    { 0x300D, 0x300D, CHARKIND_CLOSE },  { 0x300E, 0x300E, CHARKIND_OPEN },
    { 0x300F, 0x300F, CHARKIND_CLOSE },  { 0x3010, 0x3010, CHARKIND_OPEN },
    { 0x3011, 0x3011, CHARKIND_CLOSE },  { 0x3014, 0x3014, CHARKIND_OPEN },
    { 0x3015, 0x3015, CHARKIND_CLOSE },  { 0x301D, 0x301D, CHARKIND_OPEN },
    { 0x301E, 0x301F, CHARKIND_CLOSE },  { 0xA4FF, 0xA4FF, CHARKIND_WIDE },
    { 0xA60E, 0xA60F, CHARKIND_WIDE },   { 0xA6F3, 0xA6F3, CHARKIND_WIDE },
    { 0xA6F7, 0xA6F7, CHARKIND_WIDE },   { 0xA876, 0xA877, CHARKIND_WIDE },
    { 0xA8CE, 0xA8CF, CHARKIND_WIDE },   { 0xA92F, 0xA92F, CHARKIND_WIDE },
    { 0xA9C8, 0xA9C9, CHARKIND_WIDE },   { 0xAA5D, 0xAA5F, CHARKIND_WIDE },
    { 0xAAF0, 0xAAF1, CHARKIND_WIDE },   { 0xABEB, 0xABEB, CHARKIND_WIDE },
    { 0xFE12, 0xFE12, CHARKIND_WIDE },   { 0xFE15, 0xFE16, CHARKIND_WIDE },
    { 0xFE52, 0xFE52, CHARKIND_DOT },    { 0xFE56, 0xFE57, CHARKIND_WIDE },
    { 0xFF01, 0xFF01, CHARKIND_WIDE },   { 0xFF08, 0xFF08, CHARKIND_OPEN },
    { 0xFF09, 0xFF09, CHARKIND_CLOSE },  { 0xFF0C, 0xFF0C, CHARKIND_COMMA },
    { 0xFF0E, 0xFF0E, CHARKIND_DOT },    { 0xFF1A, 0xFF1B, CHARKIND_COMMA },
    { 0xFF1F, 0xFF1F, CHARKIND_WIDE },   { 0xFF61, 0xFF61, CHARKIND_WIDE },
    { 0xFF62, 0xFF62, CHARKIND_OPEN },   { 0xFF63, 0xFF63, CHARKIND_CLOSE },
    { 0xFF64, 0xFF64, CHARKIND_COMMA },  { 0x10A56, 0x10A57, CHARKIND_WIDE },
    { 0x10F55, 0x10F59, CHARKIND_WIDE }, { 0x10F86, 0x10F89, CHARKIND_WIDE },
    { 0x11047, 0x11048, CHARKIND_WIDE }, { 0x110BE, 0x110C1, CHARKIND_WIDE },
    { 0x11141, 0x11143, CHARKIND_WIDE }, { 0x111C5, 0x111C6, CHARKIND_WIDE },
    { 0x111CD, 0x111CD, CHARKIND_WIDE }, { 0x111DE, 0x111DF, CHARKIND_WIDE },
    { 0x11238, 0x11239, CHARKIND_WIDE }, { 0x1123B, 0x1123C, CHARKIND_WIDE },
    { 0x112A9, 0x112A9, CHARKIND_WIDE }, { 0x1144B, 0x1144C, CHARKIND_WIDE },
    { 0x115C2, 0x115C3, CHARKIND_WIDE }, { 0x115C9, 0x115D7, CHARKIND_WIDE },
    { 0x11641, 0x11642, CHARKIND_WIDE }, { 0x1173C, 0x1173E, CHARKIND_WIDE },
    { 0x11944, 0x11944, CHARKIND_WIDE }, { 0x11946, 0x11946, CHARKIND_WIDE },
    { 0x11A42, 0x11A43, CHARKIND_WIDE }, { 0x11A9B, 0x11A9C, CHARKIND_WIDE },
    { 0x11C41, 0x11C42, CHARKIND_WIDE }, { 0x11EF7, 0x11EF8, CHARKIND_WIDE },
    { 0x11F43, 0x11F44, CHARKIND_WIDE }, { 0x16A6E, 0x16A6F, CHARKIND_WIDE },
    { 0x16AF5, 0x16AF5, CHARKIND_WIDE }, { 0x16B37, 0x16B38, CHARKIND_WIDE },
    { 0x16B44, 0x16B44, CHARKIND_WIDE }, { 0x16E98, 0x16E98, CHARKIND_WIDE },
    { 0x1BC9F, 0x1BC9F, CHARKIND_WIDE }, { 0x1DA88, 0x1DA88, CHARKIND_WIDE },
};

/* Blocks where capitals and small letters take turns: Latin Extended-A, with three
 * stretches where the odd one is the capital; Cyrillic Extended. */
static enum charkind
paired(uint32_t cp)
{
    int odd = (int)(cp & 1);

    if (cp == 0x138 || cp == 0x149 || cp == 0x17F)
        return CHARKIND_LOWER;
    if ((cp > 0x138 && cp < 0x149) || (cp > 0x178 && cp < 0x17F))
        odd = !odd;
    else if (cp == 0x178)
        return CHARKIND_UPPER;
    return odd ? CHARKIND_LOWER : CHARKIND_UPPER;
}

enum charkind
charkind_of(uint32_t cp)
{
    size_t lo = 0, hi = sizeof ranges / sizeof *ranges;

    if (cp < 128)
        return (enum charkind)ascii[cp];
    if (cp > 0x3015 && cp < 0xA4FF && cp != 0x301D) /* most of CJK */
        return cp == 0x301E || cp == 0x301F ? CHARKIND_CLOSE : CHARKIND_OTHER;
    if ((cp >= 0x100 && cp < 0x180) || (cp >= 0x460 && cp < 0x482) ||
        (cp >= 0x48A && cp < 0x4C0) || (cp >= 0x4D0 && cp < 0x530))
        return paired(cp);
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (cp > ranges[mid].to)
            lo = mid + 1;
        else if (cp < ranges[mid].from)
            hi = mid;
        else
            return ranges[mid].kind;
    }
    return CHARKIND_OTHER;
}

uint32_t
charkind_fold(uint32_t cp)
{
    if ((cp >= 'A' && cp <= 'Z') || (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) ||
        (cp >= 0x391 && cp <= 0x3A9) || (cp >= 0x410 && cp <= 0x42F))
        return cp + 0x20;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 0x50;
    if (cp >= 0x100 && cp < 0x178 && paired(cp) == CHARKIND_UPPER && cp != 0x130)
        return cp + 1;
    return cp;
}
