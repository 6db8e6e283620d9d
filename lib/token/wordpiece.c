/* wordpiece.c - WordPiece with BERT's normalizer and pre-tokenizer */
#include "token/wordpiece.h"

#include "text/utf8.h"
#include "token/bertnorm.h"
#include "token/berttab.h"

#define MAX_CHARS 4096 /* that max_input_chars_per_word may say */

enum kind { OTHER, PLAIN, SPACE, PUNCT }; /* of a byte; OTHER takes the long way */

struct wordpiece {
    const struct vocab *v;
    struct vocab_lexicon rest; /* what can follow: "##x" without "##" */
    struct bertnorm norm;
    struct buf glue;   /* the decoder's "##" */
    struct buf prefix; /* the model's */
    int decodes, cleanup;
    int32_t unk;
    size_t max_chars;
    unsigned char kind[256];
    char plain[256]; /* lower case of a PLAIN byte, else 0 */
    int32_t punct[256];
};

struct origin {
    uint32_t byte, at;
};

/* A worker's memory, in tokenizer_work.scratch. */
struct scratch {
    struct bertnorm_scratch norm;
    struct buf text, origins; /* a whole segment, where added tokens are normalized */
    size_t max_byte;
    char *byte;            /* [max_byte] the word, normalized */
    uint64_t *hash;        /* [max_byte + 1] of its prefixes */
    struct origin *origin; /* [max_byte] of its bytes */
};

/* Encoding a segment: the word that is being gathered, and where to. */
struct run {
    const struct wordpiece *m;
    const char *text;
    struct scratch *s;
    struct tokenizer_work *w;
    size_t n, chars; /* of the word; chars beyond max_chars are only counted */
    struct origin first, last; /* of its characters */
    int mapped; /* origins are in s->origin, else they simply count up from first */
};

static void
scratch_free(void *p)
{
    struct scratch *s = p;

    bertnorm_scratch_release(&s->norm);
    buf_free(&s->text);
    buf_free(&s->origins);
    mem_free(s->byte);
    mem_free(s->hash);
    mem_free(s->origin);
    mem_free(s);
}

static struct scratch *
scratch_get(struct tokenizer_work *w, size_t max_chars)
{
    struct scratch *s = w->scratch;
    size_t n = 4 * max_chars;

    if (s && w->scratch_free == scratch_free && s->max_byte >= n)
        return s;
    if (s)
        w->scratch_free(s);
    s = mem_zero(1, sizeof *s);
    s->max_byte = n;
    s->byte = mem_alloc(n + 8);
    s->hash = mem_zero(n + 1, sizeof *s->hash);
    s->origin = mem_alloc(mem_mul(n + 1, sizeof *s->origin));
    w->scratch = s;
    w->scratch_free = scratch_free;
    return s;
}

/* The character that begins at byte `o` ends where? */
static uint32_t
end_byte(const char *text, uint32_t o)
{
    unsigned char lead = (unsigned char)text[o];

    return o + 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0);
}

/* Where bytes [from, to) of the gathered word come from. */
static struct tokenizer_span
span_of(const struct run *r, size_t from, size_t to)
{
    struct origin a = r->first, b = a;

    if (r->mapped) {
        a = r->s->origin[from];
        b = r->s->origin[to - 1];
        return (struct tokenizer_span){ a.byte, end_byte(r->text, b.byte), a.at,
                                        b.at + 1 };
    }
    return (struct tokenizer_span){ (uint32_t)(a.byte + from), (uint32_t)(b.byte + to),
                                    (uint32_t)(a.at + from), (uint32_t)(b.at + to) };
}

static void
emit_unknown(struct run *r)
{
    struct tokenizer_span span = { r->first.byte, end_byte(r->text, r->last.byte),
                                   r->first.at, r->last.at + 1 };

    algo_emit(r->w, r->m->unk, span);
}

/* Cover the gathered word with pieces, and forget it. */
static void
end_word(struct run *r)
{
    const struct vocab_lexicon *from = &r->m->v->whole;
    struct vocab_word word = { r->s->byte, r->n, r->s->hash };
    size_t before = r->w->n, len = 0;

    for (size_t i = 0; i < r->n && r->chars <= r->m->max_chars; i += len) {
        int32_t id = vocab_longest(from, &word, i, &len);
        if (id < 0) {
            r->chars = SIZE_MAX;
            break;
        }
        algo_emit(r->w, id, span_of(r, i, i + len));
        from = &r->m->rest;
    }
    if (r->chars > r->m->max_chars) {
        r->w->n = before;
        emit_unknown(r);
    }
    r->n = r->chars = 0;
}

