/* headfile.c - a trained head in a file */
#include "format/headfile.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "json/jout.h"
#include "json/json.h"

#define FILE_MAX   ((size_t)256 << 20)
#define WEIGHT_MAX 1e6

enum {
    FORMAT,
    VERSION,
    KIND,
    BASE,
    SHA,
    PRECISION,
    LABELS,
    TEMPERATURE,
    BIAS,
    WORDS,
    WEIGHTS,
    N
};

/* Which heads have it: without a kind they are for vectors. */
enum { VECTOR_HEAD = 1, WORD_HEAD = 2, ANY_HEAD = 3 };

static const struct {
    struct str name;
    enum json_type type;
    int heads;
} members[N] = {
    [FORMAT] = { STR("format"), JSON_STRING, ANY_HEAD },
    [VERSION] = { STR("version"), JSON_NUMBER, ANY_HEAD },
    [KIND] = { STR("kind"), JSON_STRING, WORD_HEAD },
    [BASE] = { STR("base"), JSON_STRING, VECTOR_HEAD },
    [SHA] = { STR("base_sha256"), JSON_STRING, VECTOR_HEAD },
    [PRECISION] = { STR("precision"), JSON_STRING, VECTOR_HEAD },
    [LABELS] = { STR("labels"), JSON_ARRAY, ANY_HEAD },
    [TEMPERATURE] = { STR("temperature"), JSON_NUMBER, ANY_HEAD },
    [BIAS] = { STR("bias"), JSON_ARRAY, ANY_HEAD },
    [WORDS] = { STR("words"), JSON_ARRAY, WORD_HEAD },
    [WEIGHTS] = { STR("weights"), JSON_ARRAY, ANY_HEAD },
};

/* ---- reading ---- */

static int
bad(int member, struct err *e, const char *what)
{
    return err_set(e, ERR_MODEL, "%s: %s", members[member].name.p, what);
}

static size_t
length(struct json array)
{
    struct json_iter it = json_begin(array);
    struct json key, v;
    size_t n = 0;

    while (json_next(&it, &key, &v))
        n++;
    return n;
}

static int
read_str(struct json v, int member, char *to, size_t cap, struct err *e)
{
    struct buf b = { 0 };
    int rc = 0;

    if (json_unquote(v, &b, e) || b.n == 0 || b.n >= cap || memchr(b.p, '\0', b.n))
        rc = bad(member, e, "must be a short text");
    else {
        memcpy(to, b.p, b.n);
        to[b.n] = '\0';
    }
    buf_free(&b);
    return rc;
}

static int
read_base(struct headfile *h, const struct json_watch *w, struct err *e)
{
    if (read_str(w[BASE].value, BASE, h->base, sizeof h->base, e) ||
        read_str(w[SHA].value, SHA, h->sha, sizeof h->sha, e) ||
        read_str(w[PRECISION].value, PRECISION, h->precision, sizeof h->precision, e))
        return -1;
    if (strchr(h->base, '/') || h->base[0] == '.')
        return bad(BASE, e, "must be the name of a model");
    if (strspn(h->sha, "0123456789abcdef") != SHA_HEX - 1)
        return bad(SHA, e, "must be 64 hexadecimal digits");
    return 0;
}

/* An array's texts one after another in b, their lengths to list [n]. */
static int
read_texts(struct json array, int member, struct str *list, struct buf *b,
           struct err *e)
{
    struct json_iter it = json_begin(array);
    struct json key, v;

    for (size_t at = b->n; json_next(&it, &key, &v); at = b->n, list++) {
        if (v.type != JSON_STRING || json_unquote(v, b, e) || b->n == at ||
            b->n - at > HEADFILE_LABEL_MAX)
            return bad(member, e, "each must be a text of 1 to 1000 bytes");
        list->n = b->n - at;
    }
    return 0;
}

static int
check_twice(const struct str *list, size_t n, int member, struct err *e)
{
    struct map *seen = map_new(n);
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++)
        if (!map_put(seen, list[i], (int32_t)i))
            rc = bad(member, e, "one is there twice");
    map_free(seen);
    return rc;
}

