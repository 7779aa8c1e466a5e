/* /predict: rows of inputs. */
#include "server/spec/section/sections.h"

#include "server/spec/place.h"

void section_predict(const json_t *predict, size_t n_features, double *inputs)
{
    size_t i, k;
    json_t *row, *value;

    json_array_foreach(predict, i, row)
    {
        json_array_foreach(row, k, value)
        {
            inputs[i * n_features + k] = json_number_value(value);
        }
    }
}

void section_check_predict(const json_t *predict, const struct shape *shape, struct faults *faults)
{
    struct place list = {NULL, "predict", 0};
    size_t i;
    json_t *row;

    json_array_foreach(predict, i, row)
    {
        struct place place = {&list, NULL, i};
        if (shape->n_features != 0 && json_array_size(row) != shape->n_features)
            place_fault(&place, faults,
                        "got a list of %zu, expected %zu, one number for each "
                        "feature",
                        json_array_size(row), shape->n_features);
    }
}
