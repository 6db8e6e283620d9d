/* source.c - from files of any kind to records */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/charset.h"
#include "source/csv.h"
#include "source/gunzip.h"
#include "source/html.h"
#include "source/lines.h"
#include "source/mail.h"
#include "source/plain.h"
#include "source/unarc.h"
#include "source/unpack.h"
#include "source/warc.h"

/* What is unpacked in memory since it must be read from its end (7z in an archive). */
#define SEEK_MAX ((size_t)256 << 20)

/* An archive that is being walked. The one below it holds the member that it is. */
struct level {
    struct unarc *u;
    struct stream *in; /* owned */
    size_t name;       /* bytes of walk.name that are its own */
    int layer;
};

struct walk {
    const struct source_opt *opt;
    struct reader r;
    struct guard guard;
    struct level level[GUARD_LAYERS];
    int n_level;
    struct buf name;           /* of the member: outer!/inner */
    uint64_t n_text;           /* texts so far, for shards */
    struct stream_state state; /* of the file */
};

/* ---- texts ---- */

/* A text is left out when no pattern fits its own name (in the innermost archive). */
static int
is_wanted(const struct walk *w, size_t own)
{
    const char *name;

    if (w->opt->n_match == 0 || w->n_level == 0)
        return 1;
    name = w->name.p + own;
    for (int i = 0; i < w->opt->n_match; i++) {
        const char *glob = w->opt->match[i];
        if (fnmatch(glob, name, 0) == 0 || fnmatch(glob, w->name.p, 0) == 0)
            return 1;
    }
    return 0;
}

/* Shards: of members, or of a file's records. */
static int
is_ours(struct walk *w)
{
    const struct reader_opt *o = &w->r.opt;
    int one = w->opt->reader.list || w->n_level > 0;

    w->r.all_records = one;
    return !one || o->n_shard == 0 || w->n_text++ % o->n_shard == o->shard;
}

/* A mark says UTF-8 or what to convert from; else it is what the user declared. */
static int
convert_stream(struct walk *w, struct err *e)
{
    struct reader *r = &w->r;
    char name[CHARSET_NAME] = "";
    const char *p, *mark;
    size_t n = stream_peek(r->in, 4, 1, &p), skip;
    struct stream *s;

    mark = charset_mark((struct str){ p, n }, &skip);
    stream_skip(r->in, skip);
    r->from = skip;
    if (mark == NULL && r->opt.from_charset)
        mark = r->opt.from_charset;
    if (mark == NULL || *mark == '\0')
        return 0;
    memcpy(name, mark, strlen(mark) + 1);
    if (!(s = charset_stream(r->in, name, r->opt.replace, e)))
        return -1;
    r->in = s;
    return 0;
}

/* The K-th of N parts of a plain file, cut at lines: the lines that begin in it. */
static int
seek_to_part(struct walk *w, uint64_t *to, struct err *e)
{
    struct reader *r = &w->r;
    uint64_t n = r->opt.n_shard, size = w->guard.size, each = size / n, rest = size % n;
    uint64_t from = each * r->opt.shard + rest * r->opt.shard / n;
    const char *p;
    long got;

    *to = r->opt.shard + 1 == n
              ? UINT64_MAX
              : each * (r->opt.shard + 1) + rest * (r->opt.shard + 1) / n;
    r->all_records = r->no_line = 1;
    if (from <= r->from)
        return 0;
    if (stream_seek(r->in, (int64_t)from - 1, SEEK_SET) < 0)
        return err_set(e, ERR_INPUT, "cannot go to byte %llu",
                       (unsigned long long)from);
    while ((got = stream_take(r->in, &p, e)) > 0) {
        const char *nl = memchr(p, '\n', (size_t)got);
        if (nl == NULL)
            continue;
        /* The line behind this newline is the first of ours: give the rest back. */
        r->in->n = (size_t)(p + got - (nl + 1));
        r->in->p = nl + 1;
        r->in->at -= r->in->n;
        break;
    }
    r->from = r->in->at;
    return got < 0 ? -1 : 0;
}

static int
read_lines(struct walk *w, enum kind kind, struct err *e)
{
    struct reader *r = &w->r;
    struct stream *in = r->in;
    uint64_t to = UINT64_MAX;

    if (convert_stream(w, e))
        return -1;
    if (r->opt.n_shard && !r->all_records && r->in == in && in->seek &&
        seek_to_part(w, &to, e))
        return -1;
    return kind == KIND_JSONL ? lines_read_jsonl(r, to, e) : lines_read(r, to, e);
}

