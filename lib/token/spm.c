/* spm.c - SentencePiece model files: pieces, their scores, and what is done to text */
#include "token/spm.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/utf8.h"

#define MAX_PIECES ((size_t)1 << 24)

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* A message that is read field by field, and the field that was read last. */
struct message {
    struct bytes rest;
    const char *what; /* for errors */
    struct err *e;

    uint32_t field;
    enum wire wire;
    uint64_t number;  /* VARINT, FIXED32, FIXED64 */
    struct str bytes; /* BYTES */
};

static int
bad(const struct message *m, const char *why)
{
    return err_set(m->e, ERR_MODEL, "%s: %s", m->what, why);
}

static int
read_varint(struct message *m, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = bytes_take(&m->rest, 1);

        if (byte == NULL)
            return bad(m, "cut inside a number");
        if (shift == 63 && *byte > 1)
            break;
        *v |= (uint64_t)(*byte & 0x7F) << shift;
        if (*byte < 0x80)
            return 0;
    }
    return bad(m, "a number of more than 64 bits");
}

static int
read_fixed(struct message *m, size_t size)
{
    const unsigned char *p = bytes_take(&m->rest, size);

    if (p == NULL)
        return bad(m, "cut inside a number");
    m->number = bytes_number(p, size);
    return 0;
}

static int
read_bytes(struct message *m)
{
    uint64_t n;
    const char *p;

    if (read_varint(m, &n))
        return -1;
    if ((p = (const char *)bytes_take(&m->rest, n)) == NULL)
        return bad(m, "a length that goes beyond its end");
    m->bytes = (struct str){ p, (size_t)n };
    return 0;
}

/* The next field: 1, 0 at the end, -1. */
static int
next_field(struct message *m)
{
    uint64_t key;
    int rc;

    if (m->rest.n == 0)
        return 0;
    if (read_varint(m, &key))
        return -1;
    if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        return bad(m, "a field number that cannot be");
    m->field = (uint32_t)(key >> 3);
    m->wire = (enum wire)(key & 7);
    switch (m->wire) {
    case VARINT: rc = read_varint(m, &m->number); break;
    case FIXED64: rc = read_fixed(m, 8); break;
    case BYTES: rc = read_bytes(m); break;
    case FIXED32: rc = read_fixed(m, 4); break;
    default: return bad(m, "a field of a kind that is not in the format");
    }
    return rc ? -1 : 1;
}

/* The field just read must be of this kind; 0 or -1. */
static int
expect(const struct message *m, enum wire wire)
{
    return m->wire == wire ? 0 : bad(m, "a field of another kind than it must be");
}

static int
get_flag(const struct message *m, int *v)
{
    *v = m->number != 0;
    return expect(m, VARINT);
}

static int
get_str(const struct message *m, struct str *v)
{
    *v = m->bytes;
    return expect(m, BYTES);
}

/* The message in the field just read. */
static int
enter(const struct message *m, struct message *in, const char *what)
{
    if (expect(m, BYTES))
        return -1;
    *in = (struct message){
        .rest = { (const unsigned char *)m->bytes.p, m->bytes.n },
        .what = what,
        .e = m->e,
    };
    return 0;
}

static int
get_score(const struct message *m, float *score)
{
    uint32_t bits = (uint32_t)m->number;

    if (expect(m, FIXED32))
        return -1;
    memcpy(score, &bits, sizeof bits);
    return isfinite(*score) ? 0 : bad(m, "a score that is no finite number");
}

static int
get_type(const struct message *m, enum spm_type *type)
{
    if (expect(m, VARINT))
        return -1;
    if (m->number < SPM_NORMAL || m->number > SPM_BYTE)
        return bad(m, "a type that is not known");
    *type = (enum spm_type)m->number;
    return 0;
}

static int
read_piece(const struct message *file, struct spm_piece *piece)
{
    struct message m;
    int more, rc = 0;

    *piece = (struct spm_piece){ .type = SPM_NORMAL };
    if (enter(file, &m, "a piece"))
        return -1;
    while (rc == 0 && (more = next_field(&m)) != 0) {
        if (more < 0)
            return -1;
        switch (m.field) {
        case 1: rc = get_str(&m, &piece->text); break;
        case 2: rc = get_score(&m, &piece->score); break;
        case 3: rc = get_type(&m, &piece->type); break;
        default: break;
        }
    }
    if (rc)
        return -1;
    if (piece->text.n == 0)
        return bad(&m, "it is empty");
    if (utf8_valid(piece->text.p, piece->text.n) < piece->text.n)
        return bad(&m, "it is not UTF-8");
    return 0;
}

