/* sents.c - where the sentences of a text are */
#include "text/sents.h"

#include "text/abbrev.h"
#include "text/charkind.h"
#include "text/utf8.h"

#define LOOK      8   /* characters that are looked at for quotes, marks of a list */
#define PLAIN     5   /* letters of a word that is hardly an abbreviation */
#define THAI_LONG 240 /* bytes (80 letters) behind which a space ends a sentence */

/* A stop with all that belongs to it, and what comes next. */
struct stop {
    const char *from, *to;   /* the marks: "?!" */
    const char *end;         /* behind the quotes and brackets */
    const char *next;        /* behind the white space */
    enum charkind kind;      /* of the last mark */
    int hard;                /* the white space holds the end of a paragraph or item */
    enum charkind next_kind; /* of what the next sentence would begin with, */
    const char *word;        /* and where that is: behind quotes, brackets, dashes */
    int dash, quote;         /* there was a dash, a quote */
};

void
sents_begin(struct sents *s, struct str text, const char *lang, unsigned flags)
{
    *s = (struct sents){ text.p, text.p, text.p + text.n, lang, flags };
}

static enum charkind
peek(const char *p, const char *end)
{
    return p < end ? charkind_of(utf8_next(&p)) : CHARKIND_LINE;
}

/* Behind the character at p, which is not the end. */
static const char *
after(const char *p)
{
    utf8_next(&p);
    return p;
}

static const char *
before(const char *p)
{
    do
        p--;
    while (((unsigned char)*p & 0xC0) == 0x80);
    return p;
}

/* Behind an end of a line. */
static const char *
after_line(const char *p, const char *end)
{
    return *p == '\r' && end - p > 1 && p[1] == '\n' ? p + 2 : after(p);
}

/* Does an item of a list begin here: "- ", "* ", "1. ", "2) ", "(a) "? */
static int
is_item(const char *p, const char *end)
{
    const char *from = p;
    int n = 0;

    if (p < end && (*p == '*' || *p == '+' || peek(p, end) == CHARKIND_DASH))
        return end - p > 1 && peek(after(p), end) == CHARKIND_SPACE;
    if (end - p >= 3 && memcmp(p, "\xE2\x80\xA2", 3) == 0)
        return 1;
    p += p < end && *p == '(';
    while (p < end && n < 3 && peek(p, end) == CHARKIND_DIGIT)
        n++, p++;
    if (n == 0 && p < end && (*p | 32) >= 'a' && (*p | 32) <= 'z')
        n++, p++;
    if (n == 0 || p == end || !(*p == ')' || (*p == '.' && *from != '(')))
        return 0;
    return peek(p + 1, end) == CHARKIND_SPACE;
}

/* Skip white space. *breaks: 2 for a blank line or what stands for one, 1 where the end
 * of a line ends a sentence, else 0. */
static const char *
skip_space(const struct sents *s, const char *p, int *breaks)
{
    int lines = 0, hard = 0;

    while (p < s->end) {
        const char *q = p;
        uint32_t c = utf8_next(&q);
        enum charkind k = charkind_of(c);
        if (k != CHARKIND_SPACE && k != CHARKIND_LINE)
            break;
        lines += k == CHARKIND_LINE;
        hard |= c == '\f' || c == 0x2029;
        p = k == CHARKIND_LINE ? after_line(p, s->end) : q;
    }
    *breaks = 0;
    if (lines > 1 || hard)
        *breaks = 2;
    else if (lines == 1 && !(s->flags & SENTS_PARAGRAPHS))
        *breaks = (s->flags & SENTS_LINES) || is_item(p, s->end);
    return p;
}

/* The word that ends at `to`, in small letters; empty when it is longer than any that
 * is known. It does not reach back beyond `from`. */
static struct str
word_before(const char *from, const char *to, char out[ABBREV_MAX + 4])
{
    const char *p = to;
    size_t n = 0;

    while (p > from) {
        const char *q = before(p);
        enum charkind k = peek(q, to);
        if (k == CHARKIND_SPACE || k == CHARKIND_LINE || k == CHARKIND_OPEN ||
            k == CHARKIND_CLOSE || k == CHARKIND_COMMA)
            break;
        if (to - q > ABBREV_MAX)
            return (struct str){ out, 0 };
        p = q;
    }
    while (p < to)
        n += (size_t)utf8_encode(charkind_fold(utf8_next(&p)), out + n);
    return (struct str){ out, n };
}

