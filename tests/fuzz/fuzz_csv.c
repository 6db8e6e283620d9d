/* fuzz_csv.c - tables of any bytes: every row is a record or a reject */
#include "reading.h"
#include "source/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading g;

    reading_begin(&g, data, size);
    (void)csv_read(&g.r, size > 0 && data[0] & 16 ? '\t' : ',', &g.e);
    reading_end(&g);
    return 0;
}
