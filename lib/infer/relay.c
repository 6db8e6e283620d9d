/* relay.c - texts into another language by one model, or by two */
#include "infer/relay.h"

#include "base/mem.h"

struct relay {
    struct translator *leg[RELAY_LEGS];
    size_t n;
    struct already *already; /* NULL: translate all */
};

struct relay *
relay_open(const struct relay_opt *opt, struct err *e)
{
    struct relay *r = mem_zero(1, sizeof *r);

    if (opt->lid &&
        !(r->already = already_open(opt->lid, opt->leg[0].lang, opt->to, e))) {
        relay_close(r);
        return NULL;
    }
    for (; r->n < opt->n; r->n++) {
        struct translator_opt leg = opt->leg[r->n];

        if (r->n + 1 < opt->n)
            leg.n_best = 0;
        if ((r->leg[r->n] = translator_open(&leg, e)) == NULL) {
            relay_close(r);
            return NULL;
        }
    }
    return r;
}

void
relay_close(struct relay *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n; i++)
        translator_close(r->leg[i]);
    already_close(r->already);
    mem_free(r);
}

void
relay_work_release(struct relay_work *w)
{
    for (size_t i = 0; i < RELAY_LEGS; i++)
        translator_work_release(&w->leg[i]);
    already_work_release(&w->already);
    arena_release(&w->mem);
}

const struct translator *
relay_first(const struct relay *r)
{
    return r->leg[0];
}

/* The texts that are to be translated */
struct some {
    struct str *text;
    struct translator_info *info;
    struct relay_out **out; /* where what becomes of each is noted */
    size_t n;
};

static struct relay_out
as_it_is(struct str text, struct arena *mem)
{
    struct relay_out out = { .text = text, .already = 1 };

    out.info = (struct translator_info){ .score = 1.0, .n_best = 1 };
    out.info.best = arena_alloc(mem, sizeof *out.info.best);
    out.info.best[0] = (struct translator_best){ text, 0 };
    return out;
}

static struct some
pick(const struct relay *r, struct relay_work *w, const struct str *text, size_t n,
     struct relay_out *out)
{
    struct some s = { 0 };

    arena_reset(&w->mem);
    s.text = arena_alloc(&w->mem, mem_mul(n, sizeof *s.text));
    s.info = arena_alloc(&w->mem, mem_mul(n, sizeof *s.info));
    s.out = arena_alloc(&w->mem, mem_mul(n, sizeof *s.out));
    for (size_t i = 0; i < n; i++) {
        if (r->already && already_is(r->already, &w->already, text[i])) {
            out[i] = as_it_is(text[i], &w->mem);
            continue;
        }
        out[i] = (struct relay_out){ 0 };
        s.text[s.n] = text[i];
        s.out[s.n++] = &out[i];
    }
    return s;
}

/* The second leg; what is wrong there is wrong. */
static void
go_on(const struct relay *r, struct relay_work *w, struct some *s)
{
    struct translator_info *second =
        arena_alloc(&w->mem, mem_mul(s->n, sizeof *second));

    translator_run(r->leg[1], &w->leg[1], s->text, s->n, s->text, second);
    for (size_t i = 0; i < s->n; i++) {
        s->info[i].score *= second[i].score;
        s->info[i].best = second[i].best;
        s->info[i].n_best = second[i].n_best;
        if (s->info[i].code == ERR_NONE && second[i].code != ERR_NONE)
            s->info[i] = second[i];
    }
}

void
relay_run(const struct relay *r, struct relay_work *w, const struct str *text, size_t n,
          struct relay_out *out)
{
    struct some s = pick(r, w, text, n, out);

    translator_run(r->leg[0], &w->leg[0], s.text, s.n, s.text, s.info);
    if (r->n > 1)
        go_on(r, w, &s);
    for (size_t i = 0; i < s.n; i++) {
        s.out[i]->text = s.text[i];
        s.out[i]->info = s.info[i];
    }
}

void
relay_count(const struct relay *r, struct relay_work *w, const struct str *text,
            size_t n, struct relay_out *out)
{
    struct some s = pick(r, w, text, n, out);

    translator_count(r->leg[0], &w->leg[0], s.text, s.n, s.info);
    for (size_t i = 0; i < s.n; i++)
        s.out[i]->info = s.info[i];
}
