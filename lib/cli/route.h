/*
 * route.h - from one language to another: which models, one after the other
 *
 * -m names one model. Else --from and --to name the languages: their model is called
 * FROM-TO; where there is none, the way goes by English, FROM-en and then en-TO.
 * Without any of them: the catalogue's first model for the task.
 *
 *     struct route r;
 *     if (route_find(&want, "en", "pt", &r, &e) == 0)
 *         for (int i = 0; i < r.n; i++)
 *             open(r.leg[i].found.dir, r.leg[i].lang);
 *
 * Threads: start only.
 */
#ifndef CLI_ROUTE_H
#define CLI_ROUTE_H

#include "cli/modelopt.h"

#define ROUTE_LEGS 2

struct route_leg {
    struct modelopt_found found;
    char lang[16]; /* of the texts that go in, as far as names tell; or "" */
};

struct route {
    struct route_leg leg[ROUTE_LEGS];
    int n;
    char to[16]; /* the language at its end, as far as names tell; or "" */
};

/* ERR_USAGE: options that contradict each other, or no language's name; ERR_MODEL. */
int route_find(const struct modelopt *o, const char *from, const char *to,
               struct route *r, struct err *e);

#endif
