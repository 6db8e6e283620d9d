/*
 * dirlist.h - files of a folder by how their names begin and end
 *
 *     char path[PATH_MAX];
 *     if (dirlist_find(dir, "model", ".bin", path, sizeof path) == 1) ...
 *
 * Threads: pure function.
 */
#ifndef BASE_DIRLIST_H
#define BASE_DIRLIST_H

#include <stddef.h>

/* How many files of dir have such a name (0, too, where there is no folder), and the
 * path of the first of them in the order of bytes. What does not count: a hidden file
 * (they copy the names of others), a path longer than cap. -1 with errno set: there is
 * a folder, but it cannot be read. */
int dirlist_find(const char *dir, const char *begin, const char *end, char *path,
                 size_t cap);

int dirlist_is(const char *path); /* 1: a folder */

/* 1: the path ends so, or it is a folder with a file that does. */
int dirlist_has(const char *path, const char *end);

#endif
