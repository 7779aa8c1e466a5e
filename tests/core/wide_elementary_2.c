/* The elementary functions and the positive part in vectors of 2. */
#define LANES 2
#include "tests/core/wide_elementary.h"

WIDE_DEFINE(wide_elementary_2)
