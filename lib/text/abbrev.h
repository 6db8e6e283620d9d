/*
 * abbrev.h - abbreviations, and words that begin sentences
 *
 * What is written before a full stop and what follows it decide whether a sentence ends
 * there (sents.h). All words here and there are in small letters, without the last
 * stop: "mr", "e.g", "z.b".
 *
 * Threads: pure functions.
 */
#ifndef TEXT_ABBREV_H
#define TEXT_ABBREV_H

#include "base/str.h"

#define ABBREV_MAX 24 /* bytes of the longest word that is known, or more */

enum abbrev_kind {
    ABBREV_NONE,
    ABBREV_BEFORE, /* stands before a word: "Dr." never ends a sentence */
    ABBREV_NUMBER, /* stands before a number: "No. 5" does not, "No. He" does */
    ABBREV_MAYBE,  /* stands anywhere: "Inc." ends one before a word that begins one */
    ABBREV_NAME,   /* has a mark that is part of it: "Yahoo!" */
};

/* lang: two letters and more, or NULL: those of all languages that are no words of
 * others. */
enum abbrev_kind abbrev_find(struct str word, const char *lang);

/* Is it a word that begins sentences far more often than it follows an abbreviation? */
int abbrev_starter(struct str word);

/* Does the language write "3." for "3rd"? */
int abbrev_ordinal(const char *lang);

/* The name of a month in a language that writes "3. Oktober"? */
int abbrev_month(struct str word);

#endif
