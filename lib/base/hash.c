/* hash.c - 64 bits for a byte string */
#include "base/hash.h"

uint64_t
hash_bytes(struct str s)
{
    uint64_t h = 0x9E3779B97F4A7C15u ^ s.n, w;

    for (; s.n >= 8; s.p += 8, s.n -= 8) {
        memcpy(&w, s.p, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    for (w = 0; s.n > 0; s.n--)
        w = w << 8 | (unsigned char)s.p[s.n - 1];
    h = (h ^ w) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 32) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 29;
}
