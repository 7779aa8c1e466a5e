/* Classes as targets: one column for each class, 1 in a sample's own and 0 in the others. */
#ifndef CORE_DATA_ONE_HOT_H
#define CORE_DATA_ONE_HOT_H

#include "core/data/dataset.h"

/* Turns the data set's one target column, whole numbers 0..n_classes-1, into n_classes columns,
 * called after it and the class: species_setosa with class_names[n_classes], species_0 where the
 * name cannot be part of a column's or there are none (NULL). 0, or -1 with ERROR_MEMORY or
 * ERROR_TOO_LARGE and the data set as it was. */
int one_hot_targets(struct dataset *dataset, size_t n_classes, const char *const *class_names,
                    struct error *error);

#endif
