/*
 * gathered.h - what a reader of texts gives, as lines that a test can compare
 *
 *     struct gathered g;
 *     gathered_begin(&g, bytes);
 *     gathered_is(&g, csv_read(&g.r, ',', &g.e), "{...}\n!range 2 10\n", "rows");
 *
 * A record is its line without _src, a reject "!CODE LINE OFFSET", a blank "_", what is
 * passed over "-". Ends with "!!CODE" where the reader itself failed.
 */
#ifndef TESTS_UNIT_GATHERED_H
#define TESTS_UNIT_GATHERED_H

#include <string.h>

#include "source/reader.h"
#include "tap.h"

struct gathered {
    struct reader r;
    struct buf out;
    struct err e;
};

static inline int
gathered_put(void *arg, const struct reader_item *item)
{
    struct buf *out = &((struct gathered *)arg)->out;

    if (item->what == READER_RECORD) {
        size_t n = item->out.n;
        for (size_t i = 0; i + 8 < n; i++)
            if (memcmp(item->out.p + i, "\"_src\":{", 8) == 0)
                n = i - (i > 1);
        buf_add(out, item->out.p, n);
        buf_puts(out, "}\n");
    } else if (item->what == READER_BAD && !item->more) {
        buf_printf(out, "!%s %llu %llu\n", err_name(item->why->code),
                   (unsigned long long)item->line, (unsigned long long)item->offset);
    } else if (!item->more) {
        buf_puts(out, item->what == READER_BLANK ? "_\n" : "-\n");
    }
    return 0;
}

static inline void
gathered_begin(struct gathered *g, struct str bytes)
{
    struct buf b = { 0 };

    buf_str(&b, bytes);
    *g = (struct gathered){ .r = { .opt = { .max_text = 1 << 20, .put = gathered_put },
                                   .archive = "x",
                                   .member = STR("") } };
    g->r.opt.arg = g;
    g->r.in = stream_memory(&b);
    reader_start(&g->r);
}

static inline void
gathered_is(struct gathered *g, int rc, const char *want, const char *name)
{
    if (rc)
        buf_printf(&g->out, "!!%s", err_name(g->e.code));
    buf_char(&g->out, '\0');
    if (!tap_ok(strcmp(g->out.p, want) == 0, "%s", name))
        printf("# got %s# not %s\n", g->out.p, want);
    stream_free(g->r.in);
    reader_release(&g->r);
    buf_free(&g->out);
}

#endif
