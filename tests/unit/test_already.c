/* test_already.c - is a text already in the language it shall be translated into */
#include "infer/already.h"
#include "tap.h"

#define SMALL "tests/golden/fasttext/hs-kept.ftz" /* knows de, en, es, fr, pt */

static void
says(const struct already *a, const char *text, int want)
{
    struct already_work w = { 0 };

    tap_ok(already_is(a, &w, str_of(text)) == want, "'%s': %d", text, want);
    already_work_release(&w);
}

static void
try_pair(const char *from, const char *to)
{
    struct err e = { 0 };
    struct already *a = already_open(SMALL, from, to, &e);

    if (!tap_ok(a != NULL, "from '%s' to '%s' %s", from, to, e.msg))
        return;
    says(a, "o moinho e a roda", 1);
    says(a, "the miller and the wheel", 0);
    says(a, "", 0);
    says(a, "   ", 0);
    already_close(a);
}

int
main(void)
{
    struct err e = { 0 };

    try_pair("en", "pt");
    try_pair("en-gb", "pt_br");
    try_pair("", "pt");
    try_pair("xx", "pt");
    tap_ok(already_open(SMALL, "en", "zz", &e) == NULL && e.code == ERR_USAGE,
           "a language that it does not know: %s", e.msg);
    tap_ok(already_open("/nonesuch", "en", "pt", &e) == NULL, "no model: %s", e.msg);
    return tap_done();
}