static void
add_char(struct run *r, struct bertnorm_char c)
{
    struct buf b = { r->s->byte, r->n, r->s->max_byte + 1 };
    struct origin o = { c.byte, c.at };

    if (r->chars == 0)
        r->first = o;
    r->last = o;
    if (++r->chars > r->m->max_chars)
        return;
    if (c.cp < 0x80)
        b.p[b.n++] = (char)c.cp;
    else
        b.n += (size_t)utf8_encode(c.cp, b.p + b.n);
    for (; r->n < b.n; r->n++) {
        r->s->origin[r->n] = o;
        r->s->hash[r->n + 1] =
            vocab_hash_step(r->s->hash[r->n], (unsigned char)b.p[r->n]);
    }
}

/* BertPreTokenizer: a character goes into the word, or ends it, or is one. */
static void
take_char(struct run *r, struct bertnorm_char c)
{
    unsigned flags = berttab_get(c.cp)->flags;

    if (flags & (BERTTAB_WHITE | BERTTAB_PUNCT)) {
        if (r->chars)
            end_word(r);
        if (flags & BERTTAB_WHITE)
            return;
    }
    r->mapped = 1;
    add_char(r, c);
    if (flags & BERTTAB_PUNCT)
        end_word(r);
}

/* The long way: on from byte i, with what is gathered so far, until the short way can
 * go on. Returns how far it came; *skew: bytes minus code points. */
static size_t
walk(struct run *r, size_t i, size_t to, size_t *skew)
{
    struct bertnorm_iter it;
    struct bertnorm_char c;

    if (!r->mapped)
        for (size_t k = 0; k < r->n; k++)
            r->s->origin[k] = (struct origin){ (uint32_t)(r->first.byte + k),
                                               (uint32_t)(r->first.at + k) };
    r->mapped = 1;
    bertnorm_begin(&it, &r->m->norm, r->text, i, to, i - *skew, &r->s->norm);
    while (bertnorm_next(&it, &c)) {
        take_char(r, c);
        if (r->chars == 0 && it.p < it.end && (unsigned char)*it.p < 0x80 &&
            bertnorm_idle(&it))
            break;
    }
    if (r->chars)
        end_word(r);
    i = (size_t)(it.p - r->text);
    *skew = i - it.at;
    return i;
}

/* The short way: a word of ASCII that begins at byte i. */
static size_t
gather(struct run *r, size_t i, size_t to, size_t *skew)
{
    const struct wordpiece *m = r->m;
    size_t from = i, most = to - i < m->max_chars ? to : i + m->max_chars;
    char *byte = r->s->byte, c;
    uint64_t *hash = r->s->hash, h = 0;

    r->mapped = 0;
    r->first = (struct origin){ (uint32_t)i, (uint32_t)(i - *skew) };
    while (i < most && (c = m->plain[(unsigned char)r->text[i]]) != 0) {
        h = vocab_hash_step(h, (unsigned char)c);
        *byte++ = c;
        *++hash = h;
        i++;
    }
    r->n = i - from;
    while (i < to && m->plain[(unsigned char)r->text[i]])
        i++; /* too long: what is beyond only counts */
    r->chars = i - from;
    if (r->chars)
        r->last = (struct origin){ (uint32_t)(i - 1), (uint32_t)(i - 1 - *skew) };
    if (i < to && m->kind[(unsigned char)r->text[i]] == OTHER)
        return walk(r, i, to, skew);
    end_word(r);
    return i;
}

static void
encode_segment(struct run *r, size_t i, size_t to, size_t skew)
{
    const struct wordpiece *m = r->m;

    while (i < to && !algo_over(r->w)) {
        unsigned char c = (unsigned char)r->text[i];
        if (m->kind[c] == SPACE) {
            i++;
        } else if (m->kind[c] == PUNCT) {
            uint32_t b = (uint32_t)i, at = (uint32_t)(i - skew);
            algo_emit(r->w, m->punct[c],
                      (struct tokenizer_span){ b, b + 1, at, at + 1 });
            i++;
        } else {
            i = gather(r, i, to, &skew);
        }
    }
}

/* Words of normalized text [from, to), whose bytes have these origins. */
static void
encode_normalized(struct run *r, const struct buf *text, const struct origin *o,
                  size_t from, size_t to)
{
    const char *p = text->p + from, *end = text->p + to;

    while (p < end && !algo_over(r->w)) {
        const struct origin *from_here = &o[p - text->p];
        struct bertnorm_char c = { 0, from_here->byte, from_here->at };
        c.cp = utf8_next(&p);
        take_char(r, c);
    }
    if (r->chars)
        end_word(r);
}

