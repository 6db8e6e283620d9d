/* jobreport.c - OUT/report.md: what a job did */
#include "job/jobreport.h"

#include <stdio.h>
#include <string.h>

void
jobreport_init(struct jobreport *r, const struct manifest *m, double seconds)
{
    *r = (struct jobreport){ .m = m, .seconds = seconds };
}

void
jobreport_release(struct jobreport *r)
{
    tally_release(&r->sum);
}

void
jobreport_add(struct jobreport *r, size_t shard, const struct shardmark *mark)
{
    size_t at = r->n_slow;

    tally_add(&r->sum, &mark->tally);
    while (at > 0 && r->slow[at - 1].seconds < mark->tally.seconds)
        at--;
    if (at == JOBREPORT_SLOW)
        return;
    if (r->n_slow < JOBREPORT_SLOW)
        r->n_slow++;
    memmove(&r->slow[at + 1], &r->slow[at], (r->n_slow - 1 - at) * sizeof *r->slow);
    r->slow[at].shard = shard;
    r->slow[at].seconds = mark->tally.seconds;
    r->slow[at].lines = mark->tally.lines_in;
    r->slow[at].tries = mark->tally.tries;
    memcpy(r->slow[at].host, mark->host, sizeof mark->host);
}

int
jobreport_status(const struct jobreport *r)
{
    return r->sum.status || r->sum.poison > 0;
}

static void
write_tools(const struct jobreport *r, struct buf *b)
{
    if (r->sum.n_tool == 0)
        return;
    buf_puts(b, "\n| tool | in | blank | done | passed | kept | rejected | out |\n"
                "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->sum.n_tool; i++) {
        const struct tally_tool *t = &r->sum.tool[i];
        const uint64_t n[] = { t->in,   t->blank,    t->done, t->passed,
                               t->kept, t->rejected, t->out };
        buf_printf(b, "| %s |", t->name);
        for (size_t k = 0; k < sizeof n / sizeof *n; k++)
            buf_printf(b, " %llu |", (unsigned long long)n[k]);
        buf_puts(b, "\n");
    }
}

static void
write_rejects(const struct jobreport *r, struct buf *b)
{
    const char *head = "\n| bad records, by | code | how many |\n|---|---|---|\n";

    for (size_t i = 0; i < r->sum.n_tool; i++)
        for (int k = 1; k < ERR_CODES; k++)
            if (r->sum.tool[i].by_code[k] > 0) {
                buf_printf(b, "%s| %s | %s | %llu |\n", head, r->sum.tool[i].name,
                           err_name((enum err_code)k),
                           (unsigned long long)r->sum.tool[i].by_code[k]);
                head = "";
            }
    if (r->sum.poison > 0)
        buf_printf(b, "%s| millrun | poison | %llu |\n", head,
                   (unsigned long long)r->sum.poison);
}

static void
write_slow(const struct jobreport *r, struct buf *b)
{
    buf_puts(b, "\n| slowest shards | seconds | lines | runs of the command | host |\n"
                "|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->n_slow; i++)
        buf_printf(b, "| %zu | %.1f | %llu | %llu | %s |\n", r->slow[i].shard,
                   r->slow[i].seconds, (unsigned long long)r->slow[i].lines,
                   (unsigned long long)r->slow[i].tries, r->slow[i].host);
}

int
jobreport_write(const struct jobreport *r, const struct jobdir *d, struct err *e)
{
    const struct tally *t = &r->sum;
    double busy = t->seconds > 0 ? t->seconds : 1e-9;
    char path[PATH_MAX];
    struct buf b = { 0 };
    int rc;

    buf_printf(&b, "# Job %.12s\n\n", r->m->id);
    buf_printf(&b, "    %s\n\n", r->m->command);
    buf_printf(&b,
               "%llu lines in, %llu out, %llu bad (%llu of them in quarantine.jsonl); "
               "%zu inputs, %zu shards, textmill %s.\n",
               (unsigned long long)t->lines_in, (unsigned long long)t->lines_out,
               (unsigned long long)tally_bad(t), (unsigned long long)t->poison,
               r->m->n_input, r->m->n_shard, r->m->version);
    buf_printf(
        &b,
        "The workers were busy for %.1f seconds: %.0f lines, %.2f MB a second of "
        "each. The last run took %.1f seconds.\n",
        t->seconds, (double)t->lines_in / busy, (double)t->bytes_in / busy / 1e6,
        r->seconds);
    write_tools(r, &b);
    write_rejects(r, &b);
    write_slow(r, &b);
    jobdir_path(d, "report.md", path);
    rc = jobdir_replace(path, b.p, b.n, e);
    buf_free(&b);
    return rc;
}
