/* route.c - from one language to another: which models, one after the other */
#include "cli/route.h"

#include <stdio.h>
#include <string.h>

#define PIVOT "en"

/* Small letters and digits, with - or _ between: pt, pt-br, zh_hant */
static int
check_name(const char *option, const char *name, struct err *e)
{
    size_t n = strlen(name);

    if (n < 2 || n > 12 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != n || name[0] == '-')
        return err_set(e, ERR_USAGE, "%s: '%.40s' is not the name of a language",
                       option, name);
    return 0;
}

/* The languages that a model's name begins with, where it looks so: en-pt, en-pt-x */
static void
guess_langs(struct route *r)
{
    const char *name = r->leg[0].found.name;
    size_t n = strcspn(name, "-"), k;

    if ((n != 2 && n != 3) || name[n] != '-')
        return;
    snprintf(r->leg[0].lang, sizeof r->leg[0].lang, "%.*s", (int)n, name);
    k = strcspn(name + n + 1, "-");
    if (k == 2 || k == 3)
        snprintf(r->to, sizeof r->to, "%.*s", (int)k, name + n + 1);
}

static int
add_leg(const struct modelopt *o, const char *from, const char *to, struct route *r,
        struct err *e)
{
    struct route_leg *leg = &r->leg[r->n];
    struct modelopt want = *o;
    char name[40];

    snprintf(name, sizeof name, "%s-%s", from, to);
    want.model = name;
    if (modelopt_find(&want, "translate", &leg->found, e))
        return -1;
    snprintf(leg->lang, sizeof leg->lang, "%s", from);
    r->n++;
    return 0;
}

static int
find_by_languages(const struct modelopt *o, const char *from, const char *to,
                  struct route *r, struct err *e)
{
    struct err direct;

    if (check_name("--from", from, e) || check_name("--to", to, e))
        return -1;
    if (strcmp(from, to) == 0)
        return err_set(e, ERR_USAGE, "--from and --to are both '%s'", from);
    snprintf(r->to, sizeof r->to, "%s", to);
    if (add_leg(o, from, to, r, e) == 0)
        return 0;
    direct = *e;
    if (strcmp(from, PIVOT) != 0 && strcmp(to, PIVOT) != 0 &&
        add_leg(o, from, PIVOT, r, e) == 0 && add_leg(o, PIVOT, to, r, e) == 0)
        return 0;
    *e = direct;
    return -1;
}

int
route_find(const struct modelopt *o, const char *from, const char *to, struct route *r,
           struct err *e)
{
    *r = (struct route){ 0 };
    if (o->model && (from || to))
        return err_set(e, ERR_USAGE, "either -m, or --from and --to");
    if (!from != !to)
        return err_set(e, ERR_USAGE, "--from and --to go together");
    if (from)
        return find_by_languages(o, from, to, r, e);
    if (modelopt_find(o, "translate", &r->leg[0].found, e))
        return -1;
    guess_langs(r);
    r->n = 1;
    return 0;
}
