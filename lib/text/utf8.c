/* utf8.c - UTF-8: decode, validate, repair */
#include "text/utf8.h"

#include "kernel/kernel.h"

/* What the byte after a lead may be (table 3-7): the sharpest bounds are on the second.
 */
static int
second_ok(unsigned char lead, unsigned char b)
{
    switch (lead) {
    case 0xE0: return b >= 0xA0 && b <= 0xBF;
    case 0xED: return b >= 0x80 && b <= 0x9F;
    case 0xF0: return b >= 0x90 && b <= 0xBF;
    case 0xF4: return b >= 0x80 && b <= 0x8F;
    default: return (b & 0xC0) == 0x80;
    }
}

static int
lead_len(unsigned char b)
{
    if (b < 0x80)
        return 1;
    if (b >= 0xC2 && b <= 0xDF)
        return 2;
    if (b >= 0xE0 && b <= 0xEF)
        return 3;
    return b >= 0xF0 && b <= 0xF4 ? 4 : 0;
}

/* Length of the maximal subpart at p: whole sequence, or as far as it is well-formed
 * (at least 1). *ok tells which. */
static int
subpart(const unsigned char *p, size_t n, int *ok)
{
    int len = lead_len(p[0]);

    *ok = len == 1;
    if (len <= 1)
        return 1;
    if (n < 2 || !second_ok(p[0], p[1]))
        return 1;
    for (int i = 2; i < len; i++)
        if ((size_t)i >= n || (p[i] & 0xC0) != 0x80)
            return i;
    *ok = 1;
    return len;
}

int
utf8_len(const char *p, size_t n)
{
    int ok, len;

    if (n == 0)
        return 0;
    len = subpart((const unsigned char *)p, n, &ok);
    return ok ? len : 0;
}

uint32_t
utf8_next(const char **pp)
{
    const unsigned char *p = (const unsigned char *)*pp;

    if (p[0] < 0x80) {
        *pp += 1;
        return p[0];
    }
    if (p[0] < 0xE0) {
        *pp += 2;
        return (uint32_t)((p[0] & 31) << 6 | (p[1] & 63));
    }
    if (p[0] < 0xF0) {
        *pp += 3;
        return (uint32_t)((p[0] & 15) << 12 | (p[1] & 63) << 6 | (p[2] & 63));
    }
    *pp += 4;
    return (uint32_t)((p[0] & 7) << 18 | (p[1] & 63) << 12 | (p[2] & 63) << 6 |
                      (p[3] & 63));
}

size_t
utf8_valid(const char *p, size_t n)
{
    const struct kernels *k = kernel_best();
    size_t i = k->text_ascii(p, n);
    int len;

    if (i == n || k->text_utf8(p + i, n - i))
        return n;
    while ((len = utf8_len(p + i, n - i)) > 0)
        i += (size_t)len;
    return i;
}

int
utf8_encode(uint32_t cp, char *out)
{
    unsigned char *p = (unsigned char *)out;

    if (cp < 0x80) {
        p[0] = (unsigned char)cp;
        return 1;
    }
    if (cp < 0x800) {
        p[0] = (unsigned char)(0xC0 | cp >> 6);
        p[1] = (unsigned char)(0x80 | (cp & 63));
        return 2;
    }
    if (cp < 0x10000) {
        p[0] = (unsigned char)(0xE0 | cp >> 12);
        p[1] = (unsigned char)(0x80 | (cp >> 6 & 63));
        p[2] = (unsigned char)(0x80 | (cp & 63));
        return 3;
    }
    p[0] = (unsigned char)(0xF0 | cp >> 18);
    p[1] = (unsigned char)(0x80 | (cp >> 12 & 63));
    p[2] = (unsigned char)(0x80 | (cp >> 6 & 63));
    p[3] = (unsigned char)(0x80 | (cp & 63));
    return 4;
}

void
utf8_put(struct buf *b, uint32_t cp)
{
    b->n += (size_t)utf8_encode(cp, buf_room(b, 4));
}

void
utf8_repair(struct buf *b, const char *p, size_t n)
{
    while (n > 0) {
        size_t good = utf8_valid(p, n);
        int ok;
        buf_add(b, p, good);
        p += good;
        n -= good;
        if (n == 0)
            break;
        good = (size_t)subpart((const unsigned char *)p, n, &ok);
        buf_add(b, "\xEF\xBF\xBD", 3);
        p += good;
        n -= good;
    }
}

size_t
utf8_count(const char *p, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count;
}