static void
normalize_segment(struct run *r, struct algo_segment seg)
{
    struct bertnorm_iter it;
    struct bertnorm_char c;

    r->s->text.n = r->s->origins.n = 0;
    bertnorm_begin(&it, &r->m->norm, seg.text, seg.from, seg.to, seg.at, &r->s->norm);
    while (bertnorm_next(&it, &c)) {
        struct origin o = { c.byte, c.at };
        utf8_put(&r->s->text, c.cp);
        while (r->s->origins.n / sizeof o < r->s->text.n)
            buf_add(&r->s->origins, &o, sizeof o);
    }
}

/* Some added tokens are to be found after normalization: normalize all of it first. */
static void
encode_around(struct run *r, struct algo_segment seg)
{
    const struct buf *text = &r->s->text;
    const struct origin *o;
    struct special_iter it;
    struct special_match m;
    size_t done = 0;

    normalize_segment(r, seg);
    if (text->n == 0)
        return;
    o = (const struct origin *)r->s->origins.p;
    special_begin(&it, &seg.special->normal, text->p, text->n,
                  r->w->flags & TOKENIZER_PARSE_SPECIAL);
    it.one = algo_one(r->w);
    while (!algo_over(r->w) && special_next(&it, &m)) {
        encode_normalized(r, text, o, done, m.from > done ? m.from : done);
        algo_emit(r->w, m.id,
                  (struct tokenizer_span){ o[m.from].byte,
                                           end_byte(r->text, o[m.to - 1].byte),
                                           o[m.from].at, o[m.to - 1].at + 1 });
        done = m.to;
    }
    encode_normalized(r, text, o, done, text->n);
}

static int
encode(const void *model, struct algo_segment seg, struct tokenizer_work *w,
       struct err *e)
{
    const struct wordpiece *m = model;
    struct run r = { .m = m, .text = seg.text, .w = w };

    (void)e;
    r.s = scratch_get(w, m->max_chars);
    if (seg.special->normal.n_length)
        encode_around(&r, seg);
    else
        encode_segment(&r, seg.from, seg.to, seg.from - seg.at);
    return 0;
}

static void
normalize(const void *model, struct str text, struct buf *out)
{
    const struct wordpiece *m = model;
    struct bertnorm_scratch s = { 0 };
    struct bertnorm_iter it;
    struct bertnorm_char c;

    bertnorm_begin(&it, &m->norm, text.p, 0, text.n, 0, &s);
    while (bertnorm_next(&it, &c))
        utf8_put(out, c.cp);
    bertnorm_scratch_release(&s);
}

/* out[from..]: `what` becomes `by`, which is not longer. */
static void
replace(struct buf *out, size_t from, const char *what, const char *by)
{
    size_t n = strlen(what), k = strlen(by), to = from;

    while (from < out->n) {
        if (out->n - from >= n && memcmp(out->p + from, what, n) == 0) {
            memcpy(out->p + to, by, k);
            from += n;
            to += k;
        } else {
            out->p[to++] = out->p[from++];
        }
    }
    out->n = to;
}

static void
decode(const void *model, struct str piece, int first, struct buf *out)
{
    static const char *const tidy[][2] = {
        { " .", "." },   { " ?", "?" },     { " !", "!" },     { " ,", "," },
        { " ' ", "'" },  { " n't", "n't" }, { " 'm", "'m" },   { " do not", " don't" },
        { " 's", "'s" }, { " 've", "'ve" }, { " 're", "'re" },
    };
    const struct wordpiece *m = model;
    size_t from = out->n, n = m->glue.n;

    if (!first && m->decodes && piece.n >= n && memcmp(piece.p, m->glue.p, n) == 0)
        buf_add(out, piece.p + n, piece.n - n);
    else {
        if (!first)
            buf_char(out, ' ');
        buf_str(out, piece);
    }
    if (m->decodes && m->cleanup && out->n > from &&
        memchr(out->p + from, ' ', out->n - from))
        for (size_t i = 0; i < sizeof tidy / sizeof *tidy; i++)
            replace(out, from, tidy[i][0], tidy[i][1]);
}

