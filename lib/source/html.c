/* html.c - the text of web pages, by libxml2 */
#include "source/html.h"

#include <libxml/HTMLparser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source/charset.h"
#include "source/plain.h"
#include "text/utf8.h"

#define PRESCAN 1024 /* bytes in which a page may declare its charset */

/* ---- text from events ---- */

struct walker {
    htmlParserCtxtPtr parser;
    struct html_page *page;
    struct buf *to;        /* title or text */
    int skip, pre, depth;  /* how many such elements we are in */
    int blank, line, cell; /* what is due before the next word */
    int deep;
};

/* Names come in small letters. */
static int
is_in(const char *const *list, const xmlChar *name)
{
    for (; *list; list++)
        if (strcmp(*list, (const char *)name) == 0)
            return 1;
    return 0;
}

static const char *const dropped[] = { "script", "style", "template", NULL };
static const char *const pres[] = { "listing", "pre", "textarea", "xmp", NULL };
/* In the order of strcmp(). */
static const char *const blocks[] = {
    "address", "article",  "aside",      "blockquote", "body",     "br",     "caption",
    "center",  "dd",       "details",    "dialog",     "dir",      "div",    "dl",
    "dt",      "fieldset", "figcaption", "figure",     "footer",   "form",   "frameset",
    "h1",      "h2",       "h3",         "h4",         "h5",       "h6",     "head",
    "header",  "hgroup",   "hr",         "html",       "iframe",   "legend", "li",
    "listing", "main",     "menu",       "nav",        "noscript", "ol",     "optgroup",
    "option",  "p",        "pre",        "search",     "section",  "select", "summary",
    "table",   "tbody",    "textarea",   "tfoot",      "thead",    "title",  "tr",
    "ul",      "xmp",
};

static int
compare(const void *name, const void *block)
{
    return strcmp(name, *(const char *const *)block);
}

static int
is_block(const xmlChar *name)
{
    return bsearch(name, blocks, sizeof blocks / sizeof *blocks, sizeof *blocks,
                   compare) != NULL;
}

static int
is_cell(const xmlChar *name)
{
    return name[0] == 't' && (name[1] == 'd' || name[1] == 'h') && name[2] == '\0';
}

static int
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static void
separate(struct walker *w)
{
    struct buf *b = w->to;
    char last = b->n > 0 ? b->p[b->n - 1] : '\n';

    if (w->line && b->n > 0)
        buf_char(b, '\n');
    else if (w->cell && last != '\n')
        buf_char(b, '\t');
    else if (w->blank && last != '\n' && last != '\t' && last != ' ')
        buf_char(b, ' ');
    w->line = w->cell = w->blank = 0;
}

static void
on_text(void *arg, const xmlChar *text, int n)
{
    struct walker *w = arg;
    const char *p = (const char *)text, *end = p + n;
    int pre = w->pre > 0 && w->to == &w->page->text;

    if (w->skip || w->deep)
        return;
    while (p < end) {
        const char *from = p;
        while (p < end && (pre ? *p != '\r' : !is_blank(*p)))
            p++;
        if (p > from) {
            separate(w);
            buf_add(w->to, from, (size_t)(p - from));
        }
        w->blank |= p < end && !pre;
        p += p < end;
    }
}

/* Is a new line or cell due? Not for what is dropped. */
static void
break_at(struct walker *w, const xmlChar *name)
{
    if (w->skip > 0)
        return;
    w->line |= is_block(name);
    w->cell |= is_cell(name);
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
    struct walker *w = arg;

    (void)attributes;
    if (++w->depth > HTML_DEPTH) {
        w->deep = 1;
        xmlStopParser(w->parser);
        return;
    }
    w->skip += is_in(dropped, name);
    w->pre += is_in(pres, name);
    break_at(w, name);
    if (strcmp((const char *)name, "title") == 0 && w->page->title.n == 0) {
        w->to = &w->page->title;
        w->line = w->cell = w->blank = 0;
    }
}

static void
on_end(void *arg, const xmlChar *name)
{
    struct walker *w = arg;

    w->depth -= w->depth > 0;
    w->skip -= w->skip > 0 && is_in(dropped, name);
    w->pre -= w->pre > 0 && is_in(pres, name);
    if (strcmp((const char *)name, "title") == 0)
        w->to = &w->page->text;
    break_at(w, name);
}

/* The parser compares each attribute of a tag with all others: see that they are few.
 * Quotes count behind an equals sign only. */
static int
check_tags(struct str s, struct err *e)
{
    const char *end = s.p + s.n;

    for (const char *p = s.p; p < end && (p = memchr(p, '<', (size_t)(end - p)));) {
        int n = 0, value = 0, space = 1;
        for (p++; p < end && *p != '>' && n <= HTML_ATTRIBUTES; p++) {
            if (value && (*p == '"' || *p == '\'')) {
                const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
                if (close == NULL)
                    break;
                p = close;
                value = 0;
                space = 1;
                continue;
            }
            if (is_blank(*p) || *p == '/') {
                space = 1;
                continue;
            }
            n += space && *p != '=';
            space = 0;
            value = *p == '=';
        }
        if (n > HTML_ATTRIBUTES)
            return err_set(e, ERR_LIMIT,
                           "the tag at byte %zu has more than %d attributes",
                           (size_t)(p - s.p), HTML_ATTRIBUTES);
    }
    return 0;
}

