/*
 * fuzz_manifest.c - a manifest of any bytes: what is read can be written, and is the
 * same when it is read again
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(int ok)
{
    if (!ok)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct manifest m, again;
    struct buf b = { 0 };

    if (!manifest_parse(&m, (struct str){ (const char *)p, n }))
        return 0;
    for (size_t i = 0; i < m.n_shard; i++)
        check(m.shard[i].input < m.n_input && m.shard[i].from <= m.shard[i].to);
    manifest_write(&m, &b);
    check(manifest_parse(&again, buf_span(&b)));
    check(strcmp(again.id, m.id) == 0 && again.n_shard == m.n_shard &&
          again.n_input == m.n_input && strcmp(again.command, m.command) == 0 &&
          str_eq(again.tools, m.tools));
    manifest_release(&again);
    manifest_release(&m);
    buf_free(&b);
    return 0;
}
