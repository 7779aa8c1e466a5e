/* The series of a run: the numbers recorded of every epoch. */
#ifndef CORE_TRAIN_SERIES_H
#define CORE_TRAIN_SERIES_H

/* An accuracy is told for the cross-entropies alone: the share of the samples whose class is told
 * right, see core/model/hit_lanes.h. Any of them may be no finite number, while the weights are. */
enum series {
    SERIES_LOSS,            /* printed: each sample scored just before its own batch's update */
    SERIES_END_LOSS,        /* of the parameters at the end of the epoch, on what is trained on */
    SERIES_ACCURACY,        /* likewise */
    SERIES_VALIDATION_LOSS, /* of those parameters, on the validation part */
    SERIES_VALIDATION_ACCURACY,
    SERIES_COUNT
};

/* "loss", "end_loss", "accuracy", "validation_loss", "validation_accuracy": in the spec, the
 * answers, the CSV columns and the events; and back, or -1. */
const char *series_name(enum series series);
int series_find(const char *name);

/* A set of series has the bit 1u << series of each. How many they are; the i-th of them in
 * ascending order. */
int series_n(unsigned set);
enum series series_at(unsigned set, int i);

/* Whether it is of the validation part; whether it is an accuracy. */
int series_is_of_validation(enum series series);
int series_is_accuracy(enum series series);

#endif
