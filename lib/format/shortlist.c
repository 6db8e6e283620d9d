/* shortlist.c - which words a translation may use, by the words of its source */
#include "format/shortlist.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"

#define MAGIC UINT64_C(0xF11A48D5013417F5)
#define HEAD  ((size_t)48)

struct shortlist {
    size_t frequent, n_source;
    size_t *offset; /* [n_source + 1] */
    int32_t *word;
};

/* The sizes in the head, compared with the file. */
static int
check_sizes(const unsigned char *p, size_t n, uint64_t n_offset, uint64_t n_word,
            struct err *e)
{
    if (n < HEAD || bytes_u64(p) != MAGIC)
        return err_set(e, ERR_MODEL, "not a shortlist");
    if (n_offset > (n - HEAD) / 8 || n_word > (n - HEAD - 8 * n_offset) / 4)
        return err_set(e, ERR_MODEL, "a shortlist that is cut");
    if (n - HEAD - 8 * n_offset - 4 * n_word > 0)
        return err_set(e, ERR_MODEL, "bytes behind a shortlist");
    return 0;
}

static int
read_offsets(struct shortlist *s, const unsigned char *p, size_t n_word, struct err *e)
{
    size_t last = 0;

    s->offset = mem_alloc(mem_mul(s->n_source + 1, sizeof *s->offset));
    for (size_t i = 0; i <= s->n_source; i++) {
        uint64_t v = bytes_u64(p + 8 * i);

        if (v < last || v > n_word)
            return err_set(e, ERR_MODEL, "shortlist: offset %zu does not rise", i);
        s->offset[i] = last = (size_t)v;
    }
    return 0;
}

static int
read_words(struct shortlist *s, const unsigned char *p, size_t n_word, size_t n_target,
           struct err *e)
{
    s->word = mem_alloc(mem_mul(n_word + 1, sizeof *s->word));
    for (size_t i = 0; i < n_word; i++) {
        uint64_t v = bytes_u32(p + 4 * i);

        if (v >= n_target || v > INT32_MAX)
            return err_set(e, ERR_MODEL, "shortlist: entry %zu is no word", i);
        s->word[i] = (int32_t)v;
    }
    return 0;
}

struct shortlist *
shortlist_parse(const void *bytes, size_t n, size_t n_source, size_t n_target,
                struct err *e)
{
    const unsigned char *p = bytes;
    uint64_t n_offset = n < HEAD ? 0 : bytes_u64(p + 32);
    uint64_t n_word = n < HEAD ? 0 : bytes_u64(p + 40);
    struct shortlist *s;

    if (check_sizes(p, n, n_offset, n_word, e))
        return NULL;
    if (n_offset == 0 || n_offset - 1 != n_source) {
        err_set(e, ERR_MODEL, "a shortlist for %llu words, the vocabulary has %zu",
                (unsigned long long)n_offset - 1, n_source);
        return NULL;
    }
    s = mem_zero(1, sizeof *s);
    s->n_source = n_source;
    s->frequent = n_target;
    if (bytes_u64(p + 16) < n_target)
        s->frequent = (size_t)bytes_u64(p + 16);
    if (read_offsets(s, p + HEAD, (size_t)n_word, e) == 0 &&
        read_words(s, p + HEAD + 8 * n_offset, (size_t)n_word, n_target, e) == 0)
        return s;
    shortlist_close(s);
    return NULL;
}

struct shortlist *
shortlist_open(const char *path, size_t n_source, size_t n_target, struct err *e)
{
    struct shortlist *s;
    struct file f;

    if (file_map(&f, path, e)) {
        e->code = ERR_MODEL;
        return NULL;
    }
    s = shortlist_parse(f.p, f.n, n_source, n_target, e);
    file_unmap(&f);
    if (s == NULL)
        err_wrap(e, "%s", path);
    return s;
}

void
shortlist_close(struct shortlist *s)
{
    if (s == NULL)
        return;
    mem_free(s->offset);
    mem_free(s->word);
    mem_free(s);
}

size_t
shortlist_frequent(const struct shortlist *s)
{
    return s->frequent;
}

struct shortlist_words
shortlist_get(const struct shortlist *s, int32_t source)
{
    size_t from = s->offset[source];

    return (struct shortlist_words){ s->word + from, s->offset[source + 1] - from };
}
