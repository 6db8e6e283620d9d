/* spmnorm.c - what SentencePiece does to text before it is cut into pieces */
#include "token/spmnorm.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "text/utf8.h"

#define LONGEST_KEY 256 /* bytes; real maps have keys of some 20 */
#define MATCHES     32  /* sentencepiece looks at no more keys at one place */

/* ---- the map ---- */

/* A unit of the trie: label of the edge to it, where its children are, and whether one
 * of them is a leaf; a leaf's own unit is a value. */
static uint32_t
unit_label(uint32_t unit)
{
    return unit & 0x800000FFu;
}

static uint32_t
unit_offset(uint32_t unit)
{
    return unit >> 10 << ((unit & 0x200u) >> 6);
}

static int
unit_has_leaf(uint32_t unit)
{
    return unit >> 8 & 1;
}

static uint32_t
read_u32(const char *p)
{
    return bytes_u32((const unsigned char *)p);
}

/* The child of *node by a byte: 1 and its number, or 0. No number is beyond the trie.
 */
static int
step(const struct spmnorm *m, uint32_t *node, unsigned char byte)
{
    uint32_t child = *node ^ unit_offset(m->unit[*node]) ^ byte;

    if (child >= m->n_unit || unit_label(m->unit[child]) != byte)
        return 0;
    *node = child;
    return 1;
}

/* The value of the key that ends here: 1, or 0. */
static int
leaf(const struct spmnorm *m, uint32_t node, uint32_t *value)
{
    uint32_t at = node ^ unit_offset(m->unit[node]);

    if (!unit_has_leaf(m->unit[node]) || at >= m->n_unit)
        return 0;
    *value = m->unit[at] & 0x7FFFFFFFu;
    return 1;
}

/* The longest key that text begins with: its length, and what it becomes; or 0. */
static size_t
longest(const struct spmnorm *m, struct str text, struct str *to)
{
    size_t most = text.n < LONGEST_KEY ? text.n : LONGEST_KEY, best = 0;
    uint32_t node = 0, value;
    int found = 0;

    if (m->n_unit == 0)
        return 0;
    for (size_t i = 0; i < most && found < MATCHES; i++) {
        if (!step(m, &node, (unsigned char)text.p[i]))
            break;
        if (!leaf(m, node, &value))
            continue;
        found++;
        best = i + 1;
        *to = (struct str){ NULL, 0 };
        if (value < m->strings.n) /* a NUL ends them all, see init */
            *to = str_of(m->strings.p + value);
    }
    return best;
}

/* ---- setting up ---- */

/* ASCII that no key of ASCII alone begins with. */
static void
find_plain(struct spmnorm *m)
{
    for (uint32_t c = 0x21; c < 0x7F; c++) {
        uint32_t node = 0, value;

        m->plain[c] = 1;
        if (m->n_unit == 0 || !step(m, &node, (unsigned char)c))
            continue;
        m->plain[c] = !leaf(m, node, &value);
        for (uint32_t next = 0; next < 0x80; next++) {
            uint32_t child = node;

            if (step(m, &child, (unsigned char)next))
                m->plain[c] = 0;
        }
    }
}

int
spmnorm_init(struct spmnorm *m, const struct spm_rules *rules, struct err *e)
{
    struct str map = rules->charsmap;
    size_t bytes;

    *m = (struct spmnorm){ .rules = *rules };
    if (map.n > 0) {
        if (map.n < 4 || (bytes = read_u32(map.p)) > map.n - 4 || bytes % 4 != 0 ||
            bytes == 0)
            return err_set(e, ERR_MODEL, "normalizer_spec: a map whose trie is cut");
        m->strings = (struct str){ map.p + 4 + bytes, map.n - 4 - bytes };
        if (m->strings.n == 0 || m->strings.p[m->strings.n - 1] != '\0')
            return err_set(e, ERR_MODEL, "normalizer_spec: a map without an end");
        m->n_unit = bytes / 4;
        m->unit = mem_alloc(bytes);
        for (size_t i = 0; i < m->n_unit; i++)
            m->unit[i] = read_u32(map.p + 4 + 4 * i);
    }
    find_plain(m);
    return 0;
}

void
spmnorm_release(struct spmnorm *m)
{
    mem_free(m->unit);
    m->unit = NULL;
}

/* ---- running ---- */

/* What the text's first character, or key, becomes; returns how long it was. */
static size_t
next(const struct spmnorm *m, struct str text, struct str *to)
{
    size_t n = longest(m, text, to);

    if (n > 0)
        return n;
    n = (size_t)utf8_len(text.p, text.n);
    *to = n ? (struct str){ text.p, n } : STR("\xEF\xBF\xBD");
    return n ? n : 1;
}

static void
put_space(const struct spmnorm *m, struct buf *out)
{
    if (m->rules.escape_spaces)
        buf_str(out, STR(SPMNORM_SPACE));
    else
        buf_char(out, ' ');
}

static struct str
skip(struct str s, size_t n)
{
    return (struct str){ s.p + n, s.n - n };
}

static struct str
without_first_spaces(const struct spmnorm *m, struct str text)
{
    struct str to;

    while (text.n > 0) {
        size_t n = next(m, text, &to);

        if (!str_eq(to, STR(" ")))
            break;
        text = skip(text, n);
    }
    return text;
}

static void
drop_last_spaces(const struct spmnorm *m, struct buf *out, size_t from)
{
    struct str space = m->rules.escape_spaces ? STR(SPMNORM_SPACE) : STR(" ");

    while (out->n - from >= space.n &&
           memcmp(out->p + out->n - space.n, space.p, space.n) == 0)
        out->n -= space.n;
}

/* Append one character's replacement; *spaced: a space came last. */
static void
put(const struct spmnorm *m, struct str s, int *spaced, struct buf *out)
{
    while (*spaced && s.n > 0 && *s.p == ' ')
        s = skip(s, 1);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ')
            put_space(m, out);
        else
            buf_char(out, s.p[i]);
    if (s.n > 0)
        *spaced = s.p[s.n - 1] == ' ';
    if (!m->rules.remove_spaces)
        *spaced = 0;
}

/* How many bytes at the beginning stay as they are. */
static size_t
plain_run(const struct spmnorm *m, struct str text)
{
    size_t n = 0;

    while (n < text.n && (unsigned char)text.p[n] < 0x80 &&
           m->plain[(unsigned char)text.p[n]])
        n++;
    /* The last one may begin a key with what follows. */
    return n < text.n && n > 0 && (unsigned char)text.p[n] >= 0x80 ? n - 1 : n;
}

int
spmnorm_run(const struct spmnorm *m, struct str text, struct buf *out, struct err *e)
{
    size_t from = out->n, most = 16 * text.n + 64;
    int spaced = m->rules.remove_spaces;
    struct str to;

    if (m->rules.remove_spaces)
        text = without_first_spaces(m, text);
    if (text.n == 0)
        return 0;
    if (m->rules.dummy_prefix && !m->rules.space_as_suffix)
        put_space(m, out);
    while (text.n > 0) {
        size_t n = plain_run(m, text);

        if (n > 0) {
            buf_add(out, text.p, n);
            spaced = 0;
        } else {
            n = next(m, text, &to);
            put(m, to, &spaced, out);
        }
        text = skip(text, n);
        if (out->n - from > most)
            return err_set(e, ERR_LIMIT, "the model's map makes too much of the text");
    }
    if (m->rules.remove_spaces)
        drop_last_spaces(m, out, from);
    if (m->rules.dummy_prefix && m->rules.space_as_suffix)
        put_space(m, out);
    return 0;
}
