/* The faults of a posted spec: each with a JSON pointer and a sentence. */
#ifndef SERVER_SPEC_FAULTS_H
#define SERVER_SPEC_FAULTS_H

enum { FAULTS_MAX = 20, FAULT_POINTER_BYTES = 256, FAULT_TEXT_BYTES = 256 };

struct fault {
    char pointer[FAULT_POINTER_BYTES]; /* RFC 6901; "" is the whole spec */
    char detail[FAULT_TEXT_BYTES];     /* "got 0, expected 1 to 4096" */
};

/* Starts zeroed. Beyond FAULTS_MAX only the count goes on. */
struct faults {
    int n_found;
    struct fault items[FAULTS_MAX];
};

void faults_add(struct faults *faults, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
