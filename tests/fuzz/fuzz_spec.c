/* Any bytes as a posted spec: refused with its faults named, or the same when read back. */
#include <string.h>

#include "server/base/json.h"
#include "server/spec/preset/presets.h"
#include "server/spec/plan.h"
#include "tests/fuzz/fuzz.h"

/* Larger data sets only take longer. */
enum { SAMPLES_MAX = 2000, RUNS_LOOKED_AT = 3 };

static void check_faults(const struct faults *faults)
{
    FUZZ_CHECK(faults->n_found > 0 && !faults->no_memory);
    for (int i = 0; i < faults_n_kept(faults); i++) {
        const struct fault *fault = &faults->items[i];
        size_t n_pointer = strlen(fault->pointer), n_detail = strlen(fault->detail);
        FUZZ_CHECK(fault->pointer[0] == '/' || n_pointer == 0);
        FUZZ_CHECK(n_detail > 0);
        FUZZ_CHECK(text_utf8_prefix(fault->pointer, n_pointer) == n_pointer);
        FUZZ_CHECK(text_utf8_prefix(fault->detail, n_detail) == n_detail);
    }
}

static char *text_of(const json_t *json)
{
    size_t n_bytes;
    char *text = json_text(json, &n_bytes);
    FUZZ_CHECK(text != NULL && strlen(text) == n_bytes);
    return text;
}

static void check_same_text(const json_t *a, const json_t *b)
{
    char *first = text_of(a), *second = text_of(b);
    FUZZ_CHECK(strcmp(first, second) == 0);
    free(first);
    free(second);
}

/* Runs are planned from either, and to the same bits. */
static void check_same_run(const struct spec *a, const struct spec *b, int run)
{
    struct run_plan first, second;
    struct error error = ERROR_INIT;
    json_t *ours = spec_overrides(a, run), *theirs = spec_overrides(b, run);
    check_same_text(ours, theirs);
    json_decref(ours);
    json_decref(theirs);
    FUZZ_CHECK(spec_plan(a, run, 1, &first, &error) == 0);
    FUZZ_CHECK(spec_plan(b, run, 1, &second, &error) == 0);
    size_t n = network_n_parameters(&first.network);
    FUZZ_CHECK(n == network_n_parameters(&second.network));
    FUZZ_CHECK(memcmp(first.parameters, second.parameters, n * sizeof(double)) == 0);
    FUZZ_CHECK(first.dataset->n_samples == second.dataset->n_samples);
    FUZZ_CHECK(first.n_predict == second.n_predict);
    run_plan_clear(&first);
    run_plan_clear(&second);
}

/* What is stored is the normalised text: it must mean what was posted. */
static void check_reads_back(const struct spec *spec)
{
    struct error error = ERROR_INIT;
    struct faults faults = {0};
    char *text = text_of(spec_json(spec));
    json_t *json = json_read(text, strlen(text), &error);
    FUZZ_CHECK(json != NULL);
    struct spec *again = spec_parse(json, &faults);
    FUZZ_CHECK(again != NULL);
    check_same_text(spec_json(spec), spec_json(again));
    FUZZ_CHECK(spec_n_runs(spec) == spec_n_runs(again));
    FUZZ_CHECK(strcmp(spec_name(spec), spec_name(again)) == 0);
    for (int run = 0; run < spec_n_runs(spec) && run < RUNS_LOOKED_AT; run++)
        check_same_run(spec, again, run);
    spec_destroy(again);
    json_decref(json);
    free(text);
}

static int is_large(const json_t *spec)
{
    return json_number_value(json_at(spec, "/dataset/samples")) > SAMPLES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct error error = ERROR_INIT;
    struct faults faults = {0};
    json_t *posted = json_read((const char *)bytes, n_bytes, &error);
    if (posted == NULL) {
        FUZZ_CHECK(error.kind == ERROR_INVALID && error.text[0] != '\0');
        return 0;
    }
    json_t *json = presets_expand(posted, &faults);
    struct spec *spec = NULL;
    if (json == NULL || !is_large(json)) {
        spec = json == NULL ? NULL : spec_parse(json, &faults);
        if (spec == NULL)
            check_faults(&faults);
        else
            check_reads_back(spec);
    }
    spec_destroy(spec);
    json_decref(json);
    json_decref(posted);
    return 0;
}
