/* Levenberg-Marquardt from where a run stands. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/linalg.h"
#include "core/base/memory.h"
#include "core/explain/verdict/polish.h"

enum { TRIES_MAX = 25 };

/* f = J'J and J'r over the data, r = f - y. */
struct normal {
    size_t p;
    double *matrix, *right, *row; /* [p][p], [p], [p] */
    double squares;               /* of r */
};

static int normal_init(struct normal *normal, size_t p, struct error *error)
{
    normal->p = p;
    normal->matrix = memory_array(p * p, sizeof(double), error);
    normal->right = memory_array(p, sizeof(double), error);
    normal->row = memory_array(p, sizeof(double), error);
    return normal->matrix && normal->right && normal->row ? 0 : -1;
}

static void normal_clear(struct normal *normal)
{
    free(normal->matrix);
    free(normal->right);
    free(normal->row);
}

static void normal_fill(struct normal *normal, struct examination *it, const double *parameters)
{
    size_t p = normal->p;
    memset(normal->matrix, 0, p * p * sizeof(double));
    memset(normal->right, 0, p * sizeof(double));
    normal->squares = 0.0;
    for (size_t i = 0; i < it->n_samples; i++) {
        derivative_jacobian(&it->derivative, parameters, examination_features(it, i), normal->row);
        double r = derivative_outputs(&it->derivative)[0] - examination_targets(it, i)[0];
        normal->squares += r * r;
        for (size_t a = 0; a < p; a++) {
            double of_a = normal->row[a];
            normal->right[a] += r * of_a;
            for (size_t b = 0; of_a != 0.0 && b <= a; b++) {
                normal->matrix[a * p + b] += of_a * normal->row[b];
            }
        }
    }
    for (size_t a = 0; a < p; a++) {
        for (size_t b = 0; b < a; b++) {
            normal->matrix[b * p + a] = normal->matrix[a * p + b];
        }
    }
}

static double squares_at(struct examination *it, const double *parameters)
{
    double squares = 0.0;
    for (size_t i = 0; i < it->n_samples; i++) {
        squares += derivative_forward(&it->derivative, parameters, examination_features(it, i),
                                      examination_targets(it, i));
    }
    return squares;
}

/* Room for one try. */
struct attempt {
    double *matrix, *step, *parameters;
};

/* Tries damped steps until one lowers the squares: 1, and then `squares` are the new ones. */
static int descend(struct examination *it, const struct normal *normal, const double *parameters,
                   double *damping, struct attempt *attempt, double *out_squares)
{
    size_t p = normal->p;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        memcpy(attempt->matrix, normal->matrix, p * p * sizeof(double));
        for (size_t a = 0; a < p; a++) {
            attempt->matrix[a * p + a] += *damping;
            attempt->step[a] = -normal->right[a];
        }
        if (linalg_solve(attempt->matrix, p, attempt->step, 1) == 0) {
            for (size_t a = 0; a < p; a++) {
                attempt->parameters[a] = parameters[a] + attempt->step[a];
            }
            *out_squares = squares_at(it, attempt->parameters);
            if (*out_squares < normal->squares) {
                return 1;
            }
        }
        *damping *= 4.0;
    }
    return 0;
}

static int is_flat(const struct normal *normal)
{
    double largest = 0.0;
    for (size_t a = 0; a < normal->p; a++) {
        largest = fmax(largest, fabs(normal->right[a]));
    }
    return largest < 1e-11 * fmax(1.0, normal->squares);
}

static double first_damping(const struct normal *normal)
{
    double largest = 1e-12;
    for (size_t a = 0; a < normal->p; a++) {
        largest = fmax(largest, normal->matrix[a * normal->p + a]);
    }
    return 1e-2 * largest;
}

int polish(struct examination *it, double *parameters, int n_steps, double *out_loss,
           struct error *error)
{
    size_t p = it->n_parameters;
    struct normal normal = {0};
    struct attempt attempt = {memory_array(p * p, sizeof(double), error),
                              memory_array(p, sizeof(double), error),
                              memory_array(p, sizeof(double), error)};
    int status = -1;
    if (!attempt.matrix || !attempt.step || !attempt.parameters ||
        normal_init(&normal, p, error) != 0) {
        goto out;
    }
    normal_fill(&normal, it, parameters);
    double damping = first_damping(&normal), lower;
    for (int i = 0; i < n_steps && !is_flat(&normal); i++) {
        if (examination_ask(it, error) != 0) {
            goto out;
        }
        if (!descend(it, &normal, parameters, &damping, &attempt, &lower)) {
            break;
        }
        double gain = (normal.squares - lower) / normal.squares;
        memcpy(parameters, attempt.parameters, p * sizeof *parameters);
        normal_fill(&normal, it, parameters);
        normal.squares = lower;
        damping = fmax(damping / 5.0, 1e-12);
        if (gain < 1e-12) {
            break;
        }
    }
    *out_loss = normal.squares / (double)it->n_samples;
    status = 0;
out:
    normal_clear(&normal);
    free(attempt.matrix);
    free(attempt.step);
    free(attempt.parameters);
    return status;
}
