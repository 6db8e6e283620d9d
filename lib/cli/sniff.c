/* sniff.c - is this input what the tools read, or a well-known other thing? */
#include "cli/sniff.h"

#include <string.h>

#include "json/json.h"

#define ENOUGH 512 /* bytes that hold every magic number below */

static const struct {
    size_t at, n;
    const char *magic, *what, *fix;
} kinds[] = {
    { 0, 2, "\x1f\x8b", "gzip data", "zcat FILE | ..." },
    { 0, 4, "\x28\xb5\x2f\xfd", "zstd data", "zstdcat FILE | ..." },
    { 0, 6,
      "\xfd"
      "7zXZ\0",
      "xz data", "xzcat FILE | ..." },
    { 4, 6, "1AY&SY", "bzip2 data", "bzcat FILE | ..." },
    { 0, 4, "\x04\x22\x4d\x18", "lz4 data", "lz4cat FILE | ..." },
    { 0, 4, "PK\3\4", "a zip archive", "arcat FILE | ..." },
    { 0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive", "arcat FILE | ..." },
    { 257, 5, "ustar", "a tar archive", "arcat FILE | ..." },
    { 0, 4,
      "\x7f"
      "ELF",
      "a program (ELF)", "name a text file" },
    { 0, 5, "%PDF-", "a PDF document", "pdftotext FILE - | ..." },
    { 0, 4, "\xff\xfe\0\0", "UTF-32 text", "iconv -f UTF-32 -t UTF-8 FILE | ..." },
    { 0, 4, "\0\0\xfe\xff", "UTF-32 text", "iconv -f UTF-32 -t UTF-8 FILE | ..." },
    { 0, 2, "\xff\xfe", "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE | ..." },
    { 0, 2, "\xfe\xff", "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE | ..." },
};

static int
magic(const char *p, size_t n, const char *name, struct err *e)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (n >= kinds[i].at && n - kinds[i].at >= kinds[i].n &&
            memcmp(p + kinds[i].at, kinds[i].magic, kinds[i].n) == 0)
            return err_set(e, ERR_INPUT, "'%s' looks like %s; try: %s", name,
                           kinds[i].what, kinds[i].fix);
    /* ASCII in UTF-16 or UTF-32 without a mark: every other byte is zero. */
    if (n >= 4 && ((!p[0] && p[1] && !p[2]) || (p[0] && !p[1] && p[2] && !p[3])))
        return err_set(e, ERR_INPUT,
                       "'%s' looks like UTF-16 text; try: iconv -f UTF-16%s -t UTF-8 "
                       "FILE | ...",
                       name, p[0] ? "LE" : "BE");
    if (n >= 8 &&
        ((!p[0] && !p[1] && !p[2] && p[3]) || (p[0] && !p[1] && !p[2] && !p[3])))
        return err_set(e, ERR_INPUT,
                       "'%s' looks like UTF-32 text; try: iconv -f UTF-32%s -t UTF-8 "
                       "FILE | ...",
                       name, p[0] ? "LE" : "BE");
    return 0;
}

/* The next line that is not blank, from *at on; 0: there is none yet. */
static int
next_line(const char *p, size_t n, int end, size_t *at, struct str *line)
{
    while (*at < n) {
        const char *nl = memchr(p + *at, '\n', n - *at);
        size_t len = nl ? (size_t)(nl - p) - *at : n - *at;
        size_t blank = 0;
        if (!nl && !end)
            return 0;
        *line = (struct str){ p + *at, len };
        *at += len + (nl != NULL);
        while (blank < len && memchr(" \t\r", line->p[blank], 3))
            blank++;
        line->p += blank;
        line->n -= blank;
        if (line->n > 0)
            return 1;
    }
    return 0;
}

static int
whole(struct str s, enum json_type *type)
{
    struct err e;
    struct json v;

    if (json_scan(s.p, s.n, NULL, 0, &v, &e))
        return 0;
    *type = v.type;
    return 1;
}

/* JSON, but not one object a line: needs the first line, sometimes the second. */
static int
shape(const char *p, size_t n, int end, const char *name, struct err *e)
{
    struct str first, second;
    enum json_type type;
    size_t at = 0;
    int more;

    if (!next_line(p, n, end, &at, &first))
        return !end;
    if (first.p[0] != '{' && first.p[0] != '[')
        return 0;
    if (whole(first, &type) ? type == JSON_OBJECT : !json_unfinished(first.p, first.n))
        return 0;
    more = next_line(p, n, end, &at, &second);
    if (!more && !end)
        return 1;
    if (first.p[0] == '[' && (more ? json_unfinished(first.p, first.n) : 1))
        return err_set(
            e, ERR_INPUT,
            "'%s' looks like one big JSON array; try: jq -c '.[]' FILE | ...", name);
    if (first.p[0] == '{' && more && !whole(second, &type))
        return err_set(e, ERR_INPUT,
                       "'%s' looks like pretty-printed JSON; try: jq -c . FILE | ...",
                       name);
    return 0;
}

int
sniff(const char *p, size_t n, int end, int text, const char *name, struct err *e)
{
    if (n < ENOUGH && !end && !memchr(p, '\n', n))
        return 1;
    if (magic(p, n, name, e))
        return -1;
    return text ? 0 : shape(p, n, end, name, e);
}
