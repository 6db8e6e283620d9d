/* unigram.c - SentencePiece unigram: text to the likeliest pieces, and back */
#include "token/unigram.h"

#include <float.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/utf8.h"
#include "token/spmnorm.h"

#define MAX_FILE    ((size_t)1 << 26)
#define UNK_PENALTY 10.0f /* below the worst piece */

/* The pieces as a tree of bytes. An edge is found by its parent and its byte in a table
 * with open addressing; those of the root, by the byte alone. */
struct edge {
    uint32_t parent; /* 0: free, since the root's edges are elsewhere */
    uint32_t child;
    unsigned char byte;
};

struct unigram {
    struct buf file;
    struct spm spm;
    struct spmnorm norm;
    float unk_score;
    uint32_t root[256]; /* 0: no piece begins so */
    struct edge *edge;  /* [mask + 1] */
    size_t mask;
    int32_t *id; /* [n_node] the piece that ends at a node, -1: none */
    size_t n_node;
    int32_t byte[256]; /* pieces of bytes, where there is a fallback to them */
};

/* The best way to a place in the text. */
struct best {
    float score;
    int32_t id;
    uint32_t from; /* NOWHERE: no way yet */
};

#define NOWHERE UINT32_MAX

/* ---- the tree ---- */

static size_t
hash(uint32_t parent, unsigned char byte)
{
    uint64_t h = ((uint64_t)parent << 8 | byte) * 0x9E3779B97F4A7C15u;

    return (size_t)(h >> 32);
}

static struct edge *
find_edge(const struct unigram *u, uint32_t parent, unsigned char byte)
{
    size_t i = hash(parent, byte) & u->mask;

    while (u->edge[i].parent &&
           (u->edge[i].parent != parent || u->edge[i].byte != byte))
        i = (i + 1) & u->mask;
    return &u->edge[i];
}

/* The child by a byte; 0: there is none. */
static uint32_t
child(const struct unigram *u, uint32_t node, unsigned char byte)
{
    return node ? find_edge(u, node, byte)->child : u->root[byte];
}

static uint32_t
make_child(struct unigram *u, uint32_t node, unsigned char byte)
{
    uint32_t to = child(u, node, byte);

    if (to)
        return to;
    to = (uint32_t)u->n_node++;
    if (node)
        *find_edge(u, node, byte) = (struct edge){ node, to, byte };
    else
        u->root[byte] = to;
    return to;
}

static void
add_piece(struct unigram *u, int32_t id)
{
    struct str text = u->spm.piece[id].text;
    uint32_t node = 0;

    for (size_t i = 0; i < text.n; i++)
        node = make_child(u, node, (unsigned char)text.p[i]);
    u->id[node] = id;
}

/* All pieces that text may become. Each has a node for every byte at most. */
static int
grow_tree(struct unigram *u, struct err *e)
{
    const struct spm *s = &u->spm;
    size_t bytes = 1, slots = 64;

    for (size_t i = 0; i < s->n_piece; i++) {
        if (s->piece[i].text.n > UNIGRAM_PIECE)
            return err_set(e, ERR_MODEL, "piece %zu has more than %d bytes", i,
                           UNIGRAM_PIECE);
        bytes += s->piece[i].text.n;
    }
    while (slots < 2 * bytes)
        slots *= 2;
    u->mask = slots - 1;
    u->edge = mem_zero(slots, sizeof *u->edge);
    u->id = mem_alloc(mem_mul(bytes, sizeof *u->id));
    memset(u->id, 0xFF, bytes * sizeof *u->id);
    u->n_node = 1;
    for (size_t i = 0; i < s->n_piece; i++)
        if (s->piece[i].type == SPM_NORMAL)
            add_piece(u, (int32_t)i);
    return 0;
}

/* ---- open ---- */

/* <0x00> to <0xFF> */
static int
find_bytes(struct unigram *u, struct err *e)
{
    const struct spm *s = &u->spm;

    memset(u->byte, 0xFF, sizeof u->byte);
    for (size_t i = 0; i < s->n_piece; i++) {
        struct str t = s->piece[i].text;
        char name[8];
        unsigned v = 0;

        if (s->piece[i].type != SPM_BYTE)
            continue;
        if (t.n == 6 && strspn(t.p + 3, "0123456789ABCDEF") >= 2)
            sscanf(t.p + 3, "%2X", &v);
        snprintf(name, sizeof name, "<0x%02X>", v);
        if (!str_is(t, name))
            return err_set(e, ERR_MODEL, "piece %zu is the name of no byte", i);
        u->byte[v] = (int32_t)i;
    }
    for (int i = 0; s->byte_fallback && i < 256; i++)
        if (u->byte[i] < 0)
            return err_set(e, ERR_MODEL, "no piece for the byte %02X", (unsigned)i);
    return 0;
}

