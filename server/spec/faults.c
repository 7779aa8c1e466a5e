/* Collecting faults, and saying what was found. */
#include "server/spec/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/number.h"
#include "server/base/text.h"

/* Cuts a text, which may have been cut inside a character, after its last whole one. */
static void end_whole(char *text)
{
    text[text_utf8_prefix(text, strlen(text))] = '\0';
}

void faults_add(struct faults *faults, const char *pointer, const char *format, ...)
{
    if (faults->n_found++ >= FAULTS_MAX)
        return;
    struct fault *fault = &faults->items[faults->n_found - 1];
    snprintf(fault->pointer, sizeof fault->pointer, "%s", pointer);
    end_whole(fault->pointer);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->detail, sizeof fault->detail, format, arguments);
    va_end(arguments);
    end_whole(fault->detail);
}

void faults_add_memory(struct faults *faults)
{
    if (!faults->no_memory)
        faults_add(faults, "", "out of memory while reading the spec");
    faults->no_memory = 1;
}

int faults_n_kept(const struct faults *faults)
{
    return faults->n_found < FAULTS_MAX ? faults->n_found : FAULTS_MAX;
}

const char *fault_got_text(char out[FAULT_GOT_BYTES], const char *text)
{
    enum { SHOWN_BYTES = 48 };
    size_t n_bytes = strlen(text), at = 0, n_out = 0;
    size_t n_shown = n_bytes <= SHOWN_BYTES ? n_bytes : text_utf8_prefix(text, SHOWN_BYTES);

    out[n_out++] = '"';
    while (at < n_shown) {
        unsigned code;
        size_t n = text_character(text + at, &code);
        if (text_is_hidden(code))
            out[n_out++] = ' ';
        else
            memcpy(out + n_out, text + at, n);
        n_out += text_is_hidden(code) ? 0 : n;
        at += n;
    }
    snprintf(out + n_out, FAULT_GOT_BYTES - n_out, "%s\"", n_shown < n_bytes ? "..." : "");
    return out;
}

const char *fault_got(char out[FAULT_GOT_BYTES], const json_t *json)
{
    switch (json != NULL ? json_typeof(json) : JSON_NULL) {
    case JSON_OBJECT:
        snprintf(out, FAULT_GOT_BYTES, "an object");
        break;
    case JSON_ARRAY:
        snprintf(out, FAULT_GOT_BYTES, "a list of %zu", json_array_size(json));
        break;
    case JSON_STRING:
        fault_got_text(out, json_string_value(json));
        break;
    case JSON_INTEGER:
        snprintf(out, FAULT_GOT_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        break;
    case JSON_REAL:
        number_print(out, json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(out, FAULT_GOT_BYTES, json_is_true(json) ? "true" : "false");
        break;
    case JSON_NULL:
        snprintf(out, FAULT_GOT_BYTES, json != NULL ? "null" : "nothing");
        break;
    }
    return out;
}
