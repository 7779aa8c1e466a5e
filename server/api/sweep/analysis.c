/* Outcomes put in rows and columns. */
#include "server/api/sweep/analysis.h"

#include <stdlib.h>

#include "core/base/memory.h"

int analysis_init(struct analysis *it, struct engine *engine, const struct study *study,
                  enum part part, struct error *error)
{
    it->engine = engine;
    it->study = study;
    if (grid_init(&it->grid, study->spec, error) != 0)
        return -1;
    size_t n = it->grid.n_settings * it->grid.n_starts;
    it->by_run = memory_array((size_t)spec_n_runs(study->spec), sizeof *it->by_run, error);
    it->by_place = memory_array(n, sizeof *it->by_place, error);
    if (it->by_run == NULL || it->by_place == NULL ||
        outcomes_find(engine, study, part, it->by_run, error) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (it->grid.runs[i] >= 0)
            it->by_place[i] = it->by_run[it->grid.runs[i]];
    it->table = (struct sweep_table){it->grid.n_settings, it->grid.n_starts, it->by_place};
    return 0;
}

void analysis_clear(struct analysis *it)
{
    grid_clear(&it->grid);
    free(it->by_run);
    free(it->by_place);
}