/* Letters from p on, in small letters; empty when they are too many. */
static struct str
word_at(const char *p, const char *end, char out[ABBREV_MAX + 4])
{
    size_t n = 0;

    while (p < end) {
        enum charkind k = peek(p, end);
        if (k != CHARKIND_UPPER && k != CHARKIND_LOWER)
            break;
        if (n >= ABBREV_MAX)
            return (struct str){ out, 0 };
        n += (size_t)utf8_encode(charkind_fold(utf8_next(&p)), out + n);
    }
    return (struct str){ out, n };
}

/* Behind the closing quotes and brackets at p, references such as [12] among them. A
 * French quote may have a space before it. */
static const char *
skip_close(const struct sents *s, const char *p)
{
    for (;;) {
        enum charkind k = peek(p, s->end);
        if (k == CHARKIND_CLOSE) {
            p = after(p);
        } else if (k == CHARKIND_OPEN && *p == '[') {
            const char *q = p + 1;
            while (q < s->end && q - p < LOOK && peek(q, s->end) == CHARKIND_DIGIT)
                q++;
            if (q == s->end || *q != ']' || q == p + 1)
                return p;
            p = q + 1;
        } else if (k == CHARKIND_SPACE) {
            const char *q = after(p);
            if (s->end - q < 2 || memcmp(q, "»", 2) != 0)
                return p;
            p = q + 2;
        } else {
            return p;
        }
    }
}

/* A quote is closed and what is said about it follows: 「…。」と */
static int
goes_on_in_japanese(const char *p, const char *end)
{
    uint32_t c = p < end ? utf8_next(&p) : 0;

    return c == 0x3068 || c == 0x3063; /* to, small tsu */
}

static int
is_bracket(char c)
{
    return c != '\0' && strchr("()[]{}", c) != NULL;
}

/* What the next sentence would begin with, behind quotes, brackets and dashes. */
static void
look_ahead(const struct sents *s, struct stop *t)
{
    const char *p = t->next;
    enum charkind k = peek(p, s->end);

    for (int n = 0; n < LOOK && p < s->end; n++) {
        t->dash |= k == CHARKIND_DASH;
        t->quote |= k == CHARKIND_CLOSE || (k == CHARKIND_OPEN && !is_bracket(*p));
        if (k != CHARKIND_DASH && k != CHARKIND_OPEN && k != CHARKIND_CLOSE &&
            !(k == CHARKIND_SPACE && t->dash))
            break;
        p = after(p);
        k = peek(p, s->end);
    }
    t->next_kind = k;
    t->word = p;
}

static void
read_stop(const struct sents *s, const char *p, struct stop *t)
{
    enum charkind k = peek(p, s->end);

    *t = (struct stop){ .from = p, .kind = CHARKIND_DOT };
    if (k == CHARKIND_COMMA) /* the Greek one */
        k = CHARKIND_STOP;
    for (int n = 0; k >= CHARKIND_DOT && k <= CHARKIND_WIDE; n++) {
        if (k > t->kind)
            t->kind = k;
        else if (n > 0 && t->kind == CHARKIND_DOT)
            t->kind = CHARKIND_DOTS;
        p = after(p);
        k = peek(p, s->end);
    }
    t->to = p;
    t->end = skip_close(s, p);
    t->next = skip_space(s, t->end, &t->hard);
    look_ahead(s, t);
}

static int
all_kind(struct str word, enum charkind kind)
{
    const char *p = word.p, *end = p + word.n;

    for (; p < end; p = after(p))
        if (peek(p, end) != kind)
            return 0;
    return 1;
}

/* Letters by one and two with stops between them: "e.u", "ph.d", "т.д". */
static int
is_dotted(struct str word)
{
    const char *p = word.p, *end = p + word.n;
    int run = 0, dots = 0;

    for (; p < end; p = after(p)) {
        enum charkind k = peek(p, end);
        if (k == CHARKIND_DOT ? run == 0 : k != CHARKIND_LOWER || ++run > 2)
            return 0;
        if (k == CHARKIND_DOT) {
            run = 0;
            dots++;
        }
    }
    return dots > 0 && run > 0;
}

