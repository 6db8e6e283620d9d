/* fuzz_shortlist.c - a shortlist of any bytes, for 5 words: read it, then every word */
#include <stdint.h>
#include <stdlib.h>

#include "format/shortlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct err e = { 0 };
    struct shortlist *s = shortlist_parse(p, n, 5, 5, &e);

    if (s == NULL && (e.code != ERR_MODEL || e.msg[0] == '\0'))
        abort();
    for (int32_t w = 0; s && w < 5; w++) {
        struct shortlist_words list = shortlist_get(s, w);

        for (size_t i = 0; i < list.n; i++)
            if (list.id[i] < 0 || list.id[i] >= 5)
                abort();
    }
    if (s && shortlist_frequent(s) > 5)
        abort();
    shortlist_close(s);
    return 0;
}
