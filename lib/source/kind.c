/* kind.c - what is this? By the first bytes where they tell, else by the name */
#include "source/kind.h"

#include <stdint.h>
#include <strings.h>

static const char *const kind_names[KIND_COUNT] = {
    [KIND_NONE] = "none",   [KIND_GZIP] = "gzip", [KIND_BZIP2] = "bzip2",
    [KIND_XZ] = "xz",       [KIND_ZSTD] = "zstd", [KIND_LZ4] = "lz4",
    [KIND_TAR] = "tar",     [KIND_ZIP] = "zip",   [KIND_CPIO] = "cpio",
    [KIND_AR] = "ar",       [KIND_7Z] = "7z",     [KIND_TEXT] = "text",
    [KIND_JSONL] = "jsonl", [KIND_CSV] = "csv",   [KIND_TSV] = "tsv",
    [KIND_MBOX] = "mbox",   [KIND_EML] = "eml",   [KIND_HTML] = "html",
    [KIND_WARC] = "warc",
};

static const struct {
    enum kind kind;
    size_t at, n;
    const char *magic;
} magics[] = {
    { KIND_GZIP, 0, 3, "\x1f\x8b\x08" },
    { KIND_BZIP2, 0, 10,
      "BZh"
      "?"
      "1AY&SY" }, /* ?: 1 to 9 */
    { KIND_BZIP2, 0, 10,
      "BZh"
      "?"
      "\x17\x72\x45\x38\x50\x90" }, /* of nothing */
    { KIND_XZ, 0, 6,
      "\xfd"
      "7zXZ\0" },
    { KIND_ZSTD, 0, 4, "\x28\xb5\x2f\xfd" },
    { KIND_LZ4, 0, 4, "\x04\x22\x4d\x18" },
    { KIND_ZIP, 0, 4, "PK\3\4" },
    { KIND_ZIP, 0, 4, "PK\5\6" },        /* an empty one */
    { KIND_ZIP, 0, 8, "PK\7\10PK\3\4" }, /* of a set of one */
    { KIND_7Z, 0, 6, "7z\xbc\xaf\x27\x1c" },
    { KIND_AR, 0, 8, "!<arch>\n" },
    { KIND_WARC, 0, 7, "WARC/1." },
};

static const struct {
    const char *suffix;
    enum kind kind;
} suffixes[] = {
    { ".jsonl", KIND_JSONL }, { ".ndjson", KIND_JSONL }, { ".csv", KIND_CSV },
    { ".tsv", KIND_TSV },     { ".tab", KIND_TSV },      { ".mbox", KIND_MBOX },
    { ".mbx", KIND_MBOX },    { ".eml", KIND_EML },      { ".html", KIND_HTML },
    { ".htm", KIND_HTML },    { ".xhtml", KIND_HTML },   { ".warc", KIND_WARC },
};

/* Names of what has a magic: what the file must be, and the name of what is in it. */
static const struct {
    const char *suffix;
    enum kind kind;
    const char *rest; /* in place of the suffix */
} promises[] = {
    { ".gz", KIND_GZIP, "" },       { ".tgz", KIND_GZIP, ".tar" },
    { ".bz2", KIND_BZIP2, "" },     { ".tbz2", KIND_BZIP2, ".tar" },
    { ".tbz", KIND_BZIP2, ".tar" }, { ".xz", KIND_XZ, "" },
    { ".txz", KIND_XZ, ".tar" },    { ".zst", KIND_ZSTD, "" },
    { ".tzst", KIND_ZSTD, ".tar" }, { ".lz4", KIND_LZ4, "" },
    { ".tar", KIND_TAR, NULL },     { ".zip", KIND_ZIP, NULL },
    { ".7z", KIND_7Z, NULL },       { ".cpio", KIND_CPIO, NULL },
    { ".ar", KIND_AR, NULL },       { ".deb", KIND_AR, NULL },
    { ".warc", KIND_WARC, NULL },
};

const char *
kind_name(enum kind k)
{
    return kind_names[k];
}

enum kind
kind_find(const char *name)
{
    for (int i = 1; i < KIND_COUNT; i++)
        if (strcmp(kind_names[i], name) == 0)
            return (enum kind)i;
    return KIND_NONE;
}

static int
matches(struct str s, size_t at, const char *magic, size_t n)
{
    if (s.n < at || s.n - at < n)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (magic[i] != '?' && magic[i] != s.p[at + i])
            return 0;
    return 1;
}

/* Numbers in text, so many digits; of before 1990, a number of 16 bits in either order.
 * A file of digits is not one. */
static int
is_cpio(struct str s)
{
    size_t i = 6;

    if (s.n >= 76 && memcmp(s.p, "0707", 4) == 0 && strchr("01", s.p[4]) &&
        strchr("127", s.p[5])) {
        while (i < 76 && strchr("0123456789ABCDEFabcdef", s.p[i]) && s.p[i])
            i++;
        return i == 76;
    }
    return s.n >= 26 && memchr(s.p, '\0', 26) &&
           (memcmp(s.p, "\xc7\x71", 2) == 0 || memcmp(s.p, "\x71\xc7", 2) == 0);
}

/* The magic of tar is far from the start; one letter of it may be damaged, so that the
 * members behind that header are found all the same. */
static int
is_ustar(struct str s)
{
    int same = 0;

    if (s.n < KIND_LOOK || !memchr(s.p, '\0', 100) || (s.p[262] && s.p[262] != ' '))
        return 0;
    for (size_t i = 0; i < 5; i++)
        same += s.p[257 + i] == "ustar"[i];
    return same >= 4;
}

/* A tar from before "ustar": the sum of the header's bytes, its own field as blanks. */
static int
is_old_tar(struct str s)
{
    unsigned long sum = 0, want = 0;
    int digits = 0;

    if (s.n < KIND_LOOK || s.p[0] == '\0')
        return 0;
    for (size_t i = 0; i < KIND_LOOK; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)s.p[i];
    for (size_t i = 148; i < 156; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '7') {
            want = want * 8 + (unsigned long)(s.p[i] - '0');
            digits++;
        } else if (digits > 0) {
            break;
        } else if (s.p[i] != ' ') {
            return 0;
        }
    }
    return digits > 0 && sum == want;
}

enum kind
kind_magic(struct str first)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (matches(first, magics[i].at, magics[i].magic, magics[i].n))
            return magics[i].kind;
    if (is_cpio(first))
        return KIND_CPIO;
    return is_ustar(first) || is_old_tar(first) ? KIND_TAR : KIND_NONE;
}

static int
ends(struct str name, const char *suffix)
{
    size_t n = strlen(suffix);

    return name.n >= n && strncasecmp(name.p + name.n - n, suffix, n) == 0;
}

enum kind
kind_promised(struct str name)
{
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        if (ends(name, promises[i].suffix))
            return promises[i].kind;
    return KIND_NONE;
}

struct str
kind_unpacked(struct str name)
{
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        if (promises[i].rest && ends(name, promises[i].suffix)) {
            if (promises[i].rest[0])
                return str_of(promises[i].rest);
            name.n -= strlen(promises[i].suffix);
            break;
        }
    return name;
}

enum kind
kind_suffix(struct str name)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (ends(name, suffixes[i].suffix))
            return suffixes[i].kind;
    return KIND_TEXT;
}
