/* All samples that a data set's generator can draw. */
#include "core/data/population.h"

#include <stdlib.h>

void population_destroy(struct population *population)
{
    if (population) {
        free(population->noise);
        free(population->points);
        free(population->weights);
        free(population->means);
        free(population);
    }
}
