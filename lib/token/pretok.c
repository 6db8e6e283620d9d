/* pretok.c - text to words, before byte-level BPE */
#include "token/pretok.h"

#include "text/utf8.h"
#include "token/pretab.h"

/* What is looked at: `end` where there is nothing more. */
struct scan {
    const char *p;
    size_t n;
    int numbers_end; /* numbers are as the end of the text: what is before them is
                        matched without looking at them */
};

enum kind {
    OTHER = PRETAB_OTHER,
    LETTER = PRETAB_LETTER,
    NUMBER = PRETAB_NUMBER,
    SPACE = PRETAB_SPACE,
    END
};

/* The character at i, and in *len its bytes (0 at the end). */
static enum kind
at(const struct scan *s, size_t i, uint32_t *cp, size_t *len)
{
    const char *p = s->p + i;
    enum kind k;

    *cp = 0;
    *len = 0;
    if (i >= s->n)
        return END;
    *cp = utf8_next(&p);
    k = (enum kind)pretab_get(*cp);
    if (k == NUMBER && s->numbers_end)
        return END;
    *len = (size_t)(p - s->p) - i;
    return k;
}

/* The end of a run of one kind that begins at i, of at most `max` characters. */
static size_t
run(const struct scan *s, size_t i, enum kind kind, size_t max)
{
    size_t len;
    uint32_t cp;

    while (max-- > 0 && at(s, i, &cp, &len) == kind)
        i += len;
    return i;
}

/* White space from 0 on: all of it, but for the last character where something else
 * follows and it is not the only one. */
static size_t
spaces(const struct scan *s)
{
    size_t i = 0, last = 0, len;
    uint32_t cp;
    enum kind k;

    while ((k = at(s, i, &cp, &len)) == SPACE) {
        last = i;
        i += len;
    }
    return k == END || last == 0 ? i : last;
}

/* "'s" and its like at i: their bytes, or 0. */
static size_t
contraction(const struct scan *s, int any_case)
{
    static const char *const ends[] = { "s", "t", "re", "ve", "m", "ll", "d" };

    if (s->n < 2 || s->p[0] != '\'')
        return 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t k = strlen(ends[i]), j = 0;
        while (j < k && j + 1 < s->n &&
               (s->p[j + 1] | (any_case ? 0x20 : 0)) == ends[i][j])
            j++;
        if (j == k)
            return 1 + k;
    }
    /* U+017F, the long s, is an s in another case. */
    if (any_case && s->n > 2 && memcmp(s->p + 1, "\xC5\xBF", 2) == 0)
        return 3;
    return 0;
}

static size_t
next_gpt2(const struct scan *s)
{
    size_t n = contraction(s, 0), len, from = 0;
    uint32_t cp;
    enum kind k;

    if (n > 0)
        return n;
    if (s->p[0] == ' ')
        from = 1;
    k = at(s, from, &cp, &len);
    if (k != SPACE && k != END)
        return run(s, from, k, s->n);
    return spaces(s);
}

/* The place behind the last line end of the white space at 0; 0: there is none. */
static size_t
last_line_end(const struct scan *s)
{
    size_t i = 0, end = 0, len;
    uint32_t cp;

    while (at(s, i, &cp, &len) == SPACE) {
        i += len;
        if (cp == '\r' || cp == '\n')
            end = i;
    }
    return end;
}

static size_t
next_llama3(const struct scan *s, size_t numbers)
{
    size_t n = contraction(s, 1), len, next, i;
    uint32_t cp, after;
    enum kind k;

    if (n > 0)
        return n;
    k = at(s, 0, &cp, &len);
    if (k == LETTER)
        return run(s, 0, LETTER, s->n);
    if (k == NUMBER)
        return run(s, 0, NUMBER, numbers);
    if (cp != '\r' && cp != '\n' && at(s, len, &after, &next) == LETTER)
        return run(s, len, LETTER, s->n);
    if (k == OTHER || (cp == ' ' && at(s, len, &after, &next) == OTHER)) {
        i = run(s, k == OTHER ? 0 : len, OTHER, s->n);
        while (i < s->n && (s->p[i] == '\r' || s->p[i] == '\n'))
            i++;
        return i;
    }
    n = last_line_end(s);
    return n > 0 ? n : spaces(s);
}

size_t
pretok_next(enum pretok kind, const char *p, size_t n)
{
    struct scan s = { p, n, 0 };
    const char *end = p;

    switch (kind) {
    case PRETOK_LLAMA3: return next_llama3(&s, 3);
    case PRETOK_QWEN2: return next_llama3(&s, 1);
    case PRETOK_SMOLLM:
        if (pretab_get(utf8_next(&end)) == PRETAB_NUMBER)
            return (size_t)(end - p);
        s.numbers_end = 1;
        return next_gpt2(&s);
    default: return next_gpt2(&s);
    }
}

enum pretok
pretok_find(struct str name)
{
    static const struct {
        const char *name;
        enum pretok kind;
    } names[] = {
        { "gpt-2", PRETOK_GPT2 },
        { "smollm", PRETOK_SMOLLM },
        { "llama-bpe", PRETOK_LLAMA3 },
        { "llama3", PRETOK_LLAMA3 },
        { "llama-v3", PRETOK_LLAMA3 },
        { "qwen2", PRETOK_QWEN2 },
        { "deepseek-r1-qwen", PRETOK_QWEN2 },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i].name))
            return names[i].kind;
    return PRETOK_KINDS;
}

#define MODERN(numbers)                                                                \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" numbers              \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

enum pretok
pretok_find_regex(struct str regex)
{
    if (str_is(regex, MODERN("\\p{N}{1,3}")))
        return PRETOK_LLAMA3;
    if (str_is(regex, MODERN("\\p{N}")))
        return PRETOK_QWEN2;
    if (str_is(regex,
               "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|"
               "\\s+(?!\\S)|\\s+"))
        return PRETOK_GPT2;
    return PRETOK_KINDS;
}