static int
read_normalizer(struct wordpiece *m, const struct tokjson_section *s, struct err *e)
{
    struct bertnorm *norm = &m->norm;

    if (tokjson_is(s, NULL))
        return 0;
    if (!tokjson_is(s, "BertNormalizer"))
        return tokjson_unknown(s, "BertNormalizer", e);
    *norm = (struct bertnorm){ 1, 1, -1, 1 };
    if (tokjson_bool(s, "clean_text", &norm->clean_text, e) ||
        tokjson_bool(s, "handle_chinese_chars", &norm->chinese_chars, e) ||
        tokjson_bool(s, "strip_accents", &norm->strip_accents, e) ||
        tokjson_bool(s, "lowercase", &norm->lowercase, e))
        return -1;
    if (norm->strip_accents < 0)
        norm->strip_accents = norm->lowercase;
    return 0;
}

static int
read_decoder(struct wordpiece *m, const struct tokjson_section *s, struct err *e)
{
    if (tokjson_is(s, NULL))
        return 0;
    if (!tokjson_is(s, "WordPiece"))
        return tokjson_unknown(s, "WordPiece", e);
    m->decodes = m->cleanup = 1;
    return tokjson_bool(s, "cleanup", &m->cleanup, e) ||
                   tokjson_str(s, "prefix", "##", &m->glue, e)
               ? -1
               : 0;
}

static int
read_model(struct wordpiece *m, const struct tokjson_section *s, struct err *e)
{
    struct buf b = { 0 };
    int64_t max = 100;
    int bad = tokjson_int(s, "max_input_chars_per_word", 1, MAX_CHARS, &max, e) ||
              tokjson_str(s, "unk_token", "[UNK]", &b, e);

    m->max_chars = (size_t)max;
    if (!bad) {
        m->unk = vocab_find(m->v, (struct str){ b.p, b.n });
        if (m->unk < 0)
            bad = err_set(e, ERR_MODEL, "model: unk_token is not in its vocab");
    }
    if (!bad) {
        bad = tokjson_str(s, "continuing_subword_prefix", "##", &m->prefix, e);
        if (!bad)
            vocab_suffixes(m->v, (struct str){ m->prefix.p, m->prefix.n }, &m->rest);
    }
    buf_free(&b);
    return bad ? -1 : 0;
}

/* What the normalizer and the pre-tokenizer make of single ASCII characters. A NUL that
 * is kept cannot be PLAIN, since 0 says "not plain". */
static void
sort_bytes(struct wordpiece *m)
{
    for (int c = 1; c < 0x80; c++) {
        const struct berttab_record *r = berttab_get((uint32_t)c);
        char text[1] = { (char)c };
        int32_t id = vocab_find(m->v, (struct str){ text, 1 });
        if (m->norm.clean_text && r->flags & BERTTAB_SPACE)
            m->kind[c] = SPACE;
        else if (m->norm.clean_text && r->flags & BERTTAB_DROP)
            m->kind[c] = OTHER;
        else if (r->flags & BERTTAB_WHITE)
            m->kind[c] = SPACE;
        else if (r->flags & BERTTAB_PUNCT)
            m->kind[c] = PUNCT;
        else
            m->kind[c] = PLAIN;
        m->punct[c] = id < 0 ? m->unk : id;
        if (m->kind[c] == PLAIN)
            m->plain[c] = (char)(c + (m->norm.lowercase ? r->lower : 0));
    }
}

static void
model_close(void *model)
{
    struct wordpiece *m = model;

    vocab_lexicon_release(&m->rest);
    buf_free(&m->glue);
    buf_free(&m->prefix);
    mem_free(m);
}

static void *
model_open(const struct tokjson *f, const struct vocab *v, struct err *e)
{
    struct wordpiece *m = mem_zero(1, sizeof *m);
    int bad = 0;

    m->v = v;
    if (!tokjson_is(&f->pre_tokenizer, "BertPreTokenizer"))
        bad = tokjson_unknown(&f->pre_tokenizer, "BertPreTokenizer", e);
    if (bad || read_normalizer(m, &f->normalizer, e) ||
        read_decoder(m, &f->decoder, e) || read_model(m, &f->model, e)) {
        model_close(m);
        return NULL;
    }
    sort_bytes(m);
    return m;
}

static int
continues(const void *model, struct str piece)
{
    const struct wordpiece *m = model;

    return m->prefix.n > 0 && piece.n > m->prefix.n &&
           memcmp(piece.p, m->prefix.p, m->prefix.n) == 0;
}

const struct algo wordpiece_algo = { .open = model_open,
                                     .close = model_close,
                                     .encode = encode,
                                     .decode = decode,
                                     .normalize = normalize,
                                     .continues = continues };
