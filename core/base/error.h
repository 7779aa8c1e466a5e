/* What a failed call says: a kind for programs, one sentence for people. */
#ifndef CORE_BASE_ERROR_H
#define CORE_BASE_ERROR_H

enum error_kind {
    ERROR_NONE = 0,
    ERROR_INVALID,   /* the caller's input is wrong; the text says where, what, what is allowed */
    ERROR_NOT_FOUND, /* no such thing */
    ERROR_CONFLICT,  /* the thing's state forbids it */
    ERROR_TOO_LARGE, /* over a stated limit */
    ERROR_BUSY,      /* a stated capacity is used up; later may work */
    ERROR_MEMORY,    /* an allocation failed */
    ERROR_STORAGE,   /* disk, database or descriptor trouble */
    ERROR_INTERNAL   /* a defect of ours */
};

enum { ERROR_TEXT_BYTES = 320 };

/* Starts as ERROR_INIT; the first error set in it stays, later ones are ignored. */
struct error {
    enum error_kind kind;
    char text[ERROR_TEXT_BYTES]; /* one sentence, NUL-terminated, cut at the size, no newline */
};

#define ERROR_INIT {ERROR_NONE, ""}

/* Records the error unless `error` is NULL or holds one already. Returns -1, so that a failing
 * function can `return error_set(...)`. Any thread, no shared state. */
int error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
