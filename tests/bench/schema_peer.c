/*
 * schema_peer.c - values of a schema at random, for schema_peer.py to check
 *
 *     schema_peer TOKENIZER
 *
 * Reads commands, a line each, and answers each with a line, W with N of them:
 *     S SCHEMA         use this schema: "ok", or why not
 *     W N SEED LEFT    N values by random tokens of the masks, LEFT tokens at most;
 *                      0: byte by byte, without masks
 *     A TEXT           1: the text is a whole value, 0: it is not
 * At its end it says on stderr how many masks were asked for, and how long that took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "infer/masks.h"

struct peer {
    struct tokenizer *tokenizer;
    struct schema *schema;
    struct masks *masks;
    struct masks_walk walk;
    uint64_t seed;
    size_t asked, forced, taken;
    double seconds, slowest, taking;
};

static uint32_t
draw(struct peer *p, uint32_t n)
{
    p->seed = p->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((p->seed >> 33) % n);
}

static int32_t
draw_bit(struct peer *p, const uint64_t *bits, size_t n)
{
    size_t word = draw(p, (uint32_t)n);
    uint64_t b;

    while (bits[word] == 0)
        word = (word + 1) % n;
    b = bits[word];
    for (uint32_t skip = draw(p, 64) % (uint32_t)__builtin_popcountll(b); skip > 0;
         skip--)
        b &= b - 1;
    return (int32_t)(64 * word + (size_t)__builtin_ctzll(b));
}

/* Of some tokens at random one that ends a string, if there is one. */
static int32_t
draw_token(struct peer *p, const uint64_t *bits)
{
    int32_t id = 0;

    for (uint32_t n = 1 + draw(p, 64); n > 0; n--) {
        struct str piece;
        id = draw_bit(p, bits, masks_words(p->masks));
        piece = tokenizer_piece(p->tokenizer, id);
        if (memchr(piece.p, '"', piece.n))
            break;
    }
    return id;
}

/* Seconds of the processor: others may keep it busy. */
static double
spent(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
ask(struct peer *p, struct masks_next *next)
{
    double start = spent(), took;

    masks_next(p->masks, &p->walk, next);
    took = spent() - start;
    p->seconds += took;
    p->slowest = took > p->slowest ? took : p->slowest;
    p->asked++;
}

static void
walk_tokens(struct peer *p, size_t left)
{
    struct masks_next next;
    struct err e;

    if (left < masks_least(p->masks))
        left = masks_least(p->masks);
    if (masks_begin(p->masks, &p->walk, left, &e))
        abort();
    for (;;) {
        ask(p, &next);
        if (next.what == MASKS_DONE)
            break;
        if (next.what == MASKS_FORCED) {
            p->forced += next.n;
        } else if (next.may_end && draw(p, 3) == 0) {
            masks_end(&p->walk);
        } else {
            int32_t id = draw_token(p, next.bits);
            double start = spent();
            int rc = masks_take(p->masks, &p->walk, id);
            if (rc < 0)
                abort();
            p->taking += spent() - start;
            p->taken += (size_t)rc;
        }
    }
    printf("%.*s\n", (int)p->walk.text.n, p->walk.text.p);
}

/* Bytes of a mask of all bytes; sometimes it is closed in the middle. */
static void
walk_bytes(struct peer *p)
{
    struct schemawalk at, next, found;
    struct buf text = { 0 };

    schemawalk_begin(p->schema, &at);
    while (at.depth > 0 && draw(p, 500) > 0) {
        uint32_t n = 0;
        int byte = -1;
        if (schemawalk_may_end(p->schema, &at) && draw(p, 4) == 0)
            break;
        for (int c = 0; c < 256; c++) {
            schemawalk_copy(&next, &at);
            if (schemawalk_step(p->schema, &next, (unsigned char)c) &&
                draw(p, ++n) == 0) {
                byte = c;
                schemawalk_copy(&found, &next);
            }
        }
        if (byte < 0)
            break;
        buf_char(&text, (char)byte);
        schemawalk_copy(&at, &found);
    }
    if (!schemawalk_may_end(p->schema, &at))
        schemawalk_close(p->schema, &at, &text);
    printf("%.*s\n", (int)text.n, text.p);
    buf_free(&text);
}

static void
walks(struct peer *p, const char *line)
{
    unsigned long long n = 0, seed = 0, left = 0;

    if (p->schema == NULL || sscanf(line, "%llu %llu %llu", &n, &seed, &left) != 3)
        exit(2);
    p->seed = seed;
    for (; n > 0; n--)
        if (left > 0)
            walk_tokens(p, left);
        else
            walk_bytes(p);
}

static void
use(struct peer *p, const char *line, size_t n)
{
    struct err e;

    masks_close(p->masks);
    schema_free(p->schema);
    p->masks = NULL;
    p->schema = schema_parse(line, n, &e);
    if (p->schema && (p->masks = masks_open(p->schema, p->tokenizer, &e)) != NULL)
        puts("ok");
    else
        printf("%s\n", e.msg);
}

static void
accept_text(const struct peer *p, const char *line, size_t n)
{
    struct schemawalk at;

    schemawalk_begin(p->schema, &at);
    for (size_t i = 0; i < n; i++)
        if (!schemawalk_step(p->schema, &at, (unsigned char)line[i])) {
            puts("0");
            return;
        }
    puts(schemawalk_may_end(p->schema, &at) ? "1" : "0");
}

int
main(int argc, char **argv)
{
    struct peer p = { 0 };
    struct err e;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    if (argc != 2 || (p.tokenizer = tokenizer_open(argv[1], &e)) == NULL) {
        fprintf(stderr, "%s\n", argc == 2 ? e.msg : "usage: schema_peer TOKENIZER");
        return 2;
    }
    while ((n = getline(&line, &cap, stdin)) > 2) {
        switch (line[0]) {
        case 'S': use(&p, line + 2, (size_t)n - 3); break;
        case 'W': walks(&p, line + 2); break;
        case 'A': accept_text(&p, line + 2, (size_t)n - 3); break;
        default: return 2;
        }
        fflush(stdout);
    }
    fprintf(stderr,
            "%zu asked, mean %.1f us, slowest %.2f ms; %zu taken, mean %.1f us; %zu "
            "forced\n",
            p.asked, p.seconds / (double)(p.asked + 1) * 1e6, p.slowest * 1e3, p.taken,
            p.taking / (double)(p.taken + 1) * 1e6, p.forced);
    masks_walk_release(&p.walk);
    masks_close(p.masks);
    schema_free(p.schema);
    tokenizer_close(p.tokenizer);
    free(line);
    return 0;
}
