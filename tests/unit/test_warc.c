/* test_warc.c - records of the web, HTTP, and what is behind damage */
#include "gathered.h"
#include "source/warc.h"

#define NEXT_OUT "{\"type\":\"text/plain\",\"text\":\"next\"}\n"
#define PAGE     "Content-Type: text/html\r\n"

static void
record(struct buf *b, const char *type, const char *mime, const char *block)
{
    buf_printf(b,
               "WARC/1.0\r\nWARC-Type: %s\r\nContent-Type: %s\r\nContent-Length: %zu"
               "\r\n\r\n%s\r\n\r\n",
               type, mime, strlen(block), block);
}

static void
check(struct buf *b, const char *want, const char *name)
{
    struct gathered g;

    record(b, "resource", "text/plain", "next");
    gathered_begin(&g, (struct str){ b->p, b->n });
    g.r.opt.max_text = 300;
    gathered_is(&g, warc_read(&g.r, &g.e), want, name);
    buf_free(b);
}

/* One record, then the next. */
static void
one(const char *type, const char *mime, const char *block, const char *want,
    const char *name)
{
    struct buf b = { 0 };

    record(&b, type, mime, block);
    check(&b, want, name);
}

static void
http(const char *head, const char *body, const char *want, const char *name)
{
    struct buf b = { 0 };

    buf_printf(&b, "HTTP/1.1 200 OK\r\n%s\r\n%s", head, body);
    buf_char(&b, '\0');
    one("response", "application/http; msgtype=response", b.p, want, name);
    buf_free(&b);
}

/* Bytes as they are, then a record. */
static void
raw(const char *bytes, const char *want, const char *name)
{
    struct buf b = { 0 };

    buf_puts(&b, bytes);
    check(&b, want, name);
}

static void
records(void)
{
    one("resource", "text/plain; charset=latin1", "\xe9",
        "{\"type\":\"text/plain\",\"text\":\"\xc3\xa9\"}\n" NEXT_OUT, "a charset");
    one("conversion", "text/plain", "\xe9", "!utf8 0 0\n" NEXT_OUT, "none declared");
    one("resource", "image/png", "x", "-\n" NEXT_OUT, "a picture");
    one("request", "text/plain", "x", "-\n" NEXT_OUT, "a request");
    one("resource", "text/html", "<title>t</title>a<br>b",
        "{\"type\":\"text/html\",\"title\":\"t\",\"text\":\"a\\nb\"}\n" NEXT_OUT,
        "a page");
}

static void
codings(void)
{
#define IS(text)                                                                       \
    "{\"status\":200,\"type\":\"text/html\",\"text\":\"" text "\"}\n" NEXT_OUT
#define BAD "!input 0 0\n" NEXT_OUT
    http(PAGE, "<p>a", IS("a"), "a response");
    http(PAGE "Transfer-Encoding: chunked\r\n", "3;x=y\r\n<p>\r\n1\r\na\r\n0\r\n\r\n",
         IS("a"), "chunks");
    http(PAGE "Transfer-Encoding: chunked\r\n", "<p>a", IS("a"), "none in spite of it");
    http(PAGE "Transfer-Encoding: chunked\r\n", "9\r\n<p>a", BAD, "a chunk too short");
    http(PAGE "Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n<p>a",
         IS("ffffffffffffffffff\\na"), "a size that no number holds is no chunk");
    http(PAGE "Transfer-Encoding: chunked\r\n", "1\r\nab\r\n", BAD, "too long");
    http(PAGE "Content-Encoding: gzip\r\n", "<p>a", IS("a"), "no gzip in spite of it");
    http(PAGE "Content-Encoding: gzip\r\n", "\x1f\x8b\x08x", BAD, "damaged gzip");
    http(PAGE "Content-Encoding: deflate\r\n", "\xcb\xc8\xe4\x02", BAD, "cut deflate");
    http(PAGE "Content-Encoding: br\r\n", "x", BAD, "a coding that is not known");
    http("Content-Type: image/png\r\nContent-Encoding: br\r\n", "x", "-\n" NEXT_OUT,
         "the coding of a picture does not matter");
    one("response", "application/http", "HTTP", BAD, "no response");
}

static void
damage(void)
{
#define HEAD "WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/plain\r\n"
    raw("rubbish\r\n\r\n", "!input 0 0\n" NEXT_OUT, "no record");
    raw(HEAD "\r\nx\r\n\r\n", "!input 0 0\n" NEXT_OUT, "no length");
    raw(HEAD "Content-Length: x\r\n\r\nx\r\n\r\n", "!input 0 0\n" NEXT_OUT,
        "a length that is no number");
    raw(HEAD "Content-Length: 99999999999999999999\r\n\r\nx\r\n\r\n",
        "!input 0 0\n" NEXT_OUT, "a length that wraps");
    raw(HEAD "Content-Length: 999999999999999999\r\n\r\nx\r\n\r\n", "!input 0 0\n",
        "a length beyond the end");
    raw(HEAD "Content-Length: 1\r\n\r\nxy\r\n\r\n",
        "{\"type\":\"text/plain\",\"text\":\"x\"}\n!input 0 0\n" NEXT_OUT, "too short");
    raw(HEAD "Content-Length: 301\r\n\r\n", "!input 0 0\n", "cut");
}

int
main(void)
{
    records();
    codings();
    damage();
    return tap_done();
}
