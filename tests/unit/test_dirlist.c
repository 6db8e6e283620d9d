/* test_dirlist.c - files of a folder by how their names begin and end */
#include <string.h>

#include "base/dirlist.h"
#include "folder.h"
#include "tap.h"

int
main(void)
{
    struct folder f;
    char path[200] = "untouched", want[200];

    folder_make(&f);
    tap_ok(dirlist_find(f.dir, "model", ".bin", path, sizeof path) == 0 &&
               strcmp(path, "untouched") == 0,
           "an empty folder");
    folder_puts(&f, "model.b.bin", "");
    folder_puts(&f, "model.a.bin", "");
    folder_puts(&f, "model.bin.old", "");
    folder_puts(&f, "amodel.bin", "");
    folder_puts(&f, "mode.bin", "");
    snprintf(want, sizeof want, "%s/model.a.bin", f.dir);
    tap_ok(dirlist_find(f.dir, "model", ".bin", path, sizeof path) == 2, "two");
    tap_ok(strcmp(path, want) == 0, "the first in the order of bytes");
    tap_ok(dirlist_find(f.dir, "amodel.", "bin", path, sizeof path) == 1,
           "beginning and end touch");
    tap_ok(dirlist_find(f.dir, "amodel.b", "bin", path, sizeof path) == 0,
           "but do not overlap");
    tap_ok(dirlist_find(f.dir, "model", ".bin", path, strlen(f.dir) + 5) == 0,
           "a path that is too long does not count");
    folder_puts(&f, ".model.bin", "");
    tap_ok(dirlist_find(f.dir, "", ".bin", path, sizeof path) == 4 &&
               dirlist_find(f.dir, ".model", ".bin", path, sizeof path) == 0,
           "hidden files do not count");
    tap_ok(dirlist_has(f.dir, ".bin") && !dirlist_has(f.dir, ".gguf") &&
               dirlist_has("./x.gguf", ".gguf") && !dirlist_has("./x.gguf", ".bin"),
           "in a folder, or the path itself");
    folder_remove(&f);
    tap_ok(dirlist_find(f.dir, "model", ".bin", path, sizeof path) == 0, "no folder");
    return tap_done();
}
