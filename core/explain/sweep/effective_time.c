/* Curves over rate times epochs. */
#include "core/explain/sweep/effective_time.h"

#include <math.h>

/* A hair more than the ratio, for times that are equal but for rounding. */
static const double HAIR = 1e-9;

/* A curve's last epoch within `time`; 0: none. */
static int64_t epoch_at(const struct time_curve *curve, double time)
{
    double epoch = floor(time / curve->rate * (1.0 + HAIR));
    return epoch < (double)curve->n ? (int64_t)epoch : (int64_t)curve->n;
}

/* Whether a is to be preferred for this time. */
static int is_better(const struct time_curve *a, const struct time_curve *b, double time)
{
    double reach_a = a->rate * (double)a->n * (1.0 + HAIR);
    double reach_b = b->rate * (double)b->n * (1.0 + HAIR);
    if ((reach_a >= time) != (reach_b >= time))
        return reach_a >= time;
    return reach_a >= time ? a->rate < b->rate : reach_a > reach_b;
}

/* The best curve for this time but `other`; n if there is none. */
static size_t pick(const struct time_curve *curves, size_t n, double time, size_t other)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (i != other && (best == n || is_better(&curves[i], &curves[best], time)))
            best = i;
    return best;
}

/* How far the next curve's loss at the same time is from this one's. */
static double disagreement(const struct time_curve *curves, size_t n, const struct time_check *it)
{
    double time = curves[it->curve].rate * (double)it->epoch;
    size_t next = pick(curves, n, time, it->curve);
    if (next == n || curves[next].rate * (double)curves[next].n * (1.0 + HAIR) < time)
        return NAN;
    int64_t epoch = epoch_at(&curves[next], time);
    return epoch < 1 ? (double)NAN
                     : fabs(curves[next].losses[epoch - 1] - it->loss) / fabs(it->loss);
}

/* The rate with which the claim's epochs come to its loss. */
static double fitting_rate(const struct time_curve *curve, const struct time_claim *claim)
{
    for (size_t e = 0; e < curve->n; e++)
        if (curve->losses[e] <= claim->loss)
            return curve->rate * (double)(e + 1) / (double)claim->epochs;
    return NAN;
}

void time_check(const struct time_curve *curves, size_t n, const struct time_claim *claim,
                struct time_check *out)
{
    double time = claim->rate * (double)claim->epochs;
    *out = (struct time_check){.verdict = TIME_NO_VERDICT, .loss = NAN, .disagreement = NAN,
                               .fitting_rate = NAN};
    size_t curve = pick(curves, n, time, n);
    if (curve == n)
        return;
    out->curve = curve;
    out->epoch = epoch_at(&curves[curve], time);
    out->fitting_rate = fitting_rate(&curves[curve], claim);
    if (out->epoch == 0)
        return;
    out->loss = curves[curve].losses[out->epoch - 1];
    out->disagreement = disagreement(curves, n, out);
    if (!(out->disagreement <= TIME_SMALL))
        return;
    int reaches = curves[curve].rate * (double)curves[curve].n * (1.0 + HAIR) >= time;
    int is_high = claim->loss > out->loss * (1.0 + TIME_SLACK);
    int is_low = reaches && claim->loss < out->loss * (1.0 - TIME_SLACK);
    out->verdict = is_high || is_low ? TIME_DOES_NOT_FIT : TIME_FITS;
}
