/* overlong.c - what is done with a text that is longer than the model takes */
#include "infer/overlong.h"

#include <string.h>

static const char *const names[OVERLONG_HOWS] = {
    [OVERLONG_NONE] = "none",         [OVERLONG_ERROR] = "error",
    [OVERLONG_TRUNCATE] = "truncate", [OVERLONG_CHUNK] = "chunk",
    [OVERLONG_SKIP] = "skip",
};

const char *
overlong_name(enum overlong how)
{
    return names[how];
}

enum overlong
overlong_find(const char *name)
{
    for (int i = OVERLONG_ERROR; i < OVERLONG_HOWS; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum overlong)i;
    return OVERLONG_NONE;
}

size_t
overlong_count(size_t n, size_t limit)
{
    return n == 0 ? 1 : (n - 1) / limit + 1;
}

struct overlong_chunk
overlong_cut(size_t n, size_t n_chunk, size_t i)
{
    size_t size = n / n_chunk, longer = n % n_chunk;

    return (struct overlong_chunk){ i * size + (i < longer ? i : longer),
                                    size + (i < longer) };
}
