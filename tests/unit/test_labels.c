/* test_labels.c - NAME=DESCRIPTION, from words and from files */
#include "infer/labels.h"

#include <string.h>

#include "folder.h"
#include "tap.h"

static void
test_words(void)
{
    static const struct {
        const char *spec, *name, *description; /* name NULL: refused */
    } cases[] = {
        { "a", "a", "" },
        { "a=b", "a", "b" },
        { " a b = c d ", "a b", "c d" },
        { "a=b=c", "a", "b=c" },
        { "a=", "a", "" },
        { "\xc3\xa4=\xe6\x97\xa5", "\xc3\xa4", "\xe6\x97\xa5" },
        { "#a", "#a", "" },
        { "", NULL, "" },
        { "=b", NULL, "" },
        { " \t", NULL, "" },
        { "a\xff", NULL, "" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct labels l = { 0 };
        struct err e = { 0 };
        int rc = labels_add(&l, str_of(cases[i].spec), &e);
        if (cases[i].name)
            tap_ok(rc == 0 && l.n == 1 && str_is(l.label[0].name, cases[i].name) &&
                       str_is(l.label[0].description, cases[i].description),
                   "'%s'", cases[i].spec);
        else
            tap_ok(rc == -1 && l.n == 0 && e.code == ERR_USAGE, "%s", e.msg);
        labels_release(&l);
    }
}

static void
test_file(void)
{
    struct labels l = { 0 };
    struct folder f;
    struct err e = { 0 };
    char path[128];

    folder_make(&f);
    folder_puts(&f, "good", "# kinds\r\n\r\n  a = one \r\nb\n\n  # no\nc=three=3");
    folder_puts(&f, "bad", "a=1\n\n=2\n");
    snprintf(path, sizeof path, "%s/good", f.dir);
    tap_ok(labels_read(&l, path, &e) == 0 && l.n == 3 && str_is(l.label[0].name, "a") &&
               str_is(l.label[0].description, "one") && str_is(l.label[1].name, "b") &&
               str_is(l.label[2].description, "three=3"),
           "a file with comments, CRLF, blanks, no last newline");
    snprintf(path, sizeof path, "%s/bad", f.dir);
    tap_ok(labels_read(&l, path, &e) == -1 && e.code == ERR_USAGE &&
               strstr(e.msg, "bad:3: label"),
           "%s", e.msg);
    snprintf(path, sizeof path, "%s/none", f.dir);
    tap_ok(labels_read(&l, path, &e) == -1 && e.code == ERR_USAGE, "%s", e.msg);
    labels_release(&l);
    folder_remove(&f);
}

static void
test_many(void)
{
    struct labels l = { 0 };
    struct err e = { 0 };
    int rc = 0, i;

    for (i = 0; rc == 0 && i <= CLASSIFIER_LABELS; i++)
        rc = labels_add(&l, STR("x"), &e);
    tap_ok(rc == -1 && i == CLASSIFIER_LABELS + 1, "%s", e.msg);
    labels_release(&l);
}

int
main(void)
{
    test_words();
    test_file();
    test_many();
    return tap_done();
}
