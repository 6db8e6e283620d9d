/*
 * test_quant.c - what the bytes of a block mean, as the package `gguf` has it
 *
 * tests/golden/quant.jsonl is made by make_quant.py, which says what its lines are.
 */
#include <math.h>

#include "base/mem.h"
#include "base/sha.h"
#include "jfloats.h"
#include "quant/quant.h"
#include "tap.h"

static int
find_type(const struct jfloats *j)
{
    struct buf name = { 0 };
    int i;

    jfloats_text(j, "type", &name);
    for (i = 0; i < QUANT_TYPES; i++)
        if (str_is((struct str){ name.p, name.n }, quant_name((enum quant_type)i)))
            break;
    buf_free(&name);
    return i;
}

/* A member that is a string of hexadecimal digits, as bytes; 0: there is none. */
static int
hex_member(const struct jfloats *j, const char *name, struct buf *b)
{
    struct json v = json_get(j->line, name);

    b->n = 0;
    for (size_t i = 1; i + 2 < v.n; i += 2) {
        char digits[3] = { v.p[i], v.p[i + 1], '\0' };
        buf_char(b, (char)strtoul(digits, NULL, 16));
    }
    return v.type == JSON_STRING;
}

static uint32_t
number(const struct jfloats *j, const char *name)
{
    int64_t v;

    if (!json_int(jfloats_member(j, name), 0, UINT32_MAX, &v))
        jfloats_die(name);
    return (uint32_t)v;
}

/* The generator of make_quant.py. */
static void
generate(const struct jfloats *j, struct buf *b)
{
    uint32_t seed = number(j, "seed"), n = number(j, "bytes");

    for (b->n = 0; n > 0; n--) {
        seed = seed * 1664525 + 1013904223;
        buf_char(b, (char)(seed >> 24));
    }
}

/* Floats of the blocks as bytes, all NaN the same. */
static void
floats_of(enum quant_type type, const struct buf *raw, struct buf *out)
{
    size_t block = quant_block(type), n = raw->n / quant_bytes(type, block) * block;
    float *f = mem_alloc(n * sizeof *f);
    unsigned char *odd = mem_alloc(raw->n + 1); /* any alignment must do */

    memcpy(odd + 1, raw->p, raw->n);
    quant_to_f32(type, odd + 1, f, n);
    out->n = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = 0x7FC00000;
        if (!isnan(f[i]))
            memcpy(&bits, &f[i], sizeof bits);
        for (int k = 0; k < 4; k++, bits >>= 8)
            buf_char(out, (char)(bits & 255));
    }
    mem_free(odd);
    mem_free(f);
}

/* Are these the floats of the line? */
static int
as_expected(const struct jfloats *j, const struct buf *got)
{
    struct buf want = { 0 };
    char hex[SHA_HEX];
    int ok;

    if (hex_member(j, "f32", &want))
        ok = want.n == got->n && memcmp(want.p, got->p, want.n) == 0;
    else {
        jfloats_text(j, "sha256", &want);
        sha_hex(got->p, got->n, hex);
        ok = str_is((struct str){ want.p, want.n }, hex);
    }
    buf_free(&want);
    return ok && got->n > 0;
}

static void
test_golden(int *seen)
{
    struct buf raw = { 0 }, got = { 0 };
    struct jfloats j;

    if (jfloats_open(&j, "tests/golden/quant.jsonl"))
        jfloats_die("is not there");
    for (int line = 1; jfloats_next(&j); line++) {
        int type = find_type(&j), seeded = !hex_member(&j, "block", &raw);
        if (seeded)
            generate(&j, &raw);
        if (type < QUANT_TYPES)
            floats_of((enum quant_type)type, &raw, &got);
        tap_ok(type < QUANT_TYPES && as_expected(&j, &got), "line %d: %s, %zu bytes",
               line, type < QUANT_TYPES ? quant_name((enum quant_type)type) : "?",
               raw.n);
        if (type < QUANT_TYPES)
            seen[type] |= seeded ? 2 : 1;
    }
    jfloats_close(&j);
    buf_free(&raw);
    buf_free(&got);
}

static void
test_sizes(void)
{
    tap_ok(quant_bytes(QUANT_Q4_K, 512) == 288 && quant_bytes(QUANT_F32, 3) == 12,
           "bytes of whole blocks");
    tap_ok(quant_bytes(QUANT_Q4_K, 511) == SIZE_MAX &&
               quant_bytes(QUANT_Q8_0, 31) == SIZE_MAX,
           "of parts of one: none");
    tap_ok(quant_bytes(QUANT_F32, SIZE_MAX / 2) == SIZE_MAX, "of too many: none");
}

int
main(void)
{
    int seen[QUANT_TYPES] = { 0 };

    test_golden(seen);
    for (int i = 0; i < QUANT_TYPES; i++)
        tap_ok(i == QUANT_F32 || seen[i] == 3, "%s: a few blocks and many",
               quant_name((enum quant_type)i));
    test_sizes();
    return tap_done();
}
