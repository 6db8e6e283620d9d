/* aboutsafet.c - safetensors without a folder around: tensors, and no more */
#include <string.h>

#include "infer/about.h"

int aboutsafet_bid(const char *path);
int aboutsafet_open(struct about *in, const char *path, struct err *e);

int
aboutsafet_bid(const char *path)
{
    return strstr(path, ".safetensors") != NULL; /* the index of shards, too */
}

int
aboutsafet_open(struct about *in, const char *path, struct err *e)
{
    struct weights *w = weights_open(path, e);

    if (w == NULL)
        return -1;
    about_say(in, "format", STR("safetensors"));
    about_take(in, w, NULL);
    return 0;
}
