/* Pointers of places. */
#include "server/spec/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void place_add_token(char out[FAULT_POINTER_BYTES], const char *token)
{
    size_t start = strlen(out), n = start;

    if (n + 1 >= FAULT_POINTER_BYTES)
        return;
    out[n++] = '/';
    for (const char *at = token; *at != '\0'; at++) {
        int is_special = *at == '~' || *at == '/';
        if (n + 2 >= FAULT_POINTER_BYTES) {
            out[start] = '\0';
            return;
        }
        out[n++] = is_special ? '~' : *at;
        if (is_special)
            out[n++] = *at == '~' ? '0' : '1';
    }
    out[n] = '\0';
}

void place_print(const struct place *place, char out[FAULT_POINTER_BYTES])
{
    char index[24];

    if (place == NULL) {
        out[0] = '\0';
        return;
    }
    place_print(place->parent, out);
    snprintf(index, sizeof index, "%zu", place->index);
    place_add_token(out, place->name != NULL ? place->name : index);
}

void place_fault(const struct place *place, struct faults *faults, const char *format, ...)
{
    char pointer[FAULT_POINTER_BYTES], detail[FAULT_TEXT_BYTES];
    va_list arguments;

    place_print(place, pointer);
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    faults_add(faults, pointer, "%s", detail);
}
