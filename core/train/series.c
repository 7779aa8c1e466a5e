/* The series' names and kinds. */
#include "core/train/series.h"

#include <string.h>

static const char *const NAMES[SERIES_COUNT] = {
    [SERIES_LOSS] = "loss",
    [SERIES_END_LOSS] = "end_loss",
    [SERIES_ACCURACY] = "accuracy",
    [SERIES_VALIDATION_LOSS] = "validation_loss",
    [SERIES_VALIDATION_ACCURACY] = "validation_accuracy",
};

const char *series_name(enum series series)
{
    return NAMES[series];
}

int series_find(const char *name)
{
    for (int i = 0; i < SERIES_COUNT; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int series_n(unsigned set)
{
    int n = 0;
    for (; set != 0; set &= set - 1) {
        n++;
    }
    return n;
}

enum series series_at(unsigned set, int i)
{
    int series = 0;
    for (; i > 0 || (set >> series & 1) == 0; series++) {
        i -= (int)(set >> series & 1);
    }
    return (enum series)series;
}

int series_is_of_validation(enum series series)
{
    return series == SERIES_VALIDATION_LOSS || series == SERIES_VALIDATION_ACCURACY;
}

int series_is_accuracy(enum series series)
{
    return series == SERIES_ACCURACY || series == SERIES_VALIDATION_ACCURACY;
}
