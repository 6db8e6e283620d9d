/*
 * reading.h - for targets that read texts: a reader over the input, its records checked
 *
 *     struct reading g;
 *     reading_begin(&g, data, size);          the first byte picks options
 *     (void)csv_read(&g.r, ',', &g.e);
 *     reading_end(&g);
 */
#ifndef TESTS_FUZZ_READING_H
#define TESTS_FUZZ_READING_H

#include <stdint.h>
#include <stdlib.h>

#include "source/reader.h"
#include "json/json.h"

struct reading {
    struct reader r;
    struct err e;
};

/* What goes out is a line of JSON with a member _src; what is bad has a reason. */
static inline int
reading_put(void *arg, const struct reader_item *item)
{
    struct json_watch src = { .name = STR("_src") };
    struct json v;
    struct err e;

    (void)arg;
    if (item->what == READER_BAD && !item->more &&
        (item->why == NULL || item->why->code == ERR_NONE))
        abort();
    if (item->what != READER_RECORD)
        return 0;
    if (item->out.n == 0 || item->out.p[item->out.n - 1] != '\n' ||
        memchr(item->out.p, '\n', item->out.n - 1) ||
        json_scan(item->out.p, item->out.n, &src, 1, &v, &e) || v.type != JSON_OBJECT ||
        src.count != 1)
        abort();
    return 0;
}

static inline void
reading_begin(struct reading *g, const uint8_t *data, size_t size)
{
    struct buf b = { 0 };
    int how = size > 0 ? data[0] : 0;

    if (size > 0)
        buf_add(&b, data + 1, size - 1);
    *g = (struct reading){ .r = { .opt = { .max_text = how & 1 ? 200 : 1 << 20,
                                           .replace = how >> 1 & 1,
                                           .from_charset = how & 4 ? "CP1252" : NULL,
                                           .shard = 0,
                                           .n_shard = how & 8 ? 2 : 0,
                                           .put = reading_put },
                                  .archive = "x",
                                  .member = STR("") } };
    g->r.in = stream_memory(&b);
    reader_start(&g->r);
}

static inline void
reading_end(struct reading *g)
{
    stream_free(g->r.in);
    reader_release(&g->r);
}

#endif