static const char *
put_spans(struct str *list, size_t n, const char *p)
{
    for (size_t i = 0; i < n; p += list[i++].n)
        list[i].p = p;
    return p;
}

/* Labels, then words: spans are set when the text moves no more. */
static int
read_names(struct headfile *h, const struct json_watch *w, struct err *e)
{
    const struct json labels = w[LABELS].value, words = w[WORDS].value;
    const size_t n_word = w[WORDS].count ? length(words) : 0;

    h->n_label = length(labels);
    if (h->n_label < 2 || h->n_label > HEADFILE_LABELS)
        return bad(LABELS, e, "must be 2 to 10000");
    if (n_word > HEADFILE_WORDS || (w[WORDS].count && n_word == 0))
        return bad(WORDS, e, "must be 1 to 1048576");
    h->label = mem_zero(h->n_label, sizeof *h->label);
    if (read_texts(labels, LABELS, h->label, &h->text, e))
        return -1;
    if (n_word > 0) {
        h->word = mem_zero(n_word, sizeof *h->word);
        if (read_texts(words, WORDS, h->word, &h->text, e))
            return -1;
    }
    h->dim = n_word;
    put_spans(h->word, n_word, put_spans(h->label, h->n_label, h->text.p));
    return check_twice(h->label, h->n_label, LABELS, e) ||
                   check_twice(h->word, n_word, WORDS, e)
               ? -1
               : 0;
}

/* n numbers, no more and no fewer. */
static int
read_numbers(struct json array, size_t n, int member, float *to, struct err *e)
{
    struct json_iter it = json_begin(array);
    struct json key, v;
    size_t i = 0;
    double x;

    if (array.type != JSON_ARRAY)
        return bad(member, e, "must be lists of numbers");
    for (; json_next(&it, &key, &v); i++) {
        if (i == n)
            return bad(member, e, "more numbers than there should be");
        if (!json_double(v, &x) || fabs(x) > WEIGHT_MAX)
            return bad(member, e, "must be numbers from -1e6 to 1e6");
        to[i] = (float)x;
    }
    return i == n ? 0 : bad(member, e, "fewer numbers than there should be");
}

static int
read_weights(struct headfile *h, const struct json_watch *w, struct err *e)
{
    struct json rows = w[WEIGHTS].value, key, row;
    struct json_iter it = json_begin(rows);
    size_t i = 0, bytes;

    if (length(rows) != h->n_label)
        return bad(WEIGHTS, e, "must be a list for each label");
    if (h->word == NULL)
        h->dim = length(json_at(rows, 0));
    if (h->dim == 0)
        return bad(WEIGHTS, e, "must be lists of numbers");
    /* A number takes two bytes of the file: this is less than four times its size
     * where all rows are as long as the first. */
    if (h->dim > rows.n / 2 / h->n_label)
        return bad(WEIGHTS, e, "fewer numbers than there should be");
    bytes = mem_mul(h->n_label, mem_mul(h->dim, sizeof *h->weights));
    if ((h->weights = mem_try(bytes)) == NULL)
        return err_set(e, ERR_NOMEM, "no memory for %zu bytes of weights", bytes);
    h->bias = mem_zero(h->n_label, sizeof *h->bias);
    for (; json_next(&it, &key, &row); i++)
        if (read_numbers(row, h->dim, WEIGHTS, h->weights + i * h->dim, e))
            return -1;
    return read_numbers(w[BIAS].value, h->n_label, BIAS, h->bias, e);
}

static int
check_members(const struct json_watch *w, struct err *e)
{
    const int head = w[KIND].count ? WORD_HEAD : VECTOR_HEAD;
    int64_t version;

    for (int i = 0; i < N; i++) {
        if (w[i].count > 1)
            return bad(i, e, "is there twice");
        if ((members[i].heads & head) == 0 && w[i].count == 0)
            continue;
        if ((members[i].heads & head) == 0)
            return bad(i, e, "is not for a head of this kind");
        if (w[i].count == 0)
            return bad(i, e, "is missing: this is no trained head");
        if (w[i].value.type != members[i].type)
            return bad(i, e, "is of another type than it should be");
        if (i == FORMAT && !json_is(w[i].value, STR("textmill-head")))
            return bad(i, e, "is not textmill-head");
        if (i == KIND && !json_is(w[i].value, STR("words")))
            return bad(i, e, "is one that this program does not know");
        if (i == VERSION &&
            !json_int(w[i].value, HEADFILE_VERSION, HEADFILE_VERSION, &version))
            return bad(i, e, "is one that this program does not know");
    }
    return 0;
}

