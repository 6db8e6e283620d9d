/* dirlist.c - files of a folder by how their names begin and end */
#include "base/dirlist.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

static int
fits(const char *name, const char *begin, const char *end)
{
    size_t b = strlen(begin);

    return *name != '.' && strncmp(name, begin, b) == 0 &&
           str_ends(str_of(name + b), end);
}

int
dirlist_find(const char *dir, const char *begin, const char *end, char *path,
             size_t cap)
{
    char first[NAME_MAX + 1] = "";
    const struct dirent *entry;
    DIR *d = opendir(dir);
    int n = 0;

    if (d == NULL)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    while ((entry = readdir(d)) != NULL) {
        if (!fits(entry->d_name, begin, end) ||
            strlen(dir) + strlen(entry->d_name) + 2 > cap)
            continue;
        if (n++ == 0 || strcmp(entry->d_name, first) < 0)
            snprintf(first, sizeof first, "%s", entry->d_name);
    }
    closedir(d);
    if (n > 0)
        snprintf(path, cap, "%s/%s", dir, first);
    return n;
}

int
dirlist_is(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
dirlist_has(const char *path, const char *end)
{
    char file[PATH_MAX];

    return str_ends(str_of(path), end) ||
           dirlist_find(path, "", end, file, sizeof file) > 0;
}
