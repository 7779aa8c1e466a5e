/* Reads the fixtures in tests/specs. */
#include "tests/server/spec_files.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int is_json(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

int spec_files_each(const char *folder, spec_file_fn each, void *context)
{
    struct dirent **entries;
    char path[512];
    json_error_t fault;

    int n = scandir(folder, &entries, is_json, alphasort);
    if (n < 0)
        fail_msg("%s: cannot be read; tests run at the top of the source tree", folder);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
        if (json == NULL)
            fail_msg("%s: line %d: %s", path, fault.line, fault.text);
        each(context, entries[i]->d_name, json);
        json_decref(json);
        free(entries[i]);
    }
    free(entries);
    return n;
}
