/* test_id2label.c - names of labels: as written, by number, refused */
#include "format/id2label.h"

#include "tap.h"

static int
read_text(struct id2label *l, const char *text, size_t n, struct err *e)
{
    struct config *c = config_parse(text, strlen(text), "config.json", e);
    int rc;

    *l = (struct id2label){ 0 };
    rc = c ? id2label_read(l, c, n, e) : -2;
    config_close(c);
    return rc;
}

static void
refused(const char *text, const char *word)
{
    struct err e = { 0 };
    struct id2label l;

    tap_ok(read_text(&l, text, 2, &e) == -1 && e.code == ERR_MODEL &&
               strstr(e.msg, word) && l.name == NULL && l.n == 0,
           "%s: %s", text, e.msg);
    id2label_release(&l);
}

int
main(void)
{
    struct err e = { 0 };
    struct id2label l;

    tap_ok(read_text(&l, "{\"id2label\":{\"1\":\"b\\u00e9\",\"0\":\"a\\u0000\"}}", 2,
                     &e) == 0 &&
               l.n == 2 && str_eq(l.name[0], STR("a\0")) &&
               str_is(l.name[1], "b\xC3\xA9"),
           "in any order, any characters%s", e.msg);
    id2label_release(&l);
    for (int i = 0; i < 2; i++) {
        tap_ok(read_text(&l, i ? "{\"id2label\":null}" : "{}", 12, &e) == 0 &&
                   str_is(l.name[11], "LABEL_11"),
               "none: numbers");
        id2label_release(&l);
    }
    refused("{\"id2label\":{\"0\":\"a\"}}", "1 labels, the weights have 2");
    refused("{\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}}", "'2' is not");
    refused("{\"id2label\":{\"0\":\"a\",\"0\":\"b\"}}", "there twice");
    refused("{\"id2label\":{\"0\":\"a\",\"1\":\"a\"}}", "two labels");
    refused("{\"id2label\":{\"0\":\"a\",\"01\":\"b\"}}", "'01'");
    refused("{\"id2label\":{\"0\":\"a\",\"-1\":\"b\"}}", "'-1'");
    refused("{\"id2label\":{\"0\":\"a\",\"\":\"b\"}}", "''");
    refused("{\"id2label\":{\"0\":\"a\",\"18446744073709551617\":\"b\"}}",
            "is not one");
    refused("{\"id2label\":{\"0\":\"a\",\"1\":\"\"}}", "empty");
    refused("{\"id2label\":{\"0\":\"a\",\"1\":null}}", "string");
    refused("{\"id2label\":{\"0\":\"a\",\"1\":\"\\udc00\"}}", "string");
    refused("{\"id2label\":[\"a\",\"b\"]}", "object");
    refused("{\"id2label\":{},\"id2label\":{}}", "twice");
    return tap_done();
}