static int
read_all(struct headfile *h, const char *p, size_t n, struct err *e)
{
    struct json_watch w[N] = { 0 };
    struct json v;
    double t;

    for (int i = 0; i < N; i++)
        w[i].name = members[i].name;
    if (json_scan(p, n, w, N, &v, e)) {
        e->code = ERR_MODEL;
        return -1;
    }
    if (v.type != JSON_OBJECT)
        return err_set(e, ERR_MODEL, "not a JSON object: this is no trained head");
    if (check_members(w, e) || (w[BASE].count && read_base(h, w, e)) ||
        read_names(h, w, e) || read_weights(h, w, e))
        return -1;
    if (!json_double(w[TEMPERATURE].value, &t) || !(t >= 1e-4 && t <= 1e4))
        return bad(TEMPERATURE, e, "must be 0.0001 to 10000");
    h->temperature = (float)t;
    return 0;
}

int
headfile_parse(struct headfile *h, const char *p, size_t n, const char *path,
               struct err *e)
{
    *h = (struct headfile){ 0 };
    if (read_all(h, p, n, e) == 0)
        return 0;
    headfile_release(h);
    return err_wrap(e, "%s", path);
}

int
headfile_read(struct headfile *h, const char *path, struct err *e)
{
    struct buf b = { 0 };
    int rc = file_read(path, FILE_MAX, &b, e);

    *h = (struct headfile){ 0 };
    if (rc)
        e->code = ERR_MODEL;
    else
        rc = headfile_parse(h, b.p, b.n, path, e);
    buf_free(&b);
    return rc;
}

void
headfile_release(struct headfile *h)
{
    mem_free(h->label);
    mem_free(h->word);
    mem_free(h->bias);
    mem_free(h->weights);
    buf_free(&h->text);
    *h = (struct headfile){ 0 };
}

/* ---- writing ---- */

static void
put_name(struct buf *b, int member)
{
    buf_puts(b, member == FORMAT ? "{\"" : ",\n\"");
    buf_str(b, members[member].name);
    buf_puts(b, "\":");
}

static void
put_str(struct buf *b, int member, const char *s)
{
    put_name(b, member);
    jout_str(b, str_of(s));
}

static void
put_strs(struct buf *b, int member, const struct str *s, size_t n)
{
    put_name(b, member);
    for (size_t i = 0; i < n; i++) {
        buf_char(b, i ? ',' : '[');
        jout_str(b, s[i]);
    }
    buf_char(b, ']');
}

void
headfile_write(const struct headfile *h, struct str training, struct buf *b)
{
    put_str(b, FORMAT, "textmill-head");
    put_name(b, VERSION);
    buf_u64(b, HEADFILE_VERSION);
    if (h->word)
        put_str(b, KIND, "words");
    else {
        put_str(b, BASE, h->base);
        put_str(b, SHA, h->sha);
        put_str(b, PRECISION, h->precision);
    }
    put_strs(b, LABELS, h->label, h->n_label);
    buf_puts(b, ",\n\"training\":");
    buf_str(b, training);
    put_name(b, TEMPERATURE);
    jout_f32(b, h->temperature);
    put_name(b, BIAS);
    jout_f32s(b, h->bias, h->n_label);
    if (h->word)
        put_strs(b, WORDS, h->word, h->dim);
    put_name(b, WEIGHTS);
    for (size_t i = 0; i < h->n_label; i++) {
        buf_puts(b, i ? ",\n" : "[\n");
        jout_f32s(b, h->weights + i * h->dim, h->dim);
    }
    buf_puts(b, "]}\n");
}
