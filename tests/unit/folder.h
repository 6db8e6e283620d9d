/*
 * folder.h - a temporary folder for a test that needs files
 *
 *     struct folder f;
 *     folder_make(&f);
 *     folder_write(&f, "1_Pooling/config.json", text, n);
 *     folder_remove(&f);       what folder_write() made, and the folder
 */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define FOLDER_FILES 32

struct folder {
    char dir[64];
    int n;
    char file[FOLDER_FILES][192]; /* paths */
};

static inline void
folder_make(struct folder *f)
{
    *f = (struct folder){ .dir = "/tmp/textmill-test.XXXXXX" };
    if (mkdtemp(f->dir) == NULL) {
        perror(f->dir);
        exit(1);
    }
}

static inline void
folder_write(struct folder *f, const char *name, const void *p, size_t n)
{
    char path[sizeof f->file[0]];
    struct err e;
    char *slash;
    FILE *to;

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    memcpy(f->file[f->n++], path, sizeof path);
    slash = strrchr(path, '/');
    *slash = '\0';
    if (file_make_dirs(path, &e) == 0) {
        *slash = '/';
        /* No file_replace(), which waits for the disk. */
        if ((to = fopen(path, "wb")) && fwrite(p, 1, n, to) == n && fclose(to) == 0)
            return;
    }
    perror(path);
    exit(1);
}

static inline void
folder_puts(struct folder *f, const char *name, const char *text)
{
    folder_write(f, name, text, strlen(text));
}

static inline void
folder_remove(struct folder *f)
{
    for (; f->n > 0; f->n--) {
        char *path = f->file[f->n - 1];
        unlink(path);
        *strrchr(path, '/') = '\0';
        if (strcmp(path, f->dir) != 0)
            rmdir(path);
    }
    rmdir(f->dir);
}

#endif