static int
read_trainer(const struct message *file, struct spm *s)
{
    struct message m;
    int more, rc = enter(file, &m, "trainer_spec");

    while (rc == 0 && (more = next_field(&m)) != 0) {
        if (more < 0)
            return -1;
        switch (m.field) {
        case 3:
            if ((rc = expect(&m, VARINT)) == 0 && m.number - 1 >= SPM_CHAR)
                rc = bad(&m, "a model_type that is not known");
            s->model = (enum spm_model)m.number;
            break;
        case 24: rc = get_flag(&m, &s->rules.space_as_suffix); break;
        case 35: rc = get_flag(&m, &s->byte_fallback); break;
        case 44: rc = get_str(&m, &s->unk_surface); break;
        case 47: rc = get_str(&m, &s->eos_piece); break;
        default: break;
        }
    }
    return rc;
}

static int
read_rules(const struct message *file, struct spm_rules *r)
{
    struct message m;
    int more, rc = enter(file, &m, "normalizer_spec");

    while (rc == 0 && (more = next_field(&m)) != 0) {
        if (more < 0)
            return -1;
        switch (m.field) {
        case 2: rc = get_str(&m, &r->charsmap); break;
        case 3: rc = get_flag(&m, &r->dummy_prefix); break;
        case 4: rc = get_flag(&m, &r->remove_spaces); break;
        case 5: rc = get_flag(&m, &r->escape_spaces); break;
        default: break;
        }
    }
    return rc;
}

/* A map from characters that is used in decoding: none of the models has one. */
static int
refuse_denormalizer(const struct message *file)
{
    struct spm_rules r = { 0 };

    if (read_rules(file, &r))
        return -1;
    return r.charsmap.n ? bad(file, "a denormalizer is not supported") : 0;
}

/* Pieces are two bytes each at least, so the file bounds the array. */
static int
add_piece(struct spm *s, size_t *cap, const struct message *m)
{
    if (s->n_piece == MAX_PIECES)
        return bad(m, "too many pieces");
    if (s->n_piece == *cap) {
        *cap = *cap ? 2 * *cap : 1024;
        s->piece = mem_grow(s->piece, s->n_piece * sizeof *s->piece,
                            mem_mul(*cap, sizeof *s->piece));
    }
    return read_piece(m, &s->piece[s->n_piece++]);
}

static int
read_all(struct spm *s, struct message *m)
{
    size_t cap = 0;
    int more, rc = 0, seen[4] = { 0 };

    while (rc == 0 && (more = next_field(m)) != 0) {
        if (more < 0)
            return -1;
        switch (m->field) {
        case 1: rc = add_piece(s, &cap, m); break;
        case 2: rc = read_trainer(m, s); break;
        case 3: rc = read_rules(m, &s->rules); break;
        case 5: rc = refuse_denormalizer(m); break;
        default: break;
        }
        if (m->field < 4)
            seen[m->field] = 1;
    }
    /* Both are behind the pieces: a file that is cut between two has neither. */
    if (rc == 0 && !(seen[2] && seen[3]))
        return bad(m, "it ends before its trainer_spec or normalizer_spec");
    return rc;
}

/* Who is unk and who ends a sentence; and no piece may be there twice. */
static int
check_pieces(struct spm *s, struct err *e)
{
    struct map *seen = map_new(s->n_piece);
    int rc = 0;

    for (size_t i = 0; i < s->n_piece && rc == 0; i++) {
        const struct spm_piece *p = &s->piece[i];

        if (!map_put(seen, p->text, (int32_t)i))
            rc = err_set(e, ERR_MODEL, "piece %zu is there twice", i);
        else if (p->type == SPM_UNKNOWN && s->unk >= 0)
            rc = err_set(e, ERR_MODEL, "piece %zu: a second unknown one", i);
        else if (p->type == SPM_UNKNOWN)
            s->unk = (int32_t)i;
        else if (p->type == SPM_CONTROL && str_eq(p->text, s->eos_piece))
            s->eos = (int32_t)i;
    }
    map_free(seen);
    if (rc == 0 && s->unk < 0)
        rc = err_set(e, ERR_MODEL, "no piece stands for what is unknown");
    return rc;
}

int
spm_read(struct spm *s, const unsigned char *p, size_t n, struct err *e)
{
    struct message m = { .rest = { p, n }, .what = "model", .e = e };

    *s = (struct spm){
        .model = SPM_UNIGRAM,
        .unk = -1,
        .eos = -1,
        .eos_piece = STR("</s>"),
        .unk_surface = STR(" \xE2\x81\x87 "),
        .rules = { .dummy_prefix = 1, .remove_spaces = 1, .escape_spaces = 1 }
    };
    if (read_all(s, &m) == 0 && check_pieces(s, e) == 0)
        return 0;
    spm_release(s);
    return -1;
}

void
spm_release(struct spm *s)
{
    mem_free(s->piece);
    s->piece = NULL;
    s->n_piece = 0;
}
