/* Refusing what was posted: every fault with its place. */
#include "server/api/call/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/text.h"
#include "server/spec/place.h"

void refuse_faults(struct call *call, const struct faults *faults)
{
    struct text extension = {0};
    int n = faults_n_kept(faults);
    text_printf(&extension, "\"errors\":[");
    for (int i = 0; i < n; i++) {
        text_printf(&extension, "%s{\"pointer\":", i == 0 ? "" : ",");
        text_json_string(&extension, faults->items[i].pointer);
        text_printf(&extension, ",\"detail\":");
        text_json_string(&extension, faults->items[i].detail);
        text_printf(&extension, "}");
    }
    text_printf(&extension, "]");
    char *members = text_take(&extension, NULL);
    char detail[FAULT_POINTER_BYTES + FAULT_TEXT_BYTES + 64];
    int more = faults->n_found - 1;
    const char *pointer = n > 0 ? faults->items[0].pointer : "";
    snprintf(detail, sizeof detail, more > 0 ? "%s: %s (and %d more)" : "%s: %s",
             pointer[0] != '\0' ? pointer : "the body", n > 0 ? faults->items[0].detail : "", more);
    http_reply_problem(call->request, 422, detail, members);
    free(members);
}

void refuse_others(const json_t *body, const char *known, struct faults *faults)
{
    for (void *at = json_object_iter((json_t *)body); at != NULL;
         at = json_object_iter_next((json_t *)body, at)) {
        struct place place = {NULL, json_object_iter_key(at), 0};
        if (strcmp(place.name, known) != 0)
            place_fault(&place, faults, "unknown field, expected %s alone", known);
    }
}