static int
read_text(struct walk *w, enum kind kind, struct err *e)
{
    struct reader *r = &w->r;

    if (r->opt.list)
        return plain_list(r, kind, e);
    switch (kind) {
    case KIND_JSONL: return read_lines(w, kind, e);
    case KIND_CSV:
    case KIND_TSV:
        return convert_stream(w, e) ? -1
                                    : csv_read(r, kind == KIND_CSV ? ',' : '\t', e);
    case KIND_WARC: return warc_read(r, e);
    case KIND_MBOX: return mail_read_mbox(r, e);
    case KIND_EML: return reader_wants(r) ? mail_read(r, e) : 0;
    case KIND_HTML: return reader_wants(r) ? html_read(r, e) : 0;
    default:
        if (r->opt.by_lines)
            return read_lines(w, KIND_TEXT, e);
        return reader_wants(r) ? plain_read(r, e) : 0;
    }
}

/* ---- telling ---- */

/* Damage of the file or member that the walk is at. -1: the run ends. */
static int
tell(struct walk *w, uint64_t offset, const struct err *why, struct err *e)
{
    e->code = ERR_NONE;
    if (w->r.ended || w->state.what != STREAM_FINE) {
        if (!w->r.ended)
            *e = w->state.e;
        return -1;
    }
    w->r.from = w->r.from_line = 0;
    return reader_bad(&w->r, 0, offset, STR(""), why);
}

/* ---- archives ---- */

static int
push(struct walk *w, struct stream *in, enum kind kind, int layer)
{
    struct level *l = &w->level[w->n_level++];

    *l = (struct level){ .in = in, .name = w->name.n, .layer = layer };
    l->u = unarc_open(in, kind, &w->guard, layer);
    return 0;
}

static void
pop(struct walk *w)
{
    struct level *l = &w->level[--w->n_level];

    unarc_close(l->u);
    stream_free(l->in);
}

/* 7z is read from its end: where the stream cannot go there, it is held in memory. */
static int
make_seekable(struct stream **in, enum kind kind, struct err *e)
{
    struct buf all = { 0 };

    if (kind != KIND_7Z || (*in)->seek)
        return 0;
    if (stream_all(*in, SEEK_MAX, &all, e)) {
        buf_free(&all);
        if (e->code == ERR_TOO_LONG)
            err_set(e, ERR_LIMIT,
                    "a 7z archive in another or from a pipe is held in "
                    "memory: it has more than %zu bytes",
                    SEEK_MAX);
        return -1;
    }
    stream_free(*in);
    *in = stream_memory(&all);
    return 0;
}

/* Take off what it was packed with. *in, *name and *layer change; the kind is what the
 * bytes tell, or KIND_NONE. -1 with e. */
static int
unpack(struct walk *w, struct stream **in, struct str *name, int *layer,
       enum kind *kind, struct err *e)
{
    const char *p;

    for (;;) {
        size_t n = stream_peek(*in, KIND_LOOK, 1, &p);
        enum kind promised = kind_promised(*name);
        *kind = kind_magic((struct str){ p, n });
        /* An empty member is what its archive says; an empty file may have been cut. */
        if (n == 0 && w->n_level > 0)
            promised = KIND_NONE;
        if (*kind == KIND_NONE && promised == KIND_TAR)
            *kind = KIND_TAR; /* of no member, or its first header is damaged */
        if (*kind == KIND_NONE && promised != KIND_NONE && !(*in)->failed)
            return err_set(e, ERR_INPUT, "its name says %s, its bytes do not",
                           kind_name(promised));
        if (!kind_is_packed(*kind))
            break;
        if (guard_layer(&w->guard, *layer, e))
            return -1;
        *in = *kind == KIND_GZIP ? gunzip_open(*in, &w->guard, *layer)
                                 : unpack_open(*in, *kind, &w->guard, *layer);
        *name = kind_unpacked(*name);
        ++*layer;
    }
    return kind_is_archive(*kind) ? guard_layer(&w->guard, *layer, e) : 0;
}

/* A file or a member: an archive is pushed, a text is read. `in` is taken. */
static int
open_thing(struct walk *w, struct stream *in, struct str name, size_t own, int layer,
           struct err *e)
{
    enum kind kind, type = w->opt->type;
    int rc = unpack(w, &in, &name, &layer, &kind, e);

    if (kind_is_archive(type)) { /* of what the user named, not of what is in it */
        if (w->n_level == 0 && kind == KIND_NONE)
            kind = type;
        type = KIND_NONE;
    }
    if (rc == 0 && kind_is_archive(kind) && (rc = make_seekable(&in, kind, e)) == 0)
        return push(w, in, kind, layer);
    if (rc == 0) {
        if (type != KIND_NONE)
            kind = type;
        else if (kind == KIND_NONE)
            kind = kind_suffix(name);
        w->r.in = in;
        if (!is_wanted(w, own))
            rc = reader_passed(&w->r);
        else if (is_ours(w))
            rc = read_text(w, kind, e);
        in = w->r.in;
    }
    stream_free(in);
    return rc;
}

