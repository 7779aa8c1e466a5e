/* Faults of many runs, brought together. */
#include "server/spec/sweep/ledger.h"

#include <stdio.h>
#include <string.h>

/* The entry for a fault: the one there is, or a new one; NULL when there is no room. */
static struct ledger_entry *entry_for(struct ledger *ledger, const char *pointer,
                                      const char *detail)
{
    struct ledger_entry *entry = ledger->entries;

    for (; entry < ledger->entries + ledger->n_entries; entry++)
        if (strcmp(entry->fault.pointer, pointer) == 0 && strcmp(entry->fault.detail, detail) == 0)
            return entry;
    if (ledger->n_entries == FAULTS_MAX)
        return NULL;
    *entry = (struct ledger_entry){.first_run = -1};
    snprintf(entry->fault.pointer, sizeof entry->fault.pointer, "%s", pointer);
    snprintf(entry->fault.detail, sizeof entry->fault.detail, "%s", detail);
    ledger->n_entries++;
    return entry;
}

void ledger_enter(struct ledger *ledger, const struct sweep *sweep, int run, unsigned depends,
                  const struct faults *found)
{
    char pointer[FAULT_POINTER_BYTES];

    for (int i = 0; i < faults_n_kept(found); i++) {
        const struct fault *fault = &found->items[i];
        unsigned sections = depends | sweep_section(fault->pointer);
        if (sections == 0) /* of the sweep itself */
            sections = SWEEP_ALL;
        if (!sweep_is_first(sweep, run, sections)) /* an earlier run has said the same */
            continue;
        int is_of_value = sweep_origin(sweep, run, fault->pointer, pointer);
        struct ledger_entry *entry = entry_for(ledger, pointer, fault->detail);
        if (entry == NULL)
            continue;
        if (entry->first_run < 0)
            entry->first_run = run;
        entry->is_of_value = is_of_value;
        entry->depends |= sections;
        entry->n_found++;
    }
}

void ledger_tell(const struct ledger *ledger, const struct sweep *sweep, struct faults *faults)
{
    for (int i = 0; i < ledger->n_entries; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        if (entry->is_of_value || entry->n_found >= sweep_n_different(sweep, entry->depends))
            faults_add(faults, entry->fault.pointer, "%s", entry->fault.detail);
        else
            faults_add(faults, entry->fault.pointer, "%s (run %d)", entry->fault.detail,
                       entry->first_run);
    }
}
