/* asked.c - the texts of a batch, as -p has them */
#include "cli/asked.h"

#include "base/mem.h"

int
asked_fill(const struct prompt *p, struct filter_batch *b, struct asked *q,
           struct err *e)
{
    size_t n = (size_t)b->n;
    struct prompt_text *filled = arena_alloc(b->arena, mem_mul(n, sizeof *filled));

    if (p && prompt_fill(p, b->worker, b->line, n, b->arena, filled, e))
        return -1;
    q->text = arena_alloc(b->arena, mem_mul(n, sizeof *q->text));
    q->which = arena_alloc(b->arena, mem_mul(n, sizeof *q->which));
    q->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (p && filled[i].e) {
            result_reject(b->result[i], filled[i].e->code, "%s", filled[i].e->msg);
            continue;
        }
        q->text[q->n] = p ? filled[i].text : b->text[i];
        q->which[q->n++] = i;
    }
    return 0;
}
