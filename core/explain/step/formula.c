/* The formulas of a worked step, in TeX. */
#include "core/explain/step/formula.h"

/* Sums of more terms are written with a sum sign. */
enum { TERMS_MAX = 8 };

void formula_sum(const struct network *network, int layer, int unit, struct tex *out)
{
    int n = network_layer_inputs(network, layer);
    *out = (struct tex){.n = 0};
    naming_unit_tex(network, layer, unit, 1, out);
    tex_add(out, "=");
    if (n > TERMS_MAX) {
        tex_add(out, "\\sum_{i=1}^{%d}w^{(%d)}_{%d,i}\\,", n, layer + 1, unit + 1);
        tex_add(out, layer == 0 ? "x_{i}" : network->n_layers > 2 ? "h^{(%d)}_{i}" : "h_{i}",
                layer);
    }
    for (int i = 0; i < n && n <= TERMS_MAX; i++) {
        tex_add(out, i > 0 ? "+" : "");
        naming_parameter_tex(network, network_weight(network, layer, unit, i), out);
        naming_unit_tex(network, layer - 1, i, 0, out);
    }
    tex_add(out, "+");
    naming_parameter_tex(network, network_bias(network, layer, unit), out);
}

void formula_output(const struct network *network, int layer, int unit, struct tex *out)
{
    *out = (struct tex){.n = 0};
    naming_unit_tex(network, layer, unit, 0, out);
    if (network->layers[layer].activation == ACTIVATION_SOFTMAX) {
        tex_add(out, "=e^{z_{f%d}}/\\sum_{k}e^{z_{fk}}", unit + 1);
        return;
    }
    tex_add(out, "=%s(", naming_activation_tex(network->layers[layer].activation));
    naming_unit_tex(network, layer, unit, 1, out);
    tex_add(out, ")");
}

void formula_loss(const struct network *network, enum loss loss, struct tex *out)
{
    int is_one = network_n_outputs(network) == 1;
    *out = (struct tex){.n = 0};
    tex_add(out, "\\ell=");
    if (!is_one && loss_is_mean(loss)) {
        tex_add(out, "\\frac{1}{%d}\\sum_{j}", network_n_outputs(network));
    }
    switch (loss) {
    case LOSS_MAE:
        tex_add(out, is_one ? "|f-y|" : "|f_{j}-y_{j}|");
        break;
    case LOSS_HUBER:
        tex_add(out, is_one ? "\\mathrm{huber}(f-y)" : "\\mathrm{huber}(f_{j}-y_{j})");
        break;
    case LOSS_BINARY_CROSS_ENTROPY:
        tex_add(out, is_one ? "-y\\ln f-(1-y)\\ln(1-f)"
                            : "(-y_{j}\\ln f_{j}-(1-y_{j})\\ln(1-f_{j}))");
        break;
    case LOSS_CATEGORICAL_CROSS_ENTROPY:
        tex_add(out, "-\\sum_{j}y_{j}\\ln f_{j}");
        break;
    case LOSS_MSE:
    case LOSS_COUNT:
        tex_add(out, is_one ? "(f-y)^2" : "(f_{j}-y_{j})^2");
        break;
    }
}

void formula_delta(const struct network *network, enum loss loss, int unit, struct tex *out)
{
    int last = network->n_layers - 1, is_one = network_n_outputs(network) == 1;
    int is_by_sum = loss_activation(loss) != ACTIVATION_COUNT;
    int has_slope = !is_by_sum && !naming_is_linear(network, last);
    struct tex f = {.n = 0};
    naming_unit_tex(network, last, unit, 0, &f);
    *out = (struct tex){.n = 0};
    tex_add(out, "\\partial\\ell/\\partial ");
    naming_unit_tex(network, last, unit, is_by_sum || has_slope, out);
    const char *open = loss == LOSS_MAE     ? "\\mathrm{sign}("
                       : loss == LOSS_HUBER ? "\\mathrm{clip}_{1}("
                                            : "(";
    tex_add(out, "=c\\,%s%.40s-y", open, f.text);
    tex_add(out, is_one ? ")" : "_{%d})", unit + 1);
    if (has_slope && network->layers[last].activation == ACTIVATION_SOFTMAX) {
        tex_add(out, "\\text{ through the softmax's slopes}");
    } else if (has_slope) {
        tex_add(out, "\\,%s'(", naming_activation_tex(network->layers[last].activation));
        naming_unit_tex(network, last, unit, 1, out);
        tex_add(out, ")");
    }
}

