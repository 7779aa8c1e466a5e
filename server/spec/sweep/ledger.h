/* The faults of all runs of a sweep: said once each, where the user can find them. */
#ifndef SERVER_SPEC_SWEEP_LEDGER_H
#define SERVER_SPEC_SWEEP_LEDGER_H

#include "server/spec/faults.h"
#include "server/spec/sweep/sweep.h"

/* A fault, and the runs it was found in. */
struct ledger_entry {
    struct fault fault; /* at its place in the posted spec */
    int is_of_value;    /* 1: a value of the sweep is at fault, which tells the run */
    unsigned depends;   /* the sections it comes from */
    int first_run;
    int n_found; /* in runs with different values in those sections */
};

/* Starts zeroed. */
struct ledger {
    int n_entries;
    struct ledger_entry entries[FAULTS_MAX];
};

/* Enters what was found in a run by looking at these sections (SWEEP_... bits); a fault's own
 * section needs not be named. */
void ledger_enter(struct ledger *ledger, const struct sweep *sweep, int run, unsigned depends,
                  const struct faults *found);

/* Adds the entries to `faults`; where not every run has the fault, the first one that has it is
 * named. */
void ledger_tell(const struct ledger *ledger, const struct sweep *sweep, struct faults *faults);

#endif