int
html_text(struct str page, struct html_page *out, struct err *e)
{
    static const int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
                               HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                               HTML_PARSE_IGNORE_ENC | XML_PARSE_HUGE;
    htmlSAXHandler events = { .startElement = on_start,
                              .endElement = on_end,
                              .characters = on_text,
                              .ignorableWhitespace = on_text };
    struct walker w = { .page = out, .to = &out->text };
    htmlSAXHandlerPtr own;

    if (page.n > INT_MAX)
        return err_set(e, ERR_TOO_LONG, "a page of %zu bytes", page.n);
    if (page.n == 0)
        return 0;
    if (check_tags(page, e))
        return -1;
    if ((w.parser = htmlNewParserCtxt()) == NULL)
        return err_set(e, ERR_NOMEM, "no memory for a page");
    own = w.parser->sax;
    w.parser->sax = &events;
    w.parser->userData = &w;
    (void)htmlCtxtReadMemory(w.parser, page.p, (int)page.n, NULL, "UTF-8", options);
    w.parser->sax = own;
    if (w.parser->myDoc)
        xmlFreeDoc(w.parser->myDoc);
    htmlFreeParserCtxt(w.parser);
    return w.deep ? err_set(e, ERR_DEPTH, "elements more than %d deep", HTML_DEPTH) : 0;
}

/* ---- charset ---- */

/* The next place of `word`, small letters, in s, in any case; NULL: none. */
static const char *
find_word(struct str s, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; n <= s.n && i <= s.n - n; i++)
        if (strncasecmp(s.p + i, word, n) == 0)
            return s.p + i;
    return NULL;
}

/* The value behind `word =` in a tag. 1: it is there. */
static int
tag_value(struct str tag, const char *word, struct str *value)
{
    const char *p = find_word(tag, word), *end = tag.p + tag.n;

    if (p == NULL)
        return 0;
    p += strlen(word);
    while (p < end && strchr(" \t\r\n", *p) && *p)
        p++;
    if (p == end || *p++ != '=')
        return 0;
    while (p < end && strchr(" \t\r\n\"'", *p) && *p)
        p++;
    value->p = p;
    while (p < end && !(strchr(" \t\r\n\"';>/?", *p) && *p))
        p++;
    value->n = (size_t)(p - value->p);
    return value->n > 0;
}

static int
declared_inside(struct str page, char name[CHARSET_NAME])
{
    struct str rest = { page.p, page.n < PRESCAN ? page.n : PRESCAN }, value;
    const char *end = rest.p + rest.n, *tag;
    int found = 0;

    if (rest.n > 5 && memcmp(rest.p, "<?xml", 5) == 0) {
        const char *close = memchr(rest.p, '>', rest.n);
        struct str xml = { rest.p, close ? (size_t)(close - rest.p) : 0 };
        found = tag_value(xml, "encoding", &value);
    }
    while (!found && (tag = find_word(rest, "<meta"))) {
        const char *close = memchr(tag, '>', (size_t)(end - tag));
        struct str meta = { tag, (size_t)((close ? close : end) - tag) };
        found = tag_value(meta, "charset", &value);
        rest = (struct str){ tag + 5, (size_t)(end - tag - 5) };
    }
    if (!found || !charset_name(value, 1, name))
        return 0;
    /* It could be read as ASCII so far: it is no UTF-16. */
    if (strncasecmp(name, "UTF-16", 6) == 0)
        name[0] = '\0';
    return 1;
}

int
html_decode(const struct reader *r, struct str bytes, const char *declared,
            struct buf *b, struct err *e)
{
    char name[CHARSET_NAME];

    if (declared == NULL)
        declared = declared_inside(bytes, name) ? name : r->opt.from_charset;
    return plain_convert(r, bytes, declared, b, e);
}

/* ---- records ---- */

/* What the parser would take for the end, or choke on. */
static int
clean(const struct reader *r, struct buf *b, struct err *e)
{
    size_t good = utf8_valid(b->p, b->n);
    struct buf fixed = { 0 };

    if (good < b->n && !r->opt.replace)
        return err_set(e, ERR_UTF8,
                       "byte %zu of the page is not UTF-8, and it declares "
                       "no charset; give --from-charset",
                       good);
    if (good < b->n) {
        utf8_repair(&fixed, b->p, b->n);
        buf_free(b);
        *b = fixed;
    }
    for (char *p = b->p; p && (p = memchr(p, '\0', b->n - (size_t)(p - b->p)));)
        *p = ' ';
    return 0;
}

int
html_members(struct reader *r, struct str bytes, const char *declared, struct err *e)
{
    struct html_page page = { 0 };
    struct buf utf8 = { 0 };
    int rc = html_decode(r, bytes, declared, &utf8, e);

    if (rc == 0)
        rc = clean(r, &utf8, e);
    if (rc == 0)
        rc = html_text(buf_span(&utf8), &page, e);
    if (rc == 0 && page.title.n > 0)
        reader_text(r, STR("title"), buf_span(&page.title));
    if (rc == 0)
        reader_text(r, STR("text"), buf_span(&page.text));
    buf_free(&utf8);
    buf_free(&page.title);
    buf_free(&page.text);
    return rc;
}

int
html_read(struct reader *r, struct err *e)
{
    struct buf all = { 0 };
    struct err why;
    int rc = stream_all(r->in, r->opt.max_text, &all, e);
    struct str bytes = buf_span(&all);

    if (rc == 0 && all.n == 0) {
        rc = reader_blank(r, 0, r->member_offset);
    } else if (rc == 0) {
        reader_begin(r);
        rc = html_members(r, bytes, NULL, &why)
                 ? reader_bad(r, 0, r->member_offset, bytes, &why)
                 : reader_end_whole(r, bytes);
    }
    buf_free(&all);
    return rc;
}
