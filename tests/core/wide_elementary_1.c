/* The elementary functions and the positive part, one by one. */
#define LANES 1
#include "tests/core/wide_elementary.h"

WIDE_DEFINE(wide_elementary_1)
