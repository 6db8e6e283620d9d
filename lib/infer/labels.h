/*
 * labels.h - labels as a user writes them: NAME or NAME=DESCRIPTION
 *
 *     struct labels l = { 0 };
 *     labels_add(&l, STR("login=somebody logs in"), &e);
 *     labels_read(&l, "labels.txt", &e);      one a line; blank lines and # comments
 *     use(l.label, l.n);
 *     labels_release(&l);
 *
 * White space around a name and a description does not count. All errors are ERR_USAGE.
 *
 * Owns: copies of the text.  Threads: one owner.
 */
#ifndef INFER_LABELS_H
#define INFER_LABELS_H

#include "infer/classifier.h"

struct labels {
    struct classifier_label *label;
    size_t n, cap;
    struct arena text;
};

int labels_add(struct labels *l, struct str spec, struct err *e);
int labels_read(struct labels *l, const char *path, struct err *e);
void labels_release(struct labels *l);

#endif
