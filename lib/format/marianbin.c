/* marianbin.c - Marian's binary model files, as Bergamot and Firefox have them */
#include "format/marianbin.h"

#include <math.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"

#define HEADER   ((size_t)32) /* bytes of one */
#define MAX_DIMS 8
#define CONFIG   "special:model.yml"
#define SHOWN(s) (int)((s).n < 100 ? (s).n : 100), (s).p /* for %.*s */

struct marianbin {
    struct file file; /* empty: the bytes are the caller's */
    struct marianbin_tensor *tensor;
    size_t n;
    struct map *by_name;
};

static int
bad(const struct marianbin_tensor *t, struct err *e, const char *what)
{
    return err_set(e, ERR_MODEL, "tensor '%.*s': %s", SHOWN(t->name), what);
}

/* ---- the parts of the file, in their order ---- */

static int
read_names(struct marianbin *m, const unsigned char *header, struct bytes *r,
           struct err *e)
{
    for (size_t i = 0; i < m->n; i++) {
        struct marianbin_tensor *t = &m->tensor[i];
        uint64_t n = bytes_u64(header + i * HEADER);
        const char *name = (const char *)bytes_take(r, n);

        if (name == NULL || n == 0 || memchr(name, '\0', n) != name + n - 1)
            return err_set(e, ERR_MODEL, "the name of tensor %zu is cut or no name", i);
        t->name = (struct str){ name, (size_t)n - 1 };
        if (!map_put(m->by_name, t->name, (int32_t)i))
            return bad(t, e, "is there twice");
    }
    return 0;
}

static int
read_shape(struct marianbin_tensor *t, const unsigned char *header, struct bytes *r,
           struct err *e)
{
    uint64_t n = bytes_u64(header + 16);
    const unsigned char *dim;

    if (n == 0 || n > MAX_DIMS || (dim = bytes_take(r, 4 * n)) == NULL)
        return bad(t, e, "its shape is cut, or not of 1 to 8 dimensions");
    t->rows = 1;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t v = bytes_u32(dim + 4 * i);

        if (v == 0 || v > INT32_MAX)
            return bad(t, e, "a dimension is not more than 0");
        t->rows = i ? mem_mul(t->rows, t->cols) : 1;
        t->cols = v;
    }
    if (mem_mul(t->rows, t->cols) == SIZE_MAX)
        return bad(t, e, "its shape overflows");
    return 0;
}

static int
read_type(struct marianbin_tensor *t, uint64_t type, struct err *e)
{
    switch (type) {
    case 0x404: t->type = MARIANBIN_F32; return 0;
    case 0x101: t->type = MARIANBIN_BYTES; return 0;
    case 0x4101: t->type = MARIANBIN_I8; return 0;
    default: return bad(t, e, "its type is not supported");
    }
}

static int
read_data(struct marianbin_tensor *t, uint64_t bytes, struct bytes *r, struct err *e)
{
    size_t count = mem_mul(t->rows, t->cols), need = count;

    if (t->type == MARIANBIN_F32)
        need = mem_mul(count, 4);
    else if (t->type == MARIANBIN_I8)
        need = mem_add(count, 4);
    if ((t->data = bytes_take(r, bytes)) == NULL)
        return bad(t, e, "its data are beyond the end of the file");
    if (need > bytes)
        return bad(t, e, "its data are shorter than its shape");
    if (t->type == MARIANBIN_I8) {
        t->multiplier = bytes_f32(t->data + count);
        if (!isfinite(t->multiplier) || t->multiplier == 0.0f)
            return bad(t, e, "its multiplier is no finite number, or 0");
    }
    return 0;
}

static int
read_all(struct marianbin *m, struct bytes r, struct err *e)
{
    const unsigned char *head = bytes_take(&r, 16), *header;
    uint64_t n;
    size_t i;

    if (head == NULL || bytes_u64(head) != 1)
        return err_set(e, ERR_MODEL, "not a Marian model of version 1");
    n = bytes_u64(head + 8);
    if (n > r.n / HEADER)
        return err_set(e, ERR_MODEL, "cut: more tensors than there is room for");
    m->n = (size_t)n;
    header = bytes_take(&r, n * HEADER);
    m->tensor = mem_zero(m->n + 1, sizeof *m->tensor);
    m->by_name = map_new(m->n);
    if (read_names(m, header, &r, e))
        return -1;
    for (i = 0; i < m->n; i++)
        if (read_type(&m->tensor[i], bytes_u64(header + i * HEADER + 8), e) ||
            read_shape(&m->tensor[i], header + i * HEADER, &r, e))
            return -1;
    if ((head = bytes_take(&r, 8)) == NULL || bytes_take(&r, bytes_u64(head)) == NULL)
        return err_set(e, ERR_MODEL, "cut before the data");
    for (i = 0; i < m->n; i++)
        if (read_data(&m->tensor[i], bytes_u64(header + i * HEADER + 24), &r, e))
            return -1;
    return r.n ? err_set(e, ERR_MODEL, "%zu bytes behind the last tensor", r.n) : 0;
}