static void
find_unk_score(struct unigram *u)
{
    float min = FLT_MAX;

    for (size_t i = 0; i < u->spm.n_piece; i++)
        if (u->spm.piece[i].type == SPM_NORMAL && u->spm.piece[i].score < min)
            min = u->spm.piece[i].score;
    u->unk_score = min - UNK_PENALTY;
}

static int
set_up(struct unigram *u, struct err *e)
{
    if (spm_read(&u->spm, (const unsigned char *)u->file.p, u->file.n, e))
        return -1;
    if (u->spm.model != SPM_UNIGRAM)
        return err_set(e, ERR_MODEL, "model_type %d is not supported, only unigram",
                       (int)u->spm.model);
    if (spmnorm_init(&u->norm, &u->spm.rules, e) || find_bytes(u, e) || grow_tree(u, e))
        return -1;
    find_unk_score(u);
    return 0;
}

struct unigram *
unigram_parse(const void *p, size_t n, struct err *e)
{
    struct unigram *u = mem_zero(1, sizeof *u);

    buf_add(&u->file, p, n);
    /* So that a number's digits always end somewhere (find_bytes). */
    buf_char(&u->file, '\0');
    u->file.n--;
    if (set_up(u, e) == 0)
        return u;
    unigram_close(u);
    return NULL;
}

struct unigram *
unigram_open(const char *path, struct err *e)
{
    struct unigram *u = NULL;
    struct buf file = { 0 };

    if (file_read(path, MAX_FILE, &file, e))
        e->code = ERR_MODEL;
    else if ((u = unigram_parse(file.p, file.n, e)) == NULL)
        err_wrap(e, "%s", path);
    buf_free(&file);
    return u;
}

void
unigram_close(struct unigram *u)
{
    if (u == NULL)
        return;
    spm_release(&u->spm);
    spmnorm_release(&u->norm);
    mem_free(u->edge);
    mem_free(u->id);
    buf_free(&u->file);
    mem_free(u);
}

/* ---- encode ---- */

void
unigram_work_release(struct unigram_work *w)
{
    mem_free(w->id);
    mem_free(w->end);
    buf_free(&w->text);
    buf_free(&w->best);
    *w = (struct unigram_work){ 0 };
}

/* A way to a place by a piece; the first one of equal score stays. Which ones are equal
 * depends on the rounding: sums are floats, as in sentencepiece. */
static void
offer(struct best *to, float score, int32_t id, size_t from)
{
    if (to->from == NOWHERE || score > to->score)
        *to = (struct best){ score, id, (uint32_t)from };
}

/* All pieces that begin at `from`. 1: one of them is the character alone. */
static int
offer_pieces(const struct unigram *u, struct str text, size_t from, size_t one,
             struct best *best)
{
    float so_far = best[from].score;
    uint32_t node = 0;
    int covered = 0;

    for (size_t i = from; i < text.n; i++) {
        int32_t id;

        if ((node = child(u, node, (unsigned char)text.p[i])) == 0)
            break;
        if ((id = u->id[node]) < 0)
            continue;
        offer(&best[i + 1], u->spm.piece[id].score + so_far, id, from);
        covered |= i + 1 - from == one;
    }
    return covered;
}

/* best [n + 1], from the front to the back. */
static void
find_ways(const struct unigram *u, struct str text, struct best *best)
{
    for (size_t i = 0; i <= text.n; i++)
        best[i] = (struct best){ 0.0f, -1, NOWHERE };
    for (size_t from = 0, one; from < text.n; from += one) {
        one = (size_t)utf8_len(text.p + from, text.n - from);
        one = one ? one : 1;
        if (!offer_pieces(u, text, from, one, best))
            offer(&best[from + one], u->unk_score + best[from].score, u->spm.unk, from);
    }
}

static void
emit(struct unigram_work *w, int32_t id, size_t end)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 256;

        w->id = mem_grow(w->id, w->n * sizeof *w->id, mem_mul(cap, sizeof *w->id));
        w->end = mem_grow(w->end, w->n * sizeof *w->end, mem_mul(cap, sizeof *w->end));
        w->cap = cap;
    }
    w->id[w->n] = id;
    w->end[w->n++] = (uint32_t)end;
}

