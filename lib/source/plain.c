/* plain.c - texts that are one record each, and the list of texts */
#include "source/plain.h"

#include "source/charset.h"

int
plain_convert(const struct reader *r, struct str bytes, const char *declared,
              struct buf *b, struct err *e)
{
    size_t skip;
    const char *name = charset_mark(bytes, &skip);

    if (name == NULL)
        name = declared ? declared : "";
    bytes.p += skip;
    bytes.n -= skip;
    return charset_convert(name, bytes, r->opt.replace, r->opt.max_text, b, e);
}

static int
one_text(struct reader *r, struct str bytes)
{
    struct buf text = { 0 };
    struct err e;
    int rc;

    if (plain_convert(r, bytes, r->opt.from_charset, &text, &e)) {
        rc = reader_bad(r, 0, r->member_offset, bytes, &e);
    } else {
        reader_begin(r);
        reader_text(r, STR("text"), buf_span(&text));
        rc = reader_end_whole(r, bytes);
    }
    buf_free(&text);
    return rc;
}

int
plain_read(struct reader *r, struct err *e)
{
    struct buf all = { 0 };
    int rc = stream_all(r->in, r->opt.max_text, &all, e);

    if (rc == 0)
        rc = all.n == 0 ? reader_blank(r, 0, r->member_offset)
                        : one_text(r, buf_span(&all));
    buf_free(&all);
    return rc;
}

int
plain_list(struct reader *r, enum kind kind, struct err *e)
{
    size_t n = r->tail.n;
    uint64_t size = 0;
    const char *p;
    long got;
    int rc;

    while ((got = stream_take(r->in, &p, e)) > 0)
        size += (uint64_t)got;
    if (got < 0)
        return -1;
    buf_printf(&r->tail, ",\"type\":\"%s\",\"size\":%llu", kind_name(kind),
               (unsigned long long)size);
    reader_begin(r);
    rc = reader_end(r, 0, r->member_offset, STR(""));
    r->tail.n = n;
    return rc;
}
