/* spawn.c - start a program in a process group of its own */
#define _GNU_SOURCE
#include "job/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

extern char **environ;

/* Is this NAME=value one of the variables that are set anew? */
static int
is_changed(const struct spawn *s, const char *var)
{
    for (size_t i = 0; s->env[i][0]; i++) {
        size_t n = strlen(s->env[i][0]);
        if (strncmp(var, s->env[i][0], n) == 0 && var[n] == '=')
            return 1;
    }
    return 0;
}

/* The strings behind one another in text, and pointers to them. */
static char **
make_env(const struct spawn *s, struct buf *text)
{
    size_t n = 0, at = 0, k = 0;
    char **env;

    for (char **v = environ; v && *v; v++)
        if (!is_changed(s, *v)) {
            buf_add(text, *v, strlen(*v) + 1);
            n++;
        }
    for (size_t i = 0; s->env[i][0]; i++)
        if (s->env[i][1]) {
            buf_printf(text, "%s=%s", s->env[i][0], s->env[i][1]);
            buf_char(text, '\0');
            n++;
        }
    env = mem_alloc((n + 1) * sizeof *env);
    for (; k < n; at += strlen(text->p + at) + 1)
        env[k++] = text->p + at;
    env[n] = NULL;
    return env;
}

static void
set_signals(posix_spawnattr_t *attr, int session)
{
    sigset_t none, defaults;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setsigdefault(attr, &defaults);
    posix_spawnattr_setpgroup(attr, 0);
    posix_spawnattr_setflags(
        attr, (short)(flags | (session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP)));
}

/* 0, or why not. */
static int
set_files(posix_spawn_file_actions_t *files, const struct spawn *s)
{
    int rc = 0;

    for (int i = 0; i < 4 && rc == 0; i++)
        if (s->fd[i] >= 0)
            rc = posix_spawn_file_actions_adddup2(files, s->fd[i],
                                                  i == 3 ? SPAWN_FD : i);
    return rc;
}

pid_t
spawn_start(const struct spawn *s, struct err *e)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    struct buf text = { 0 };
    char **env = make_env(s, &text);
    pid_t pid = -1;
    int rc;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    set_signals(&attr, s->session);
    rc = set_files(&files, s);
    if (rc == 0)
        rc = posix_spawnp(&pid, s->argv[0], &files, &attr,
                          (char *const *)(uintptr_t)s->argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    mem_free(env);
    buf_free(&text);
    return rc ? err_set(e, rc == ENOENT ? ERR_USAGE : ERR_LIMIT, "cannot run %s: %s",
                        s->argv[0], strerror(rc))
              : pid;
}

static int
as_shell(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
spawn_wait(pid_t pid)
{
    int status;
    pid_t rc;

    while ((rc = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    return rc == pid ? as_shell(status) : 255;
}

/* Look whether it has ended, without taking that from the system's table: until then
 * nobody else can have its number. */
static int
peek(pid_t pid, int flags)
{
    siginfo_t info = { 0 };
    int rc;

    while ((rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | flags)) < 0 &&
           errno == EINTR)
        ;
    return rc < 0 || info.si_pid == pid;
}

int
spawn_finish(pid_t pid)
{
    (void)peek(pid, 0);
    kill(-pid, SIGKILL);
    return spawn_wait(pid);
}

int
spawn_ended(pid_t pid)
{
    return peek(pid, WNOHANG);
}

int
spawn_pipe(int fd[2], struct err *e)
{
    if (pipe2(fd, O_CLOEXEC) == 0)
        return 0;
    fd[0] = fd[1] = -1;
    return err_set(e, ERR_LIMIT, "cannot make a pipe: %s", strerror(errno));
}

void
spawn_quote(struct buf *b, const char *word)
{
    buf_char(b, '\'');
    for (; *word; word++)
        if (*word == '\'')
            buf_puts(b, "'\\''");
        else
            buf_char(b, *word);
    buf_char(b, '\'');
}

void
spawn_own_path(void)
{
    const char *path = getenv("PATH");
    char dir[PATH_MAX];
    struct buf b = { 0 };

    file_program_dir(dir, sizeof dir);
    buf_printf(&b, "%s:%s", dir, path ? path : "/usr/bin:/bin");
    buf_char(&b, '\0');
    if (*dir)
        setenv("PATH", b.p, 1);
    buf_free(&b);
}
