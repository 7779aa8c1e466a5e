/* The specs in tests/specs: a new case is a file there, no code. */
#ifndef TESTS_SERVER_SPEC_FILES_H
#define TESTS_SERVER_SPEC_FILES_H

#include <jansson.h>

/* Calls `each` with every file of a folder ("tests/specs/valid"), by name; tests run at the top of
 * the source tree. Returns how many there were; fails the running test when one cannot be read. */
typedef void (*spec_file_fn)(void *context, const char *name, const json_t *json);
int spec_files_each(const char *folder, spec_file_fn each, void *context);

#endif
