/* sha.c - SHA-256, by libcrypto */
#include "base/sha.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Not by EVP_Digest(): OpenSSL 3.0 asks for memory there, and falls where there is
 * none. These functions cannot fail. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

#include "base/mem.h"

struct sha {
    SHA256_CTX ctx;
};

static void
end(struct sha *s, char hex[SHA_HEX])
{
    unsigned char md[SHA256_DIGEST_LENGTH];

    SHA256_Final(md, &s->ctx);
    for (unsigned i = 0; i < sizeof md; i++)
        snprintf(hex + 2 * i, 3, "%02x", md[i]);
}

void
sha_hex(const void *p, size_t n, char hex[SHA_HEX])
{
    struct sha s;

    SHA256_Init(&s.ctx);
    sha_add(&s, p, n);
    end(&s, hex);
}

struct sha *
sha_new(void)
{
    struct sha *s = mem_zero(1, sizeof *s);

    SHA256_Init(&s->ctx);
    return s;
}

void
sha_add(struct sha *s, const void *p, size_t n)
{
    if (n > 0)
        SHA256_Update(&s->ctx, p, n);
}

void
sha_end(struct sha *s, char hex[SHA_HEX])
{
    end(s, hex);
    mem_free(s);
}

static int
is_hex(const struct file *f)
{
    if (f->n != 64)
        return 0;
    for (size_t i = 0; i < 64; i++)
        if (f->p[i] == '\0' || !strchr("0123456789abcdef", f->p[i]))
            return 0;
    return 1;
}

/* The file that remembers f's; its folder ends at dir[n]. 0: there is no home. */
static size_t
entry_of(const struct file *f, char *path, size_t cap)
{
    size_t n;

    if (file_cache_dir("sha256", path, cap - 160))
        return 0;
    n = strlen(path);
    snprintf(path + n, cap - n, "/%llx-%llx-%zx-%llx.%09lld-%llx.%09lld", f->id.device,
             f->id.inode, f->n, f->id.written_s, f->id.written_ns, f->id.changed_s,
             f->id.changed_ns);
    return n;
}

int
sha_known(const struct file *f, char hex[SHA_HEX])
{
    char path[PATH_MAX];
    struct err ignored;
    struct file entry;
    int known;

    if (entry_of(f, path, sizeof path) == 0 || file_map_own(&entry, path, &ignored))
        return 0;
    known = is_hex(&entry);
    if (known)
        snprintf(hex, SHA_HEX, "%.64s", (const char *)entry.p);
    file_unmap(&entry);
    return known;
}

/* A file written just now may be written again within the same tick of its clock. */
static int
is_settled(const struct file *f)
{
    return time(NULL) - f->id.changed_s > 2;
}

void
sha_mapped(const struct file *f, char hex[SHA_HEX])
{
    char path[PATH_MAX];
    struct err ignored;
    size_t dir;

    if (sha_known(f, hex))
        return;
    sha_hex(f->p, f->n, hex);
    dir = is_settled(f) ? entry_of(f, path, sizeof path) : 0;
    if (dir == 0)
        return;
    path[dir] = '\0';
    if (file_make_dirs(path, &ignored) == 0) {
        path[dir] = '/';
        (void)file_replace(path, hex, 64, &ignored);
    }
}

int
sha_file(const char *path, char hex[SHA_HEX], struct err *e)
{
    struct file f;

    if (file_map(&f, path, e))
        return -1;
    sha_mapped(&f, hex);
    file_unmap(&f);
    return 0;
}
