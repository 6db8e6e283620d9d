/* splice.c - a record with members added, every other byte as it was */
#include "json/splice.h"

#include <assert.h>

void
splice_begin(struct splice *s, struct str line, struct json object)
{
    s->line = line;
    s->object = object;
    s->n = 0;
}

static int
is_empty(struct json object)
{
    const char *p = object.p + 1;

    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
        p++;
    return *p == '}';
}

/* Keep the edits in the order of their places; those of one place in order of arrival.
 */
static void
insert(struct splice *s, struct splice_edit edit)
{
    int i = s->n++;

    assert(s->n <= SPLICE_MAX); /* a tool's member list is a constant */
    for (; i > 0 && s->edit[i - 1].at > edit.at; i--)
        s->edit[i] = s->edit[i - 1];
    s->edit[i] = edit;
}

void
splice_append_in(struct splice *s, struct json in, struct str name, struct str value)
{
    const char *brace = in.p + in.n - 1;
    int first = is_empty(in);

    for (int i = 0; first && i < s->n; i++)
        first = s->edit[i].at != brace || s->edit[i].cut > 0;
    insert(s, (struct splice_edit){
                  brace, 0, { first ? STR("") : STR(","), name, value } });
}

void
splice_append(struct splice *s, struct str name, struct str value)
{
    splice_append_in(s, s->object, name, value);
}

void
splice_replace(struct splice *s, struct json old, struct str value)
{
    insert(s, (struct splice_edit){ old.p, old.n, { value, STR(""), STR("") } });
}

/* Commas, brackets and short values are most of what is put: not worth a call. */
static inline char *
put(char *to, struct str s)
{
    if (s.n == 1)
        *to = *s.p;
    else if (s.n > 1)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

void
splice_end(struct splice *s, struct buf *out)
{
    const char *from = s->line.p;
    size_t most = s->line.n;
    char *to;

    for (int i = 0; i < s->n; i++)
        most += s->edit[i].add[0].n + s->edit[i].add[1].n + s->edit[i].add[2].n;
    to = buf_room(out, most);
    for (int i = 0; i < s->n; i++) {
        const struct splice_edit *e = &s->edit[i];
        to = put(to, (struct str){ from, (size_t)(e->at - from) });
        for (int k = 0; k < 3; k++)
            to = put(to, e->add[k]);
        from = e->at + e->cut;
    }
    to = put(to, (struct str){ from, (size_t)(s->line.p + s->line.n - from) });
    out->n = (size_t)(to - out->p);
}
