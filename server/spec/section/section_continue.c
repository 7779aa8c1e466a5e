/* /network/init of scheme continue: a run's state after one of its epochs, to go on from. */
#include "server/spec/section/sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/block/block.h"
#include "core/train/checkpoint/checkpoint.h"
#include "core/train/checkpoint/restart.h"
#include "server/base/base64.h"

int section_is_continued(const json_t *init)
{
    const char *scheme = json_string_value(json_object_get(init, "scheme"));
    return scheme != NULL && strcmp(scheme, "continue") == 0;
}

static void *read_state(const json_t *init, size_t *out_n_bytes, struct error *error)
{
    return base64_decode(json_string_value(json_object_get(init, "state")), out_n_bytes, error);
}

static void tell_error(const struct error *error, struct faults *faults)
{
    if (error->kind == ERROR_MEMORY)
        faults_add_memory(faults);
    else
        faults_add(faults, "/network/init/state", "%s", error->text);
}

/* --- what it is of ------------------------------------------------------------------------- */

static void check_layer(const struct layer *wanted, const struct layer *found, int l,
                        struct faults *faults)
{
    char pointer[FAULT_POINTER_BYTES];

    snprintf(pointer, sizeof pointer, "/network/layers/%d/units", l);
    if (wanted->units != found->units)
        faults_add(faults, pointer, "got %d, but the state to continue from is of a layer of %d",
                   wanted->units, found->units);
    snprintf(pointer, sizeof pointer, "/network/layers/%d/activation", l);
    if (wanted->activation != found->activation)
        faults_add(faults, pointer, "got \"%s\", but the state to continue from is of \"%s\"",
                   activation_name(wanted->activation), activation_name(found->activation));
}

/* Says in which fields the spec is of another network than the state. */
static void check_network(const struct network *wanted, const struct network *found,
                          struct faults *faults)
{
    if (wanted->n_inputs != found->n_inputs)
        faults_add(faults, "/dataset",
                   "got %d feature%s, but the state to continue from is of a network of %d",
                   wanted->n_inputs, wanted->n_inputs == 1 ? "" : "s", found->n_inputs);
    if (wanted->n_layers != found->n_layers) {
        faults_add(faults, "/network/layers",
                   "got %d layer%s, but the state to continue from is of %d", wanted->n_layers,
                   wanted->n_layers == 1 ? "" : "s", found->n_layers);
        return;
    }
    for (int l = 0; l < wanted->n_layers; l++)
        check_layer(&wanted->layers[l], &found->layers[l], l, faults);
}

static void check_state(const struct network *network, const struct training *training,
                        size_t n_samples, const void *bytes, size_t n_bytes, struct faults *faults)
{
    struct error error = ERROR_INIT;
    struct network found;
    enum optimizer optimizer;
    int n_before = faults->n_found;

    if (checkpoint_read_head(bytes, n_bytes, &found, &optimizer, &error) != 0) {
        tell_error(&error, faults);
        return;
    }
    check_network(network, &found, faults);
    if (training->optimizer != optimizer)
        faults_add(faults, "/training/optimizer/name",
                   "got \"%s\", but the state to continue from is of \"%s\"; to go on from its "
                   "weights alone, give them as explicit start values",
                   optimizer_name(training->optimizer), optimizer_name(optimizer));
    if (faults->n_found > n_before)
        return;
    free(checkpoint_restart(network, training, n_samples, bytes, n_bytes, &n_bytes, &error));
    if (error.kind != ERROR_NONE)
        tell_error(&error, faults);
}

void section_check_continue(const json_t *run, const struct shape *shape, struct faults *faults)
{
    const json_t *init = json_object_get(json_object_get(run, "network"), "init");
    struct error error = ERROR_INIT;
    struct network network;
    struct training training;
    size_t n_bytes;

    if (!section_is_continued(init) || shape->n_features == 0)
        return;
    section_network(json_object_get(run, "network"), shape, &network);
    section_training(json_object_get(run, "training"), shape, &training);
    void *bytes = read_state(init, &n_bytes, &error);
    if (bytes == NULL)
        tell_error(&error, faults);
    else
        check_state(&network, &training, shape->n_train, bytes, n_bytes, faults);
    free(bytes);
}

/* --- going on ------------------------------------------------------------------------------ */

int section_continue(const json_t *init, size_t n_samples, struct run_plan *plan,
                     struct error *error)
{
    struct block_state state;
    size_t n_bytes;
    void *bytes = read_state(init, &n_bytes, error);

    if (bytes == NULL)
        return -1;
    plan->start = checkpoint_restart(&plan->network, &plan->training, n_samples, bytes, n_bytes,
                                     &plan->start_bytes, error);
    free(bytes);
    return plan->start == NULL ? -1
                               : block_read_checkpoint(&plan->network, plan->start,
                                                       plan->start_bytes, &state,
                                                       plan->parameters, error);
}