static void
describe(struct walk *w, const struct unarc_member *m)
{
    struct reader *r = &w->r;
    const struct level *l = &w->level[w->n_level - 1];

    w->name.n = l->name;
    if (l->name > 0)
        buf_puts(&w->name, "!/");
    buf_str(&w->name, m->name);
    *buf_room(&w->name, 1) = '\0';
    r->in_archive = 1;
    r->member = buf_span(&w->name);
    r->member_offset = m->offset;
    r->mtime = m->mtime;
    r->has_mtime = m->has_mtime;
    reader_start(r);
}

static int
read_member(struct walk *w, const struct unarc_member *m, struct err *e)
{
    const struct level *l = &w->level[w->n_level - 1];
    size_t own = l->name > 0 ? l->name + 2 : 0;
    struct err why;

    if (m->name.n > w->guard.opt.max_name) {
        struct unarc_member cut = *m;
        cut.name.n = 64;
        describe(w, &cut);
        err_set(&why, ERR_LIMIT, "a name of %zu bytes (--max-name)", m->name.n);
        return tell(w, m->offset, &why, e);
    }
    describe(w, m);
    if (!m->is_file)
        return reader_passed(&w->r);
    if (open_thing(w, unarc_data(l->u), m->name, own, l->layer + 1, &why) ||
        w->state.what != STREAM_FINE)
        return tell(w, m->offset, &why, e);
    return 0;
}

/* The next member of the innermost archive. */
static int
step(struct walk *w, struct err *e)
{
    struct level *l = &w->level[w->n_level - 1];
    struct unarc_member m;
    struct err why;
    int rc = unarc_next(l->u, &m, &why);

    if (rc > 0)
        return read_member(w, &m, e);
    if (rc < 0) {
        describe(w, &m);
        if (tell(w, m.offset, &why, e))
            return -1;
    }
    if (unarc_over(l->u))
        pop(w);
    return 0;
}

/* ---- files ---- */

static int
open_file(struct walk *w, const char *name, struct err *e)
{
    struct reader *r = &w->r;
    struct stat st;
    int fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set(e, ERR_INPUT, "cannot open '%s': %s", name, strerror(errno));
    r->archive = fd == STDIN_FILENO ? "stdin" : name;
    r->member = STR("");
    r->member_offset = 0;
    r->in_archive = 0;
    r->has_mtime = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    r->mtime = r->has_mtime ? st.st_mtime : 0;
    reader_start(r);
    guard_reset(&w->guard, &w->opt->guard);
    w->state = (struct stream_state){ 0 };
    w->name.n = 0;
    return fd;
}

static int
read_file(struct walk *w, const char *name, struct err *e)
{
    int fd = open_file(w, name, e), rc = 0;
    struct stream_file f = { .fd = fd,
                             .stop_fd = w->opt->stop_fd,
                             .state = &w->state,
                             .pause = w->opt->pause,
                             .arg = w->opt->arg,
                             .name = w->r.archive,
                             .guard = &w->guard,
                             .read = w->opt->bytes_in };
    struct err why;

    if (fd < 0)
        return -1;
    if (open_thing(w, stream_file(&f), str_of(w->r.archive), 0, 0, &why) ||
        w->state.what != STREAM_FINE)
        rc = tell(w, 0, &why, e);
    while (rc == 0 && w->n_level > 0 && !w->guard.hit)
        rc = step(w, e);
    while (w->n_level > 0)
        pop(w);
    if (fd != STDIN_FILENO)
        close(fd);
    return rc;
}

int
source_charset(struct source_opt *opt, const char *declared)
{
    struct err ignored;
    struct buf none = { 0 };
    int known = charset_name(str_of(declared), 0, opt->charset) &&
                charset_convert(opt->charset, STR(""), 0, 0, &none, &ignored) == 0;

    buf_free(&none);
    opt->reader.from_charset = known ? opt->charset : NULL;
    return known;
}

int
source_run(const char *const *names, const struct source_opt *opt, struct err *e)
{
    struct walk w = { .opt = opt, .r = { .opt = opt->reader } };
    int rc = 0;

    for (int i = 0; names[i] && rc == 0; i++) {
        opt->file(opt->arg, i);
        rc = read_file(&w, names[i], e);
    }
    reader_release(&w.r);
    buf_free(&w.name);
    return rc;
}
