/* Spelling: how far a word is from the one that was meant. */
#ifndef SERVER_BASE_SPELLING_H
#define SERVER_BASE_SPELLING_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) between two texts: the optimal string
 * alignment distance. Texts of 64 bytes or more count as 64 apart. */
size_t spelling_distance(const char *a, const char *b);

/* How many slips make a text of this length still recognisable. */
size_t spelling_slips(const char *text);

#endif
