/* http.c - a response of a web server, as archives of the web keep it */
#include "source/http.h"

#include <strings.h>

#include "source/gunzip.h"
#include "source/mime.h"

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The line of a chunk's size, taken off *s. 1 and *n, or 0. */
static int
chunk_size(struct str *s, size_t *n)
{
    const char *nl = s->n > 0 ? memchr(s->p, '\n', s->n) : NULL;
    size_t i = 0, line;

    if (nl == NULL)
        return 0;
    line = (size_t)(nl - s->p) + 1;
    for (*n = 0; i < line && hex_value(s->p[i]) >= 0; i++) {
        if (*n > SIZE_MAX >> 5)
            return 0;
        *n = *n << 4 | (size_t)hex_value(s->p[i]);
    }
    if (i == 0 || !strchr("\r\n; \t", s->p[i]))
        return 0;
    s->p += line;
    s->n -= line;
    return 1;
}

/* 0 also when it is not chunked at all: *plain says so. */
static int
unchunk(struct str s, struct buf *out, int *plain, struct err *e)
{
    struct str all = s;
    size_t n;

    *plain = !chunk_size(&s, &n);
    if (*plain)
        return 0;
    for (;;) {
        if (n == 0)
            return 0;
        if (n > s.n)
            return err_set(e, ERR_INPUT, "a chunk of %zu bytes has %zu", n, s.n);
        buf_add(out, s.p, n);
        s.p += n;
        s.n -= n;
        if (s.n > 0 && s.p[0] == '\r') {
            s.p++;
            s.n--;
        }
        if (s.n == 0 || s.p[0] != '\n')
            break;
        s.p++;
        s.n--;
        if (!chunk_size(&s, &n))
            break;
    }
    return err_set(e, ERR_INPUT, "chunks are damaged at byte %zu of the body",
                   (size_t)(s.p - all.p));
}

static int
is_word(struct str value, const char *word)
{
    return value.n == strlen(word) && strncasecmp(value.p, word, value.n) == 0;
}

/* The body without its Content-Encoding. */
static int
decode(struct str coding, struct str body, size_t max, struct buf *out, struct err *e)
{
    int gzip = is_word(coding, "gzip") || is_word(coding, "x-gzip");
    int packed = body.n > 2 && body.p[0] == 0x1f && (unsigned char)body.p[1] == 0x8b;

    if (body.n > 0 && ((gzip && packed) || is_word(coding, "deflate")))
        return gunzip_all(body, max, out, e);
    if (coding.n > 0 && !gzip && !is_word(coding, "identity") &&
        !is_word(coding, "deflate") && !is_word(coding, "none") &&
        !is_word(coding, "utf-8"))
        return err_set(e, ERR_INPUT, "a body in the coding '%.*s', which is not known",
                       (int)(coding.n < 40 ? coding.n : 40), coding.p);
    if (body.n > max)
        return err_set(e, ERR_TOO_LONG, "a body of %zu bytes", body.n);
    buf_str(out, body);
    return 0;
}

int
http_parse(struct str s, size_t max, struct http *out, struct err *e)
{
    const char *nl = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;
    struct str head, body, value;
    struct buf joined = { 0 };
    size_t n;
    int rc = 0, plain;

    if (nl == NULL || s.n < 12 || strncasecmp(s.p, "HTTP/", 5) != 0)
        return err_set(e, ERR_INPUT, "no response of HTTP");
    for (n = 5; s.p[n] != ' ' && s.p[n] != '\n'; n++)
        ;
    out->status = 0;
    for (n++; n < s.n && s.p[n] >= '0' && s.p[n] <= '9' && out->status < 1000; n++)
        out->status = 10 * out->status + (s.p[n] - '0');
    head = (struct str){ nl + 1, s.n - (size_t)(nl + 1 - s.p) };
    n = mime_body(head);
    body = (struct str){ head.p + n, head.n - n };
    head.n = n;
    mime_field(head, "content-type", &out->type);
    if (mime_field(head, "transfer-encoding", &value) && is_word(value, "chunked")) {
        rc = unchunk(body, &joined, &plain, e);
        if (rc == 0 && !plain)
            body = buf_span(&joined);
    }
    mime_field(head, "content-encoding", &value);
    if (rc == 0)
        rc = decode(value, body, max, &out->body, e);
    buf_free(&joined);
    return rc;
}
