/*
 * pulled.h - a model of the catalogue, where it has been pulled
 */
#ifndef TESTS_UNIT_PULLED_H
#define TESTS_UNIT_PULLED_H

#include <stdio.h>
#include <stdlib.h>

#include "base/dirlist.h"
#include "base/file.h"

static inline void
pulled_folder(const char *name, char *dir, size_t cap)
{
    const char *models = getenv("TEXTMILL_MODELS"), *home = getenv("HOME");

    if (models && models[0])
        snprintf(dir, cap, "%s/%s", models, name);
    else
        snprintf(dir, cap, "%s/.local/share/textmill/models/%s", home ? home : "",
                 name);
}

/* The folder $TEXTMILL_MODELS/name in dir; 0 where it is not there. */
static inline int
pulled(const char *name, char *dir, size_t cap)
{
    char config[4096];

    pulled_folder(name, dir, cap);
    snprintf(config, sizeof config, "%.4000s/config.json", dir);
    return file_exists(config);
}

/* The same for a model that is a GGUF file. */
static inline int
pulled_gguf(const char *name, char *dir, size_t cap)
{
    char file[4096];

    pulled_folder(name, dir, cap);
    return dirlist_find(dir, "", ".gguf", file, sizeof file) > 0;
}

#endif
