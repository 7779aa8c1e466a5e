/* Floors: losses that a class of predictors cannot beat on these samples. */
#ifndef CORE_EXPLAIN_FLOORS_H
#define CORE_EXPLAIN_FLOORS_H

struct floors;

#endif
