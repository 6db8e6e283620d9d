/*
 * map.h - from byte strings to numbers
 *
 * Open addressing, linear probing; made for vocabularies: filled once, read often.
 *
 *     struct map *m = map_new(30522);
 *     map_put(m, STR("the"), 1996);
 *     int32_t id = map_find(m, STR("the"), -1);
 *     map_free(m);
 *
 * Owns:    its table; the keys' bytes stay the caller's and must outlive the map.
 * Threads: constant once filled. A fixed hash (hash.h);
 *          a hostile vocabulary can only slow its own owner down.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct map;

struct map *map_new(size_t expect); /* grows beyond `expect` when it must */
void map_free(struct map *m);

/* 1 when the key is new; 0 when it was there: the old value stays. */
int map_put(struct map *m, struct str key, int32_t value);

int32_t map_find(const struct map *m, struct str key, int32_t none);
size_t map_count(const struct map *m);

#endif