/* ---- open ---- */

struct marianbin *
marianbin_parse(const void *p, size_t n, struct err *e)
{
    struct marianbin *m = mem_zero(1, sizeof *m);

    if (read_all(m, (struct bytes){ p, n }, e) == 0)
        return m;
    marianbin_close(m);
    return NULL;
}

struct marianbin *
marianbin_open(const char *path, struct err *e)
{
    struct marianbin *m;
    struct file f;

    if (file_map(&f, path, e)) {
        e->code = ERR_MODEL;
        return NULL;
    }
    if ((m = marianbin_parse(f.p, f.n, e)) == NULL) {
        file_unmap(&f);
        err_wrap(e, "%s", path);
        return NULL;
    }
    m->file = f;
    return m;
}

void
marianbin_close(struct marianbin *m)
{
    if (m == NULL)
        return;
    if (m->file.p)
        file_unmap(&m->file);
    mem_free(m->tensor);
    map_free(m->by_name);
    mem_free(m);
}

/* ---- look up ---- */

size_t
marianbin_count(const struct marianbin *m)
{
    return m->n;
}

const struct marianbin_tensor *
marianbin_at(const struct marianbin *m, size_t i)
{
    return &m->tensor[i];
}

const struct marianbin_tensor *
marianbin_find(const struct marianbin *m, const char *name)
{
    int32_t i = map_find(m->by_name, str_of(name), -1);

    return i < 0 ? NULL : &m->tensor[i];
}

const struct marianbin_tensor *
marianbin_get(const struct marianbin *m, const char *name, size_t rows, size_t cols,
              struct err *e)
{
    const struct marianbin_tensor *t = marianbin_find(m, name);

    if (t == NULL) {
        err_set(e, ERR_MODEL, "no tensor '%s'", name);
    } else if (t->type == MARIANBIN_BYTES) {
        bad(t, e, "it holds no numbers");
    } else if (t->rows != rows || t->cols != cols) {
        err_set(e, ERR_MODEL, "tensor '%s' is %zu x %zu, must be %zu x %zu", name,
                t->rows, t->cols, rows, cols);
    } else {
        return t;
    }
    return NULL;
}

/* n elements from the element `at` on, `step` apart. */
static void
read(const struct marianbin_tensor *t, size_t at, size_t step, size_t n, float *out)
{
    if (t->type == MARIANBIN_F32)
        for (size_t i = 0; i < n; i++)
            out[i] = bytes_f32(t->data + 4 * (at + i * step));
    else
        for (size_t i = 0; i < n; i++)
            out[i] = (float)(int8_t)t->data[at + i * step] / t->multiplier;
}

void
marianbin_row(const struct marianbin_tensor *t, size_t i, float *out)
{
    read(t, i * t->cols, 1, t->cols, out);
}

void
marianbin_output(const struct marianbin_tensor *t, size_t i, float *out)
{
    if (t->type == MARIANBIN_I8)
        read(t, i * t->rows, 1, t->rows, out);
    else
        read(t, i, t->cols, t->rows, out);
}

float
marianbin_step(const struct marianbin_tensor *t)
{
    return t->type == MARIANBIN_I8 ? fabsf(1.0f / t->multiplier) : 0.0f;
}

struct str
marianbin_config(const struct marianbin *m)
{
    const struct marianbin_tensor *t = marianbin_find(m, CONFIG);
    struct str s = { NULL, 0 };

    if (t && t->type == MARIANBIN_BYTES)
        s = (struct str){ (const char *)t->data, t->rows * t->cols };
    while (s.n > 0 && s.p[s.n - 1] == '\0')
        s.n--;
    return s;
}

int
marianbin_sha(const struct marianbin *m, int compute, char hex[SHA_HEX])
{
    if (m->file.p == NULL)
        return 0;
    if (!compute)
        return sha_known(&m->file, hex);
    sha_mapped(&m->file, hex);
    return 1;
}

void
marianbin_let_go(const struct marianbin *m)
{
    if (m->file.p)
        mem_let_go(m->file.p, m->file.n);
}
