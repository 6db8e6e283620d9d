/* test_examples.c - texts with labels: numbers, counts, the hash, too few */
#include "cli/examples.h"

#include "tap.h"

int
main(void)
{
    static const struct str row[] = { STR("t1"), STR("b"),  STR("t2"), STR("a"),
                                      STR("t3"), STR("ab"), STR("t1"), STR("b") };
    static const struct str other[] = { STR("t1b"), STR(""),   STR("t2"), STR("a"),
                                        STR("t3"),  STR("ab"), STR("t1"), STR("b") };
    struct examples x, y;
    struct err e = { 0 };

    tap_ok(examples_make(&x, row, 4, &e) == 0 && x.n == 4 && x.n_label == 3 &&
               str_is(x.name[0], "a") && str_is(x.name[1], "ab") &&
               str_is(x.name[2], "b"),
           "labels in the order of their bytes");
    tap_ok(x.label[0] == 2 && x.label[1] == 0 && x.label[2] == 1 && x.label[3] == 2 &&
               x.count[0] == 1 && x.count[2] == 2,
           "and each record has its number");
    tap_ok(x.print[0] == x.print[3] && x.print[0] != x.print[1],
           "the same text has the same print");
    tap_ok(examples_make(&y, other, 4, &e) == 0 && strcmp(x.sha, y.sha) != 0,
           "what is text and what is label matters to the hash");
    examples_release(&x);
    examples_release(&y);
    tap_ok(examples_make(&x, row, 1, &e) == -1 && e.code == ERR_INPUT, "%s", e.msg);
    tap_ok(examples_make(&x, row, 0, &e) == -1 && e.code == ERR_INPUT, "%s", e.msg);
    return tap_done();
}
