/* fuzz_warc.c - archives of the web, plain and gzipped, and pages, of any bytes */
#include "reading.h"
#include "source/gunzip.h"
#include "source/html.h"
#include "source/warc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guard_opt limits = { .max_bytes = 1 << 22 };
    struct guard guard;
    struct reading g;

    reading_begin(&g, data, size);
    guard_reset(&guard, &limits);
    if (size > 0 && data[0] & 16)
        g.r.in = gunzip_open(g.r.in, &guard, 0);
    (void)(size > 0 && data[0] & 32 ? html_read(&g.r, &g.e) : warc_read(&g.r, &g.e));
    reading_end(&g);
    return 0;
}
