/*
 * wordlist.h - the words and pairs that are in enough of some texts
 *
 *     struct wordlist l;
 *     wordlist_make(&l, bag, n, &(struct wordlist_opt){ .min = 2, .max = 1 << 20 });
 *     l.word[i], map_find(l.number, word, -1) == i
 *     wordlist_release(&l);
 *
 * Owns: its lists; the words' bytes are the bags'.  Threads: constant once made.
 */
#ifndef TEXT_WORDLIST_H
#define TEXT_WORDLIST_H

#include "base/map.h"
#include "text/wordbag.h"

struct wordlist_opt {
    size_t min; /* texts that a word must be in, */
    size_t max; /* and more of them where there would be more words than this */
};

struct wordlist {
    struct str *word; /* [n]: in the order of their bytes */
    size_t n;
    size_t min;         /* texts that each is in, at least */
    struct map *number; /* word to index */
};

void wordlist_make(struct wordlist *l, const struct wordbag *bag, size_t n,
                   const struct wordlist_opt *opt);
void wordlist_release(struct wordlist *l);

#endif