static int
is_roman(struct str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (strchr("ivx", word.p[i]) == NULL)
            return 0;
    return word.n <= 4;
}

/* Does a number or one letter with a stop follow: "J. R. R.", "3. 5. 2001"? */
static int
same_follows(const struct sents *s, const struct stop *t, enum charkind kind)
{
    const char *p = t->word;
    int n = 0;

    while (n < LOOK && peek(p, s->end) == kind) {
        p = after(p);
        n++;
    }
    return n > 0 && (n == 1 || kind == CHARKIND_DIGIT) &&
           peek(p, s->end) == CHARKIND_DOT;
}

static int
starter_follows(const struct sents *s, const struct stop *t)
{
    char word[ABBREV_MAX + 4];

    return t->next_kind == CHARKIND_UPPER &&
           abbrev_starter(word_at(t->word, s->end, word));
}

static int
month_follows(const struct sents *s, const struct stop *t)
{
    char word[ABBREV_MAX + 4];

    return abbrev_month(word_at(t->word, s->end, word));
}

/* Behind what can stand in the middle and at the end. */
static int
ends_maybe(const struct sents *s, const struct stop *t)
{
    if (t->next_kind == CHARKIND_UPPER)
        return starter_follows(s, t);
    return t->next_kind != CHARKIND_DIGIT;
}

static int
ends_number(const struct sents *s, const struct stop *t, size_t digits)
{
    if (same_follows(s, t, CHARKIND_DIGIT))
        return 0;
    return digits > 2 ||
           !(abbrev_ordinal(s->lang) || (s->lang == NULL && month_follows(s, t)));
}

/* "you and I." ends, "Albert I." does not: is the word before `at` in small letters? */
static int
small_before(const char *start, const char *at)
{
    char word[ABBREV_MAX + 4];
    const char *to = at;

    while (to > start && peek(before(to), at) == CHARKIND_SPACE)
        to = before(to);
    at = to - word_before(start, to, word).n;
    return at < to && peek(at, to) == CHARKIND_LOWER;
}

static int
ends_letter(const struct sents *s, const char *start, const struct stop *t)
{
    if (same_follows(s, t, CHARKIND_UPPER))
        return 0;
    if (t->from[-1] == 'I' && small_before(start, t->from - 1))
        return 1;
    return ends_maybe(s, t);
}

/* One full stop with white space behind it, and no small letter. */
static int
ends_dot(const struct sents *s, const char *start, const struct stop *t)
{
    char buf[ABBREV_MAX + 4];
    struct str word = word_before(start, t->from, buf);
    int first = t->from - start <= (ptrdiff_t)word.n + LOOK / 2, letter;

    if (word.n == 0)
        return 1;
    letter = all_kind(word, CHARKIND_LOWER) && utf8_count(word.p, word.n) == 1;
    if (all_kind(word, CHARKIND_DIGIT))
        return first && word.n <= 3 ? 0 : ends_number(s, t, word.n);
    if (first && (letter || is_roman(word)))
        return 0;
    switch (abbrev_find(word, s->lang)) {
    case ABBREV_BEFORE: return 0;
    case ABBREV_NUMBER: return t->next_kind != CHARKIND_DIGIT;
    case ABBREV_MAYBE: return ends_maybe(s, t);
    default: break;
    }
    if (letter)
        return ends_letter(s, start, t);
    return is_dotted(word) ? ends_maybe(s, t) : 1;
}

static int
is_name(const struct sents *s, const char *start, const struct stop *t)
{
    char word[ABBREV_MAX + 4];

    return abbrev_find(word_before(start, t->from, word), s->lang) == ABBREV_NAME;
}

/* Is what follows no beginning: another mark, a comma? ".NET" and ".5" are one. */
static int
is_joined(const struct sents *s, const struct stop *t)
{
    enum charkind k = peek(t->next, s->end);

    if (k == CHARKIND_DOT)
        return peek(after(t->next), s->end) < CHARKIND_DIGIT;
    return k == CHARKIND_COMMA || (k > CHARKIND_DOT && k <= CHARKIND_WIDE) ||
           (k == CHARKIND_CLOSE && is_bracket(*t->next));
}

/* A word that is no abbreviation, as far as its looks tell. */
static int
is_plain_word(const struct sents *s, const char *start, const char *to)
{
    char buf[ABBREV_MAX + 4];
    struct str word = word_before(start, to, buf);

    return word.n >= PLAIN && !abbrev_ordinal(s->lang) &&
           all_kind((struct str){ to - word.n, word.n }, CHARKIND_LOWER);
}

