/* choices.c - the texts that an answer may be, as a tree of a model's tokens */
#include "infer/choices.h"

#include "base/mem.h"
#include "text/utf8.h"

struct maker {
    const struct choices_opt *opt;
    struct tokenizer_work token;
    struct labeltrie_label before; /* its tokens */
    struct buf joined;
    struct arena mem;
};

static int
encode(struct maker *m, struct str text, struct labeltrie_label *to, struct err *e)
{
    struct tokenizer_work *w = &m->token;

    if (utf8_valid(text.p, text.n) < text.n)
        return err_set(e, ERR_USAGE, "not UTF-8");
    if (tokenizer_encode(m->opt->lm->tokenizer, text, TOKENIZER_NO_SPECIAL, w, e))
        return -1;
    *to = (struct labeltrie_label){ arena_copy(&m->mem, w->id, w->n * sizeof *w->id),
                                    w->n };
    return 0;
}

/* The tokens of a text behind what stands before it */
static int
read_text(struct maker *m, struct str text, struct labeltrie_label *to, struct err *e)
{
    size_t n = m->before.n;

    if (n > 0) {
        m->joined.n = 0;
        buf_str(&m->joined, m->opt->before);
        buf_str(&m->joined, text);
        if (encode(m, buf_span(&m->joined), to, e))
            return -1;
        if (to->n > n && chat_common(to->id, n, m->before.id, n) == n) {
            to->id += n;
            to->n -= n;
            return 0;
        }
    }
    return encode(m, text, to, e);
}

/* Texts end where their tokens do; only where one begins another, what ends them
 * belongs to them. */
static struct labeltrie *
join(const struct choices_opt *opt, const struct labeltrie_label *label, struct err *e)
{
    size_t n_end;
    const int32_t *ends = chat_ends(opt->lm->chat, &n_end);
    int32_t end = opt->end < 0 && n_end > 0 ? ends[0] : opt->end;
    struct err why;
    struct labeltrie *t = labeltrie_make(label, opt->n, -1, &why);

    if (t == NULL && end < 0)
        *e = why;
    return t || end < 0 ? t : labeltrie_make(label, opt->n, end, e);
}

struct labeltrie *
choices_make(const struct choices_opt *opt, struct err *e)
{
    struct maker m = { .opt = opt };
    struct labeltrie_label *label =
        arena_alloc(&m.mem, mem_mul(opt->n + 1, sizeof *label));
    struct labeltrie *t = NULL;
    int rc = opt->before.n > 0 ? encode(&m, opt->before, &m.before, e) : 0;

    for (size_t i = 0; i < opt->n && rc == 0; i++)
        rc = read_text(&m, opt->text[i], &label[i], e);
    if (rc == 0)
        t = join(opt, label, e);
    tokenizer_work_release(&m.token);
    buf_free(&m.joined);
    arena_release(&m.mem);
    return t;
}
