/* fuzz_ftbin.c - a fastText file of any bytes: read it, then ask it about texts */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "infer/fasttext.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
ask(const struct fasttext *m)
{
    static const char *const text[] = { "", "the mill", "die M\xc3\xbchle  am",
                                        "__label__en </s> \xe6\xb0\xb4\xe8\xbb\x8a" };
    size_t count = fasttext_count(m), top[3], k;
    float *prob = mem_zero(count, sizeof *prob);
    struct fasttext_work w = { 0 };

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        fasttext_run(m, &w, str_of(text[i]), prob);
        k = fasttext_top(m, prob, 3, top);
        if (k > 3 || k > count || (k > 0 && top[k - 1] >= count))
            abort();
        for (size_t j = 0; j < k; j++)
            if (fasttext_label(m, top[j]).n == 0)
                abort();
    }
    fasttext_work_release(&w);
    mem_free(prob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct err e = { 0 };
    struct fasttext *m = fasttext_open_bytes(p, n, &e);

    if (m)
        ask(m);
    else if (e.msg[0] == '\0')
        abort();
    fasttext_close(m);
    return 0;
}
