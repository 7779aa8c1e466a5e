/* Actions, as the pointers of a spec and their new values. */
#include "core/explain/verdict/actions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/explain/verdict/words.h"

static void start(struct teller *teller, const char *label, const char *at)
{
    tell_object(teller, NULL);
    tell_text(teller, "label", label);
    tell_text(teller, "at", at);
    tell_object(teller, "changes");
}

static void end(struct teller *teller)
{
    tell_end(teller);
    tell_end(teller);
}

/* Of one significant digit when it is not a power of ten of the present one; else of 15, as
 * somebody would type them: ten times 1e-6 is 1e-5, and not 9.999999999999999e-06. */
static double round_rate(double rate, double factor)
{
    char text[32];
    snprintf(text, sizeof text, factor == 0.1 || factor >= 10.0 ? "%.14e" : "%.0e", rate * factor);
    return strtod(text, NULL);
}

/* So many epochs, all of them: the run's own stop, once reached, would end it in the first. */
static void tell_epochs(struct teller *teller, const struct examination *it, int64_t epochs)
{
    const struct stop *stop = &it->subject->training->stop;
    tell_integer(teller, "/training/epochs", epochs);
    if (stop->has_target) {
        tell_number(teller, "/training/stop/target", NAN);
    }
    if (stop->patience > 0) {
        tell_number(teller, "/training/stop/patience", NAN);
        tell_number(teller, "/training/stop/min_delta", NAN);
    }
}

static const char *without_stop(const struct examination *it)
{
    const struct stop *stop = &it->subject->training->stop;
    return stop->has_target || stop->patience > 0 ? ", without its early stop" : "";
}

void action_rate(struct teller *teller, const struct examination *it, const char *at,
                 double factor)
{
    int is_end = strcmp(at, "end") == 0;
    double old = is_end ? examination_rate(it, it->subject->state.epoch)
                        : it->subject->training->learning_rate;
    double rate = round_rate(old, factor);
    struct words label = {0};
    words_add(&label, is_end ? "go on with a learning rate of " : "again with a learning rate of ");
    words_number(&label, rate, 6);
    words_add(&label, "%s", is_end ? without_stop(it) : "");
    start(teller, label.text, at);
    tell_number(teller, "/training/optimizer/learning_rate", rate);
    if (is_end) {
        tell_epochs(teller, it, 3 * it->subject->state.epoch);
    }
    end(teller);
}

void action_rate_for(struct teller *teller, const struct examination *it, double factor,
                     int64_t epochs)
{
    double rate = factor * it->subject->training->learning_rate;
    struct words label = {0};
    words_add(&label, "again with a learning rate of ");
    words_number(&label, rate, 6);
    words_add(&label, ", for %lld epochs%s", (long long)epochs, without_stop(it));
    start(teller, label.text, "start");
    tell_number(teller, "/training/optimizer/learning_rate", rate);
    tell_epochs(teller, it, epochs);
    end(teller);
}

void action_epochs(struct teller *teller, const struct examination *it, int64_t epochs)
{
    struct words label = {0};
    words_add(&label, "go on for %lld more epochs%s", (long long)epochs, without_stop(it));
    start(teller, label.text, "end");
    tell_epochs(teller, it, epochs);
    end(teller);
}

void action_patience(struct teller *teller, int64_t patience)
{
    struct words label = {0};
    words_add(&label, "again, stopping once the validation loss has not improved for %lld epochs",
              (long long)patience);
    start(teller, label.text, "start");
    tell_text(teller, "/training/stop/monitor", series_name(SERIES_VALIDATION_LOSS));
    tell_integer(teller, "/training/stop/patience", patience);
    end(teller);
}

void action_decay(struct teller *teller, const struct examination *it)
{
    double old = it->subject->training->settings[SETTING_WEIGHT_DECAY];
    double decay = old > 0.0 ? round_rate(old, 10.0) : 1e-3;
    struct words label = {0};
    words_add(&label, "again with a weight decay of ");
    words_number(&label, decay, 6);
    start(teller, label.text, "start");
    tell_number(teller, "/training/optimizer/weight_decay", decay);
    end(teller);
}

static void tell_init(struct teller *teller)
{
    tell_object(teller, "/network/init");
    tell_text(teller, "scheme", "he_normal");
    tell_integer(teller, "seed", 1);
    tell_end(teller);
}

/* One start proves little: many lose a unit or end at a plane, so ten are tried. */
void action_seeds(struct teller *teller)
{
    start(teller, "again from ten random starts", "start");
    tell_init(teller);
    tell_end(teller);
    tell_object(teller, "sweep");
    tell_object(teller, "/network/init/seed");
    tell_integer(teller, "from", 1);
    tell_integer(teller, "to", 10);
    tell_end(teller);
    end(teller);
}

void action_wider(struct teller *teller, const struct examination *it)
{
    const struct network *network = it->subject->network;
    struct words label = {0};
    int units = network->layers[0].units + 2;
    if (network->n_layers < 2 || units > NETWORK_UNITS_MAX) {
        return;
    }
    words_add(&label, "again with %d units, from a random start", units);
    start(teller, label.text, "start");
    tell_integer(teller, "/network/layers/0/units", units);
    tell_init(teller);
    end(teller);
}

void action_leaky(struct teller *teller, const struct examination *it)
{
    const struct network *network = it->subject->network;
    int is_other_s = it->subject->begin != NULL; /* a state that no other activation goes on from */
    char pointer[64];
    start(teller, is_other_s ? "again with leaky_relu, which never dies, from a random start"
                             : "again with leaky_relu, which never dies", "start");
    if (is_other_s) {
        tell_init(teller);
    }
    for (int l = 0; l + 1 < network->n_layers; l++) {
        if (network->layers[l].activation == ACTIVATION_RELU) {
            snprintf(pointer, sizeof pointer, "/network/layers/%d/activation", l);
            tell_text(teller, pointer, "leaky_relu");
        }
    }
    end(teller);
}