void formula_hidden_delta(const struct network *network, int layer, int unit, struct tex *out)
{
    int n_above = network->layers[layer + 1].units;
    *out = (struct tex){.n = 0};
    naming_delta_tex(network, layer, unit, out);
    tex_add(out, n_above > 1 ? "=(" : "=");
    for (int k = 0; k < n_above && n_above <= TERMS_MAX; k++) {
        tex_add(out, k > 0 ? "+" : "");
        naming_delta_tex(network, layer + 1, k, out);
        tex_add(out, "\\,");
        naming_parameter_tex(network, network_weight(network, layer + 1, k, unit), out);
    }
    if (n_above > TERMS_MAX) {
        tex_add(out, "\\sum_{k=1}^{%d}\\delta_{k}\\,w^{(%d)}_{k,%d}", n_above, layer + 2, unit + 1);
    }
    tex_add(out, n_above > 1 ? ")" : "");
    if (!naming_is_linear(network, layer)) {
        tex_add(out, "\\,%s'(", naming_activation_tex(network->layers[layer].activation));
        naming_unit_tex(network, layer, unit, 1, out);
        tex_add(out, ")");
    }
}

void formula_gradient(const struct network *network, size_t parameter, struct tex *out)
{
    struct naming_place place = naming_place(network, parameter);
    *out = (struct tex){.n = 0};
    tex_add(out, "\\partial\\ell/\\partial ");
    naming_parameter_tex(network, parameter, out);
    tex_add(out, "=");
    naming_delta_tex(network, place.layer, place.unit, out);
    if (place.input >= 0) {
        tex_add(out, "\\,");
        naming_unit_tex(network, place.layer - 1, place.input, 0, out);
    }
}

const char *const *formula_update(enum optimizer optimizer)
{
    static const char *const UPDATES[OPTIMIZER_COUNT][FORMULA_ROWS] = {
        [OPTIMIZER_SGD] = {"p\\leftarrow p-\\eta\\,g"},
        [OPTIMIZER_MOMENTUM] = {"v\\leftarrow\\mu v+g", "p\\leftarrow p-\\eta\\,v"},
        [OPTIMIZER_NESTEROV] = {"v\\leftarrow\\mu v+g", "p\\leftarrow p-\\eta\\,(g+\\mu v)"},
        [OPTIMIZER_ADAGRAD] = {"s\\leftarrow s+g^2",
                               "p\\leftarrow p-\\eta\\,g/(\\sqrt{s}+\\epsilon)"},
        [OPTIMIZER_RMSPROP] = {"s\\leftarrow\\alpha s+(1-\\alpha)g^2",
                               "p\\leftarrow p-\\eta\\,g/(\\sqrt{s}+\\epsilon)"},
        [OPTIMIZER_ADAM] = {"m\\leftarrow\\beta_{1}m+(1-\\beta_{1})g",
                            "s\\leftarrow\\beta_{2}s+(1-\\beta_{2})g^2",
                            "p\\leftarrow p-\\frac{\\eta}{1-\\beta_{1}^{t}}\\,"
                            "m/(\\sqrt{s}/\\sqrt{1-\\beta_{2}^{t}}+\\epsilon)"},
        [OPTIMIZER_ADAMW] = {"m\\leftarrow\\beta_{1}m+(1-\\beta_{1})g",
                             "s\\leftarrow\\beta_{2}s+(1-\\beta_{2})g^2",
                             "p\\leftarrow p-\\frac{\\eta}{1-\\beta_{1}^{t}}\\,"
                             "m/(\\sqrt{s}/\\sqrt{1-\\beta_{2}^{t}}+\\epsilon)"},
    };
    return UPDATES[optimizer];
}

int formula_penalties(const struct training *training, const char *out[FORMULA_ROWS])
{
    const double *settings = training->settings;
    int n = 0, is_own = training->optimizer == OPTIMIZER_ADAMW;
    if (settings[SETTING_L1] > 0) {
        out[n++] = "g\\leftarrow g+\\lambda_{1}\\,\\mathrm{sign}(p)";
    }
    if (settings[SETTING_CLIP_VALUE] > 0) {
        out[n++] = "g\\leftarrow\\max(-k,\\min(k,g))";
    }
    if (settings[SETTING_CLIP_NORM] > 0) {
        out[n++] = "g\\leftarrow g\\,\\min(1,k/(\\|g\\|+10^{-6}))";
    }
    if (settings[SETTING_WEIGHT_DECAY] > 0) {
        out[n++] = is_own ? "p\\leftarrow p\\,(1-\\eta\\lambda)" : "g\\leftarrow g+\\lambda\\,p";
    }
    return n;
}