/* Before a small letter: "Wow! that" ends, "e.g. that" does not, nor "what?" he said.
 * A dash or a quote begins something new, but not behind another quote. */
static int
ends_small(const struct sents *s, const char *start, const struct stop *t)
{
    if (t->end > t->to)
        return 0;
    if (t->kind == CHARKIND_STOP)
        return !t->dash && !is_name(s, start, t);
    return t->kind == CHARKIND_DOT && ends_dot(s, start, t) &&
           (t->dash || t->quote || is_plain_word(s, start, t->from));
}

static int
ends_sentence(const struct sents *s, const char *start, const struct stop *t)
{
    int quoted = t->end > t->to;

    if (t->next == s->end || t->hard)
        return 1;
    if (is_joined(s, t))
        return 0;
    if (t->kind == CHARKIND_WIDE)
        return !(quoted && goes_on_in_japanese(t->next, s->end));
    if (t->next == t->end)
        return 0;
    if (quoted && t->from > start && (t->from[-1] == '[' || t->from[-1] == '('))
        return 0; /* "[...]" */
    if (t->next_kind == CHARKIND_LOWER)
        return ends_small(s, start, t);
    if (t->kind == CHARKIND_DOT && !ends_dot(s, start, t))
        return 0;
    if (quoted && t->end[-1] == ')' && *start != '(')
        return ends_maybe(s, t); /* a remark in brackets within a sentence */
    return !(t->kind == CHARKIND_STOP && is_name(s, start, t));
}

/* Between two Thai letters: has the sentence grown long, or is the space a wide one? */
static int
ends_thai(const struct sents *s, const char *start, const char *p, const char **next)
{
    int breaks;

    *next = skip_space(s, p, &breaks);
    return *next > p && *next < s->end && peek(*next, s->end) == CHARKIND_THAI &&
           (*next - p > 1 || p - start >= THAI_LONG) &&
           peek(p, s->end) == CHARKIND_SPACE;
}

/* Greek writes ; for ? */
static int
is_greek_question(const char *start, const char *p)
{
    return *p == ';' && p - start >= 2 &&
           ((unsigned char)p[-2] == 0xCE || (unsigned char)p[-2] == 0xCF);
}

/* Could a sentence end at or behind this character? */
static int
is_mark(const struct sents *s, const char *start, const char *p, enum charkind k)
{
    if (k == CHARKIND_LINE || (s->flags & SENTS_PARAGRAPHS))
        return k == CHARKIND_LINE;
    return (k >= CHARKIND_DOT && k <= CHARKIND_WIDE) || k == CHARKIND_THAI ||
           (k == CHARKIND_COMMA && is_greek_question(start, p));
}

static const char *
trim(const char *start, const char *p)
{
    while (p > start) {
        const char *q = before(p);
        enum charkind k = peek(q, p);
        if (k != CHARKIND_SPACE && k != CHARKIND_LINE)
            break;
        p = q;
    }
    return p;
}

static const char *
find_end(const struct sents *s, const char *start)
{
    const char *p = start;

    while (p < s->end) {
        enum charkind k = peek(p, s->end);
        const char *next = after(p);
        struct stop t;
        int breaks;
        if (!is_mark(s, start, p, k)) {
            p = next;
        } else if (k == CHARKIND_LINE) {
            next = skip_space(s, p, &breaks);
            if (next == s->end || breaks)
                return trim(start, p);
            p = next;
        } else if (k == CHARKIND_THAI) {
            if (ends_thai(s, start, next, &p))
                return next;
            p = next;
        } else {
            read_stop(s, p, &t);
            if (ends_sentence(s, start, &t))
                return t.end;
            p = t.end;
        }
    }
    return trim(start, s->end);
}

int
sents_next(struct sents *s, struct sents_span *span)
{
    int breaks, first = s->p == s->begin;
    const char *start = skip_space(s, s->p, &breaks);

    if (start == s->end)
        return 0;
    s->p = find_end(s, start);
    span->at = (size_t)(start - s->begin);
    span->end = (size_t)(s->p - s->begin);
    span->paragraph = first || breaks == 2;
    return 1;
}
