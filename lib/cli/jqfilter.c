/* jqfilter.c - jq programs over records, in helper processes */
#define _GNU_SOURCE
#include "cli/jqfilter.h"

#include <errno.h>
#include <fcntl.h>
#include <jq.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/jqsafe.h"

#define MAX_HELPERS 256

struct jqfilter {
    int n;
    pid_t pid; /* of the first helper, which forked the others */
    int fd[MAX_HELPERS];
};

/* What goes over the socket. Both ends are this program. */
struct request {
    uint32_t op, n;
    uint64_t bytes; /* of the records, behind n lengths */
};

struct reply_head {
    uint32_t status, n; /* n bytes of text follow all heads */
};

/* ---- both ends ---- */

static int
send_all(int fd, const void *p, size_t n)
{
    const char *at = p;

    while (n > 0) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return -1;
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

static int
recv_all(int fd, void *p, size_t n)
{
    char *at = p;

    while (n > 0) {
        ssize_t k = recv(fd, at, n, MSG_WAITALL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return -1;
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

/* ---- the helper ---- */

struct helper {
    int fd;
    jq_state *jq[2]; /* by operation; NULL: no program */
    struct buf in, heads, text;
};

static void
limit(int what, rlim_t n)
{
    struct rlimit r = { n, n };

    setrlimit(what, &r);
}

/* Address space now in use, so that the limit holds in every build (a sanitizer's
 * shadow is terabytes). */
static size_t
space_in_use(void)
{
    FILE *fp = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    if (fp == NULL)
        return 0;
    if (fscanf(fp, "%lu", &pages) != 1)
        pages = 0;
    fclose(fp);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Nothing is left but the sockets: no files, no terminal, no environment. */
static void
enter_sandbox(void)
{
    static const int quiet[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE };
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The group's Ctrl-C is for the filter, which still needs answers to finish. */
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
        signal(quiet[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2(null, fd);
    clearenv();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_AS, (rlim_t)(space_in_use() + JQ_MEMORY));
}

/* jq reports one message a time; the first is the one that matters. */
static void
on_message(void *arg, jv msg)
{
    struct buf *b = arg;

    if (b->n == 0 && jv_get_kind(msg) == JV_KIND_STRING)
        buf_add(b, jv_string_value(msg), (size_t)jv_string_length_bytes(jv_copy(msg)));
    jv_free(msg);
}

static void
drop_message(void *arg, jv msg)
{
    (void)arg;
    jv_free(msg);
}

static jq_state *
compile(const char *program, struct buf *why)
{
    jq_state *jq = jq_init();
    int ok;

    if (jq == NULL)
        return NULL;
    jq_set_error_cb(jq, on_message, why);
    ok = jq_compile(jq, program);
    jq_set_error_cb(jq, drop_message, NULL);
    if (!ok)
        jq_teardown(&jq);
    return jq;
}

static void
answer(struct helper *h, enum jq_status status, struct str text)
{
    struct reply_head head = { status, (uint32_t)text.n };

    buf_add(&h->heads, &head, sizeof head);
    buf_str(&h->text, text);
}

static void
answer_error(struct helper *h, jv bad, const char *fallback)
{
    jv msg = jv_invalid_get_msg(bad);

    if (jv_get_kind(msg) == JV_KIND_STRING)
        answer(h, JQ_TYPE, str_of(jv_string_value(msg)));
    else
        answer(h, JQ_TYPE, str_of(fallback));
    jv_free(msg);
}

static void
answer_value(struct helper *h, enum jq_op op, jv v)
{
    jv_kind kind = jv_get_kind(v);

    if (op == JQ_WHERE)
        answer(h, kind == JV_KIND_FALSE || kind == JV_KIND_NULL ? JQ_FALSE : JQ_TRUE,
               STR(""));
    else if (kind == JV_KIND_STRING)
        answer(h, JQ_TEXT,
               (struct str){ jv_string_value(v),
                             (size_t)jv_string_length_bytes(jv_copy(v)) });
    else
        answer(h, JQ_TYPE, str_of("the jq result is not a string"));
    jv_free(v);
}

static void
one_record(struct helper *h, enum jq_op op, const char *p, uint32_t n)
{
    jq_state *jq = h->jq[op];
    jv v = jv_parse_sized(p, (int)n), first, second;

    /* The scanner has accepted the record: what is left to fail is jq's depth. */
    if (!jv_is_valid(v)) {
        jv_free(v);
        answer(h, JQ_DEPTH, STR(""));
        return;
    }
    jq_start(jq, v, 0);
    first = jq_next(jq);
    if (!jv_is_valid(first)) {
        answer_error(h, first, "the jq program gave no result");
        return;
    }
    second = jq_next(jq);
    if (jv_is_valid(second)) {
        jv_free(first);
        answer(h, JQ_TYPE, STR("the jq program gave more than one result"));
    } else if (jv_invalid_has_msg(jv_copy(second))) {
        jv_free(first);
        answer_error(h, second, "");
        return;
    } else {
        answer_value(h, op, first);
    }
    jv_free(second);
}

static void
serve(struct helper *h)
{
    const struct itimerval cpu = { .it_value = { .tv_sec = JQ_SECONDS } };
    struct request r;

    while (recv_all(h->fd, &r, sizeof r) == 0) {
        size_t lengths = r.n * sizeof(uint32_t);
        const char *rec;
        h->in.n = h->heads.n = h->text.n = 0;
        if (recv_all(h->fd, buf_room(&h->in, lengths + r.bytes), lengths + r.bytes))
            break;
        rec = h->in.p + lengths;
        for (uint32_t i = 0; i < r.n; i++) {
            uint32_t n;
            memcpy(&n, h->in.p + i * sizeof n, sizeof n);
            setitimer(ITIMER_PROF, &cpu,
                      NULL); /* its end is SIGPROF's default: death */
            one_record(h, (enum jq_op)r.op, rec, n);
            rec += n;
        }
        if (send_all(h->fd, &(uint64_t){ h->text.n }, sizeof(uint64_t)) ||
            send_all(h->fd, h->heads.p, h->heads.n) ||
            send_all(h->fd, h->text.p, h->text.n))
            break;
    }
    _exit(0);
}

/* The first helper compiles, tells how it went, and forks the others, which share the
 * compiled programs. fd[i] is helper i's end of its socket. */
static _Noreturn void
helper_main(const char *const program[2], const int *fd, int n)
{
    struct helper h = { .fd = fd[0] };
    struct buf why = { 0 };
    uint32_t len = 0;

    enter_sandbox();
    for (int op = 0; op < 2 && len == 0; op++)
        if (program[op] && !(h.jq[op] = compile(program[op], &why))) {
            if (why.n == 0)
                buf_puts(&why, "jq cannot run the program");
            len = (uint32_t)why.n;
        }
    send_all(h.fd, &len, sizeof len);
    send_all(h.fd, why.p, len);
    if (len)
        _exit(1);
    for (int i = 1; i < n; i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            h.fd = fd[i];
            break;
        }
    for (int i = 0; i < n; i++)
        if (fd[i] != h.fd)
            close(fd[i]);
    limit(RLIMIT_NOFILE, 0);
    serve(&h);
    _exit(0);
}

/* ---- the filter's end ---- */

static int
handshake(struct jqfilter *q, struct err *e)
{
    uint32_t len;
    char why[240];
    int rc;

    if (recv_all(q->fd[0], &len, sizeof len))
        return err_set(e, ERR_LIMIT, "the jq helper ended at its start");
    if (len == 0)
        return 0;
    len = len < sizeof why - 1 ? len : (uint32_t)sizeof why - 1;
    rc = recv_all(q->fd[0], why, len);
    why[rc ? 0 : len] = '\0';
    why[strcspn(why, "\n")] = '\0';
    return err_set(e, ERR_USAGE, "%s", why);
}

struct jqfilter *
jqfilter_open(const char *where, const char *in, int n_helper, struct err *e)
{
    struct jqfilter *q = mem_zero(1, sizeof *q);
    const char *const program[2] = { [JQ_WHERE] = where, [JQ_IN] = in };
    int theirs[MAX_HELPERS];

    if ((where && jqsafe(where, e)) || (in && jqsafe(in, e))) {
        mem_free(q);
        return NULL;
    }
    for (; q->n < n_helper && q->n < MAX_HELPERS; q->n++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
            break;
        q->fd[q->n] = pair[0];
        theirs[q->n] = pair[1];
    }
    q->pid = q->n > 0 ? fork() : -1;
    if (q->pid == 0) {
        for (int i = 0; i < q->n; i++)
            close(q->fd[i]);
        helper_main(program, theirs, q->n);
    }
    for (int i = 0; i < q->n; i++)
        close(theirs[i]);
    if (q->pid < 0)
        err_set(e, ERR_LIMIT, "cannot start the jq helper: %s", strerror(errno));
    if (q->pid < 0 || handshake(q, e)) {
        jqfilter_close(q);
        return NULL;
    }
    return q;
}

void
jqfilter_close(struct jqfilter *q)
{
    if (q == NULL)
        return;
    for (int i = 0; i < q->n; i++)
        close(q->fd[i]);
    if (q->pid > 0)
        while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    mem_free(q);
}

static int
ask(int fd, enum jq_op op, const struct str *record, size_t n, struct buf *reply)
{
    struct request r = { .op = op, .n = (uint32_t)n };
    uint64_t text;

    reply->n = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t len = (uint32_t)record[i].n;
        buf_add(reply, &len, sizeof len);
        r.bytes += len;
    }
    for (size_t i = 0; i < n; i++)
        buf_str(reply, record[i]);
    if (send_all(fd, &r, sizeof r) || send_all(fd, reply->p, reply->n) ||
        recv_all(fd, &text, sizeof text))
        return -1;
    reply->n = n * sizeof(struct reply_head) + text;
    if (reply->n > reply->cap) {
        reply->n = 0;
        buf_room(reply, n * sizeof(struct reply_head) + text);
        reply->n = n * sizeof(struct reply_head) + text;
    }
    return recv_all(fd, reply->p, reply->n);
}

int
jqfilter_ask(struct jqfilter *q, int helper, enum jq_op op, const struct str *record,
             size_t n, struct buf *reply, struct jq_answer *out, struct err *e)
{
    const char *text;

    if (n == 0)
        return 0;
    if (ask(q->fd[helper % q->n], op, record, n, reply))
        return err_set(
            e, ERR_LIMIT,
            "the jq program was ended: more than %d seconds for a record, or "
            "more than %zu MiB",
            JQ_SECONDS, JQ_MEMORY >> 20);
    text = reply->p + n * sizeof(struct reply_head);
    for (size_t i = 0; i < n; i++) {
        struct reply_head head;
        memcpy(&head, reply->p + i * sizeof head, sizeof head);
        out[i] = (struct jq_answer){ (enum jq_status)head.status, { text, head.n } };
        text += head.n;
    }
    return 0;
}
