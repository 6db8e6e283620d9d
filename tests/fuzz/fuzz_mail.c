/* fuzz_mail.c - messages and mailboxes of any bytes */
#include "reading.h"
#include "source/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading g;

    reading_begin(&g, data, size);
    (void)(size > 0 && data[0] & 16 ? mail_read_mbox(&g.r, &g.e)
                                    : mail_read(&g.r, &g.e));
    reading_end(&g);
    return 0;
}
