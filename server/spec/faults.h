/* The faults of a posted spec: each with a JSON pointer and a sentence. */
#ifndef SERVER_SPEC_FAULTS_H
#define SERVER_SPEC_FAULTS_H

#include <jansson.h>

enum { FAULTS_MAX = 20, FAULT_POINTER_BYTES = 256, FAULT_TEXT_BYTES = 512 };

struct fault {
    char pointer[FAULT_POINTER_BYTES]; /* RFC 6901; "" is the whole spec; valid UTF-8 */
    char detail[FAULT_TEXT_BYTES];     /* "got 0, expected 1 to 4096"; valid UTF-8 */
};

/* Starts zeroed. Beyond FAULTS_MAX only the count goes on. */
struct faults {
    int n_found;
    int no_memory; /* 1: an allocation failed, which is not the spec's fault */
    struct fault items[FAULTS_MAX];
};

/* Texts that do not fit are cut between characters. */
void faults_add(struct faults *faults, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The fault "out of memory" at the whole spec, once. */
void faults_add_memory(struct faults *faults);

/* How many of `items` are filled. */
int faults_n_kept(const struct faults *faults);

/* What a value is, for the "got ..." of a fault: `"adam"`, `-1`, `a list of 3`; long texts are
 * cut. */
enum { FAULT_GOT_BYTES = 64 };
const char *fault_got(char out[FAULT_GOT_BYTES], const json_t *json);

/* A text, valid UTF-8, in quotes; hidden characters as spaces. */
const char *fault_got_text(char out[FAULT_GOT_BYTES], const char *text);

#endif
