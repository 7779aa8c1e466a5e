/* Any text as a formula: refused with its column named, or the same value however it is asked. */
#include <string.h>

#include "core/data/formula/formula.h"
#include "tests/fuzz/fuzz.h"

enum { N_SAMPLES = 4, N_NAMES = 2 };

static const char *const names[N_NAMES] = {"n1", "x_2"};
static const double values[N_NAMES][N_SAMPLES] = {{0, 3, -2.5, 1e300}, {14, 0, 1e-310, -7}};

static int is_same(double a, double b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

/* Sample by sample; returns how many could be evaluated before the first that could not. */
static size_t evaluate_each(const struct formula *formula, struct rng *rng, double *out)
{
    for (size_t s = 0; s < N_SAMPLES; s++) {
        double sample[N_NAMES] = {values[0][s], values[1][s]};
        struct error error = ERROR_INIT;
        if (formula_evaluate(formula, sample, rng, &out[s], &error) != 0) {
            FUZZ_CHECK(error.kind == ERROR_INVALID && error.text[0] != '\0');
            return s;
        }
    }
    return N_SAMPLES;
}

/* All at once; likewise, though of several faults another may be the first one met. */
static size_t evaluate_column(const struct formula *formula, struct rng *rng, double *out)
{
    const double *const columns[N_NAMES] = {values[0], values[1]};
    struct error error = ERROR_INIT;
    size_t failed = N_SAMPLES;
    if (formula_evaluate_column(formula, columns, N_SAMPLES, rng, out, &failed, &error) == 0)
        return N_SAMPLES;
    FUZZ_CHECK(error.kind == ERROR_INVALID && error.text[0] != '\0');
    FUZZ_CHECK(failed < N_SAMPLES);
    return failed;
}

static void check_values(const struct formula *formula)
{
    struct rng each, column, again;
    double by_sample[N_SAMPLES] = {0}, by_column[N_SAMPLES] = {0}, twice[N_SAMPLES] = {0};
    rng_seed(&each, 7);
    rng_seed(&column, 7);
    rng_seed(&again, 7);
    size_t n_each = evaluate_each(formula, formula_draws(formula) ? &each : NULL, by_sample);
    size_t n_column = evaluate_column(formula, formula_draws(formula) ? &column : NULL, by_column);
    size_t n_again = evaluate_each(formula, &again, twice);
    FUZZ_CHECK(n_each == n_again);
    for (size_t s = 0; s < n_each; s++)
        FUZZ_CHECK(is_same(by_sample[s], twice[s]));
    if (formula_draws(formula))
        return;
    FUZZ_CHECK((n_each == N_SAMPLES) == (n_column == N_SAMPLES));
    for (size_t s = 0; n_each == N_SAMPLES && s < N_SAMPLES; s++)
        FUZZ_CHECK(is_same(by_sample[s], by_column[s]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct error error = ERROR_INIT, name_error = ERROR_INIT;
    char *text = malloc(n_bytes + 1);
    if (text == NULL)
        return 0;
    if (n_bytes > 0)
        memcpy(text, bytes, n_bytes);
    text[n_bytes] = '\0';
    struct formula *formula = formula_compile(text, names, N_NAMES, &error);
    if (formula == NULL)
        FUZZ_CHECK(error.kind == ERROR_INVALID && error.text[0] != '\0');
    else
        check_values(formula);
    if (formula_check_name(text, &name_error) != 0)
        FUZZ_CHECK(name_error.kind == ERROR_INVALID && name_error.text[0] != '\0');
    formula_destroy(formula);
    free(text);
    return 0;
}
