/* The table. Limits and defaults of fields stand here and nowhere else; what several fields must be
 * together is checked in the sections.
 *
 * DESIGN: one array, so that rows are found and walked by pointer; the rows of each section stand
 * in a file of their own. */
#include "server/spec/option/table.h"

#include <math.h>

#include "core/data/dataset.h"
#include "core/data/formula/formula.h"
#include "core/model/network.h"

#define PATTERNS "xor|circles|spirals|moons|gaussians|sine|linear"
#define FANS "he_normal|he_uniform|glorot_normal|glorot_uniform|lecun_normal|lecun_uniform"
#define DRAWN "uniform|normal|" FANS "|orthogonal"
#define SEED_MAX 4294967295.0
#define SAMPLES_MAX 100000
#define EPOCHS_MAX 1000000000
/* Of a running mean or velocity; with 1 it would never forget. */
#define SHARE_MAX 0.999999999
#define ANY .minimum = -INFINITY, .maximum = INFINITY
/* Start values so large have no use; the limit keeps their sums finite. */
#define START .minimum = -1e100, .maximum = 1e100

const struct option option_table[] = {
    {"", OPTION_OBJECT, .description = "An experiment: what is trained, on what, and how."},
    {"/name", OPTION_TEXT, .minimum = 0, .maximum = 200, .also = "title|label",
     .description = "What to call the experiment. Made from the spec when left out or empty."},

    {"/forked_from", OPTION_OBJECT, .is_made = 1,
     .description = "The run that this was made from, by fork."},
    {"/forked_from/experiment", OPTION_TEXT, .is_made = 1, .is_required = 1, .minimum = 1,
     .maximum = 23,
     .description = "Its experiment, which may be gone."},
    {"/forked_from/run", OPTION_INTEGER, .is_made = 1, .is_required = 1, .minimum = 0,
     .maximum = OPTIONS_RUNS_MAX - 1, .description = "Its number."},
    {"/forked_from/epoch", OPTION_INTEGER, .is_made = 1, .is_required = 1, .minimum = 0,
     .maximum = EPOCHS_MAX,
     .description = "The epoch it goes on from; 0: from the same start."},

#include "server/spec/option/rows/dataset.h"
#include "server/spec/option/rows/network.h"
#include "server/spec/option/rows/training.h"

    {"/sweep", OPTION_SWEEP, .also = "grid|vary|search",
     .description = "Several runs in one experiment: for each pointer to a field the values it is "
                    "to have. Several pointers make a grid, the last one changing fastest."},
    {"/sweep/*", OPTION_OBJECT,
     .description = "A list of values of any kind, or a range: {\"from\": 1, \"to\": 20}, or "
                    "{\"from\": 1e-6, \"to\": 0.1, \"steps\": 26, \"scale\": \"log\"}."},
    {"/sweep/*/from", OPTION_NUMBER, .is_required = 1, START, .also = "start|min|low",
     .description = "The first value."},
    {"/sweep/*/to", OPTION_NUMBER, .is_required = 1, START, .also = "end|stop|max|high",
     .description = "The last value."},
    {"/sweep/*/steps", OPTION_INTEGER, .minimum = 2, .maximum = OPTIONS_RUNS_MAX, .unit = "values",
     .also = "n|count|num|points",
     .description = "How many values. Left out: as many as it takes to go from one to the other in "
                    "steps of 1. Values between the ends are rounded to 12 digits."},
    {"/sweep/*/scale", OPTION_CHOICE, .fallback = "\"linear\"", .choices = "linear|log",
     .also = "spacing|space",
     .description = "The same difference between neighbours (linear), or the same ratio (log)."},

    {"/predict", OPTION_LIST, .fallback = "[]", .minimum = 0, .maximum = 1000,
     .also = "prediction|predictions|query",
     .description = "Inputs for which each run gives its prediction when it has ended."},
    {"/predict/*", OPTION_LIST, .minimum = 1, .maximum = DATASET_COLUMNS_MAX - 1,
     .description = "One number for each feature."},
    {"/predict/*/*", OPTION_NUMBER, START, .description = "A number."},

    {"/cache", OPTION_BOOLEAN, .fallback = "true", .also = "use_cache|cached|reuse",
     .description = "Whether an experiment that differs in no more than name and predict, and was "
                    "or is being trained, may answer for this one. A run's numbers are the same "
                    "either way."},
    {NULL, OPTION_OBJECT, .description = ""},
};