/* The way from its end to its beginning, turned round: `from` of a place becomes where
 * the piece that begins there ends. */
static void
turn(struct best *best, size_t n)
{
    uint32_t end = NOWHERE, at = (uint32_t)n;
    int32_t id = -1;

    for (;;) {
        struct best here = best[at];

        best[at].from = end;
        best[at].id = id;
        if (at == 0)
            return;
        end = at;
        id = here.id;
        at = here.from;
    }
}

static void
emit_way(const struct unigram *u, struct str text, const struct best *best,
         struct unigram_work *w)
{
    int32_t unk = u->spm.unk;

    for (size_t at = 0; at < text.n; at = best[at].from) {
        size_t end = best[at].from;

        if (best[at].id == unk && u->spm.byte_fallback)
            for (size_t i = at; i < end; i++)
                emit(w, u->byte[(unsigned char)text.p[i]], i + 1);
        else if (best[at].id == unk && w->n > 0 && w->id[w->n - 1] == unk)
            w->end[w->n - 1] = (uint32_t)end;
        else
            emit(w, best[at].id, end);
    }
}

int
unigram_encode(const struct unigram *u, struct str text, struct unigram_work *w,
               struct err *e)
{
    struct best *best;
    struct str s;

    w->n = w->text.n = w->best.n = 0;
    if (text.n > UNIGRAM_TEXT)
        return err_set(e, ERR_LIMIT, "a text of %zu bytes is too long", text.n);
    if (spmnorm_run(&u->norm, text, &w->text, e))
        return -1;
    s = (struct str){ w->text.p, w->text.n };
    best = (struct best *)(void *)buf_room(&w->best, mem_mul(s.n + 1, sizeof *best));
    find_ways(u, s, best);
    turn(best, s.n);
    emit_way(u, s, best, w);
    return 0;
}

/* ---- decode ---- */

/* A run of byte pieces; what is no UTF-8 becomes U+FFFD. Returns how many ids. */
static size_t
put_bytes(const struct unigram *u, const int32_t *id, size_t n, struct buf *out)
{
    struct buf b = { 0 };
    size_t i = 0;

    for (; i < n && u->spm.piece[id[i]].type == SPM_BYTE; i++) {
        unsigned v = 0;

        sscanf(u->spm.piece[id[i]].text.p + 3, "%2X", &v);
        buf_char(&b, (char)v);
    }
    utf8_repair(out, b.p, b.n);
    buf_free(&b);
    return i;
}

/* Spaces of the model become such; those before any text go, as they were added. */
static void
put_piece(const struct unigram *u, struct str piece, int first, struct buf *out)
{
    const struct spm_rules *r = &u->spm.rules;
    int added = first && (r->dummy_prefix || r->remove_spaces);
    const size_t n = sizeof SPMNORM_SPACE - 1;

    for (size_t i = 0; i < piece.n;) {
        if (piece.n - i < n || memcmp(piece.p + i, SPMNORM_SPACE, n) != 0) {
            buf_char(out, piece.p[i++]);
            added = 0;
            continue;
        }
        if (!added || i > 0)
            buf_char(out, ' ');
        i += n;
    }
}

int
unigram_decode(const struct unigram *u, const int32_t *id, size_t n, struct buf *out,
               struct err *e)
{
    size_t from = out->n;

    for (size_t i = 0; i < n; i++)
        if (id[i] < 0 || (size_t)id[i] >= u->spm.n_piece)
            return err_set(e, ERR_RANGE, "token %zu: no piece has the id %d", i,
                           (int)id[i]);
    for (size_t i = 0; i < n;) {
        const struct spm_piece *p = &u->spm.piece[id[i]];

        if (p->type == SPM_BYTE) {
            i += put_bytes(u, id + i, n - i, out);
            continue;
        }
        if (p->type == SPM_UNKNOWN)
            buf_str(out, u->spm.unk_surface);
        else if (p->type != SPM_CONTROL)
            put_piece(u, p->text, out->n == from, out);
        i++;
    }
    return 0;
}

size_t
unigram_size(const struct unigram *u)
{
    return u->spm.n_piece;
}

struct str
unigram_piece(const struct unigram *u, int32_t id)
{
    if (id < 0 || (size_t)id >= u->spm.n_piece)
        return (struct str){ NULL, 0 };
    return u->spm.piece[id].text;
}

int32_t
unigram_unk(const struct unigram *u)
{
    return u->spm.unk;
}

int32_t
unigram_eos(const struct unigram *u)
{
    return u->spm.eos;
}
