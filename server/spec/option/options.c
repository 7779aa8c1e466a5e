/* The table. Limits and defaults of fields stand here and nowhere else; what several fields must be
 * together is checked in the sections. */
#include "server/spec/option/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/data/dataset.h"
#include "core/data/formula/formula.h"
#include "core/model/network.h"
#include "core/train/history.h"
#include "server/base/json.h"

#define PATTERNS "xor|circles|spirals|moons|gaussians|sine|linear"
#define FANS "he_normal|he_uniform|glorot_normal|glorot_uniform|lecun_normal|lecun_uniform"
#define DRAWN "uniform|normal|" FANS "|orthogonal"
#define SEED_MAX 4294967295.0
#define SAMPLES_MAX 100000
#define EPOCHS_MAX 1000000000
/* Of a running mean or velocity; with 1 it would never forget. */
#define SHARE_MAX 0.999999999
#define ANY .minimum = -INFINITY, .maximum = INFINITY
/* Start values so large have no use; the limit keeps their sums finite. */
#define START .minimum = -1e100, .maximum = 1e100

/* What the schemes are, for n inputs and m units of a layer. */
#define SCHEMES                                                                                    \
    "How they are made. With n inputs and m units of a layer: all 0 (zeros), all the same "        \
    "(constant), drawn evenly (uniform) or from a normal distribution (normal); he_normal: "       \
    "normal, sd sqrt(2/n); he_uniform: within +-sqrt(6/n); glorot_normal: normal, sd "             \
    "sqrt(2/(n+m)); glorot_uniform: within +-sqrt(6/(n+m)); lecun_normal: normal, sd sqrt(1/n); "  \
    "lecun_uniform: within +-sqrt(3/n) (none of the normals is cut off, as in PyTorch; Keras "     \
    "cuts them at 2 sd); "                                                                         \
    "orthogonal: gain times orthonormal rows or columns, whichever are fewer."

/* The fields of the schemes, for the network and for one layer. */
#define INIT_FIELDS(place)                                                                         \
    {place "/weight", OPTION_NUMBER, .when = "scheme=constant", .fallback = "0.5", START,          \
     .also = "value|weights", .description = "Every weight."},                                     \
    {place "/low", OPTION_NUMBER, .when = "scheme=uniform", .fallback = "-0.5", START,             \
     .also = "min|minimum|from", .description = "Weights are drawn evenly from low ..."},          \
    {place "/high", OPTION_NUMBER, .when = "scheme=uniform", .fallback = "0.5", START,             \
     .also = "max|maximum|to", .description = "... up to high, which is not less than low."},      \
    {place "/mean", OPTION_NUMBER, .when = "scheme=normal", .fallback = "0", START,                \
     .also = "mu|loc", .description = "Mean of the normal distribution of the weights."},          \
    {place "/sd", OPTION_NUMBER, .when = "scheme=normal", .fallback = "0.5", .minimum = 0,         \
     .maximum = 1e100, .also = "std|sigma|stddev|scale", .description = "Its standard deviation."},\
    {place "/gain", OPTION_NUMBER, .when = "scheme=orthogonal", .fallback = "1", START,            \
     .also = "factor", .description = "What the orthogonal matrix is multiplied with."},           \
    {place "/bias", OPTION_NUMBER, .when = "scheme=constant|" DRAWN, .fallback = "0", START,       \
     .also = "biases", .description = "Every bias."}

static const struct option table[] = {
    {"", OPTION_OBJECT, .description = "An experiment: what is trained, on what, and how."},
    {"/name", OPTION_TEXT, .minimum = 0, .maximum = 200, .also = "title|label",
     .description = "What to call the experiment. Made from the spec when left out or empty."},

    {"/forked_from", OPTION_OBJECT, .is_made = 1,
     .description = "The run that this was made from, by fork."},
    {"/forked_from/experiment", OPTION_TEXT, .is_made = 1, .is_required = 1, .minimum = 1,
     .maximum = 23,
     .description = "Its experiment, which may be gone."},
    {"/forked_from/run", OPTION_INTEGER, .is_made = 1, .is_required = 1, .minimum = 0,
     .maximum = OPTIONS_RUNS_MAX - 1, .description = "Its number."},
    {"/forked_from/epoch", OPTION_INTEGER, .is_made = 1, .is_required = 1, .minimum = 0,
     .maximum = EPOCHS_MAX,
     .description = "The epoch it goes on from; 0: from the same start."},

    {"/dataset", OPTION_OBJECT, .is_required = 1, .also = "data|data_set",
     .description = "The samples to learn from."},
    {"/dataset/kind", OPTION_CHOICE, .fallback = "\"formula\"",
     .choices = "formula|table|upload|iris|wine|digits|anscombe|" PATTERNS, .also = "type",
     .description =
         "Where the samples come from: made by formulas, a table of numbers, or a data set known "
         "by name. Classes: xor (TensorFlow Playground's square of +-5 with a gap of 0.3, class 1 "
         "where exactly one of x1, x2 is positive), circles, moons and gaussians (scikit-learn's "
         "make_circles, make_moons and make_blobs: the same seed gives its points, but for their "
         "last bits), spirals (the Playground's two: r (sin a, cos a), r = 5 t, a = 2 pi 1.75 t, t "
         "from 0 to 1). Values: sine (y = sin(2 pi x), x uniform in [0, 1)), linear (y = slope x + "
         "intercept, x uniform in [-1, 1)). Measured: an uploaded CSV file (upload); iris, 150 "
         "flowers of three species by four lengths (R. A. Fisher 1936; in the UCI repository CC BY "
         "4.0; these are the paper's numbers, as scikit-learn and R have them); wine, 178 wines of "
         "three cultivators by 13 measurements (S. Aeberhard, M. Forina 1992; UCI repository, CC "
         "BY 4.0); digits, 1797 handwritten digits of 8 x 8 points from 0 to 16 (E. Alpaydin, C. "
         "Kaynak 1998, the test set; UCI repository, CC BY 4.0); anscombe, four "
         "sets with one regression line (F. J. Anscombe 1973)."},
    {"/dataset/id", OPTION_TEXT, .when = "kind=upload", .is_required = 1, .minimum = 1,
     .maximum = 40, .also = "file|upload|hash",
     .description = "The uploaded file, by the id its upload was answered with."},
    {"/dataset/set", OPTION_INTEGER, .when = "kind=anscombe", .fallback = "1", .minimum = 1,
     .maximum = 4, .also = "number", .description = "Which of the four."},
    {"/dataset/samples", OPTION_INTEGER, .when = "kind=formula|" PATTERNS, .fallback = "100",
     .minimum = 1, .maximum = SAMPLES_MAX, .also = "n|n_samples|size",
     .description = "How many samples to make."},
    {"/dataset/seed", OPTION_INTEGER, .when = "kind=formula|" PATTERNS, .fallback = "0",
     .minimum = 0,
     .maximum = SEED_MAX, .also = "random_state|random_seed",
     .description = "Start of the random numbers, as in np.random.seed(seed). The same seed makes "
                    "the same samples."},
    {"/dataset/noise", OPTION_NUMBER, .when = "kind=xor|circles|spirals|moons|sine|linear",
     .fallback = "0", .minimum = 0, .maximum = 1e6, .also = "noise_sd|noise_level",
     .description = "Standard deviation of normal noise, added to x1 and x2, of sine and linear to "
                    "y. It is drawn last: more noise moves the same points further and leaves "
                    "their classes."},
    {"/dataset/factor", OPTION_NUMBER, .when = "kind=circles", .fallback = "0.8", .minimum = 0,
     .maximum = 1, .also = "radius|ratio",
     .description = "Radius of the inner circle; that of the outer one is 1."},
    {"/dataset/classes", OPTION_INTEGER, .when = "kind=gaussians", .fallback = "2", .minimum = 2,
     .maximum = 100, .also = "centers|centres|n_classes|clusters|blobs",
     .description = "How many groups; each has its centre in the square of +-10."},
    {"/dataset/sd", OPTION_NUMBER, .when = "kind=gaussians", .fallback = "1", .minimum = 0,
     .maximum = 1e6, .also = "std|sigma|stddev|cluster_std|spread",
     .description = "Standard deviation of each group about its centre."},
    {"/dataset/slope", OPTION_NUMBER, .when = "kind=linear", .fallback = "2", START,
     .also = "gradient|m|coefficient", .description = "The slope of the line."},
    {"/dataset/intercept", OPTION_NUMBER, .when = "kind=linear", .fallback = "1", START,
     .also = "offset|bias|b", .description = "Its value at x = 0."},
    {"/dataset/one_hot", OPTION_BOOLEAN,
     .when = "kind=xor|circles|spirals|moons|gaussians|upload|iris|wine|digits",
     .also = "onehot|categorical",
     .description = "true: a target for each class, 1 for a sample's own and 0 for the others, as "
                    "softmax wants it. false: one target, the class's number. Left out: one target "
                    "for two classes, one for each of more; of an upload the column's numbers as "
                    "they are. Classes of a file are the values of its one target column, in "
                    "order."},
    {"/dataset/draws", OPTION_CHOICE, .when = "kind=formula", .fallback = "\"row\"",
     .choices = "row|column",
     .description = "Order of the random draws: sample by sample (row), or one whole column after "
                    "the other, as NumPy does with size=n (column)."},
    {"/dataset/features", OPTION_COLUMNS, .when = "kind=formula|upload", .is_required = 1,
     .minimum = 1,
     .maximum = DATASET_COLUMNS_MAX - 1, .also = "inputs|x|columns|variables",
     .description = "The inputs of the network: a formula for each name, in the order of the "
                    "draws. A formula may use the features before it. Of an upload: a list of "
                    "columns by name."},
    {"/dataset/features/*", OPTION_FORMULA, .maximum = FORMULA_TEXT_MAX,
     .description = "Python arithmetic (+ - * / // % ** and comparisons), with randint(low,high), "
                    "uniform(low,high), normal(mean,sd), rand(), randn(), abs, min, max, sqrt, "
                    "exp, log, sin, cos, tanh, where(c,a,b), pi and e."},
    {"/dataset/target", OPTION_FORMULA, .when = "kind=formula", .is_required = 1,
     .unless = "targets", .maximum = FORMULA_TEXT_MAX, .also = "output|y|label",
     .description = "What the network should learn to predict: a formula that may use every "
                    "feature. Its column is called target."},
    {"/dataset/targets", OPTION_COLUMNS, .when = "kind=formula|upload", .minimum = 1,
     .maximum = DATASET_COLUMNS_MAX - 1, .also = "outputs|labels",
     .description = "In place of target, for a network with several outputs: a formula for each "
                    "name. Of an upload: a list of columns by name."},
    {"/dataset/targets/*", OPTION_FORMULA, .maximum = FORMULA_TEXT_MAX,
     .description = "A formula that may use every feature."},
    {"/dataset/n_targets", OPTION_INTEGER, .when = "kind=table", .fallback = "1", .minimum = 1,
     .maximum = DATASET_COLUMNS_MAX - 1, .also = "targets|target|n_outputs",
     .description = "How many of the columns, the last ones, are targets."},
    {"/dataset/names", OPTION_LIST, .when = "kind=table", .minimum = 2,
     .maximum = DATASET_COLUMNS_MAX, .also = "columns|header|features",
     .description = "A name for each column, features first. Left out: x1, x2, ... and y, or y1, "
                    "y2, ... for several targets."},
    {"/dataset/names/*", OPTION_NAME, .minimum = 1, .maximum = DATASET_NAME_BYTES - 1,
     .description = "Letters, digits and _, the first one no digit."},
    {"/dataset/rows", OPTION_LIST, .when = "kind=table", .is_required = 1, .minimum = 1,
     .maximum = SAMPLES_MAX, .also = "values|table|data|samples",
     .description = "One list of numbers for each sample: its features, then its targets."},
    {"/dataset/rows/*", OPTION_LIST, .minimum = 2, .maximum = DATASET_COLUMNS_MAX,
     .description = "A sample."},
    {"/dataset/rows/*/*", OPTION_NUMBER, ANY, .description = "A number."},
    {"/dataset/split", OPTION_OBJECT, .also = "parts|holdout|train_test_split",
     .description = "Keeps some samples from training: which are in which part is drawn from a "
                    "seed of its own. Only the train part is trained on; it is what batch_size, the "
                    "order and the printed loss are about. The validation part's loss is "
                    "recorded every epoch; a run's metrics tell what it is worth on both others. "
                    "Samples keep their order within a part."},
    {"/dataset/split/train", OPTION_NUMBER, .is_required = 1, .minimum = 0, .is_above = 1,
     .maximum = 1, .also = "training",
     .description = "The share to train on. The three shares add up to 1; validation and test are "
                    "rounded to whole samples, train has the rest."},
    {"/dataset/split/validation", OPTION_NUMBER, .fallback = "0", .minimum = 0, .maximum = 1,
     .also = "val|dev|valid", .description = "The share kept for validation."},
    {"/dataset/split/test", OPTION_NUMBER, .fallback = "0", .minimum = 0, .maximum = 1,
     .also = "test_size|holdout", .description = "The share kept for the test."},
    {"/dataset/split/seed", OPTION_INTEGER, .fallback = "0", .minimum = 0, .maximum = SEED_MAX,
     .also = "random_state|random_seed",
     .description = "The first samples of np.random.permutation(n) after np.random.seed(seed) are "
                    "the train part, the next validation, the last test."},
    {"/dataset/standardize", OPTION_BOOLEAN, .absent = "false",
     .also = "standardise|normalize|normalise|scale",
     .description = "true: each feature x becomes (x - mean) / sd, with mean and standard "
                    "deviation (over n, as StandardScaler of scikit-learn) of those trained on. "
                    "What is to be predicted is given unscaled and scaled the same way. Targets "
                    "stay as they are."},
    {"/dataset/standardize_target", OPTION_BOOLEAN,
     .also = "standardize_targets|standardise_target|normalize_target|scale_target|scale_y",
     .description = "true: each target is trained on as (y - mean) / sd, likewise of those trained "
                    "on; for mse, mae and huber. Losses and parameters are then those of scaled "
                    "targets. Predictions are scaled back to the targets' own units, and a run's "
                    "metrics tell the loss in both."},

    {"/network", OPTION_OBJECT, .fallback = "{}", .also = "model|net",
     .description = "The network and its start values."},
    {"/network/layers", OPTION_LIST,
     .fallback = "[{\"units\":2,\"activation\":\"relu\"},{\"units\":1,\"activation\":\"linear\"}]",
     .minimum = 1, .maximum = NETWORK_LAYERS_MAX, .also = "hidden|hidden_layers|shape",
     .description = "The layers from first to last; the inputs are no layer. The last one is the "
                    "output and has a unit for each target, also when layers is left out."},
    {"/network/layers/*", OPTION_OBJECT, .description = "A layer."},
    {"/network/layers/*/units", OPTION_INTEGER, .is_required = 1, .minimum = 1,
     .maximum = NETWORK_UNITS_MAX, .also = "neurons|nodes|size|width|n",
     .description = "How many units the layer has."},
    {"/network/layers/*/activation", OPTION_CHOICE, .fallback = "\"relu\"", .last = "\"linear\"",
     .choices = "linear|relu|leaky_relu|tanh|sigmoid|elu|gelu|softplus|softmax",
     .also = "transfer|function|activation_function",
     .description =
         "What a unit makes of its weighted sum z, as in PyTorch. linear: z; relu: z above 0, else "
         "0 (slope 0 at 0); leaky_relu: z above 0, else 0.01 z; tanh: (e^z - e^-z) / (e^z + e^-z); "
         "sigmoid: 1 / (1 + e^-z); elu: z above 0, else e^z - 1 (alpha 1); gelu: z (1 + erf(z / "
         "sqrt(2))) / 2, the exact one, not its tanh approximation; softplus: log(1 + e^z), never "
         "cut to z (PyTorch cuts above 20); softmax: e^z_j / (sum of e^z_k over the layer), for "
         "the last layer, whose units it makes probabilities."},
    {"/network/init", OPTION_OBJECT, .fallback = "{}",
     .also = "initial|initialization|start|weights|biases",
     .description = "The weights and biases before the first update."},
    {"/network/init/scheme", OPTION_CHOICE, .fallback = "\"uniform\"",
     .choices = "explicit|zeros|constant|" DRAWN "|layers|continue",
     .also = "kind|type|name|method",
     .description = SCHEMES " Or every value given (explicit), a scheme for each layer "
                    "(layers), or the state of a run to go on from (continue; a fork makes it)."},
    {"/network/init/layers", OPTION_LIST, .when = "scheme=layers", .is_required = 1, .minimum = 1,
     .maximum = NETWORK_LAYERS_MAX, .also = "schemes|per_layer",
     .description = "How each layer starts, from the first to the last."},
    {"/network/init/layers/*", OPTION_OBJECT, .description = "A layer's start values."},
    {"/network/init/layers/*/scheme", OPTION_CHOICE, .fallback = "\"uniform\"",
     .choices = "zeros|constant|" DRAWN, .also = "kind|type|name|method", .description = SCHEMES},
    INIT_FIELDS("/network/init/layers/*"),
    {"/network/init/weights", OPTION_LIST, .when = "scheme=explicit", .is_required = 1,
     .unless = "named", .minimum = 1, .maximum = NETWORK_LAYERS_MAX, .also = "values|w",
     .description = "Start weights by layer, unit and input. A 2-2-1 network may have named in "
                    "place of weights and biases."},
    {"/network/init/weights/*", OPTION_LIST, .minimum = 1, .maximum = NETWORK_UNITS_MAX,
     .description = "The weights of a layer, one list for each unit."},
    {"/network/init/weights/*/*", OPTION_LIST, .minimum = 1, .maximum = NETWORK_UNITS_MAX,
     .description = "The weights of a unit, one for each input."},
    {"/network/init/weights/*/*/*", OPTION_NUMBER, ANY, .description = "A weight."},
    {"/network/init/biases", OPTION_LIST, .when = "scheme=explicit", .is_required = 1,
     .unless = "named", .minimum = 1, .maximum = NETWORK_LAYERS_MAX, .also = "b",
     .description = "Start biases by layer and unit."},
    {"/network/init/biases/*", OPTION_LIST, .minimum = 1, .maximum = NETWORK_UNITS_MAX,
     .description = "The biases of a layer, one for each unit."},
    {"/network/init/biases/*/*", OPTION_NUMBER, ANY, .description = "A bias."},
    {"/network/init/named", OPTION_OBJECT, .when = "scheme=explicit",
     .description = "In place of weights and biases, for a network of two inputs, two hidden units "
                    "and one output: its nine values by name."},
    {"/network/init/named/w1", OPTION_NUMBER, .is_required = 1, ANY,
     .description = "First input to first hidden unit."},
    {"/network/init/named/w2", OPTION_NUMBER, .is_required = 1, ANY,
     .description = "Second input to first hidden unit."},
    {"/network/init/named/w3", OPTION_NUMBER, .is_required = 1, ANY,
     .description = "First input to second hidden unit."},
    {"/network/init/named/w4", OPTION_NUMBER, .is_required = 1, ANY,
     .description = "Second input to second hidden unit."},
    {"/network/init/named/w5", OPTION_NUMBER, .is_required = 1, ANY,
     .description = "First hidden unit to the output."},
    {"/network/init/named/w6", OPTION_NUMBER, .is_required = 1, ANY,
     .description = "Second hidden unit to the output."},
    {"/network/init/named/bias1", OPTION_NUMBER, .is_required = 1, ANY, .also = "b1",
     .description = "Bias of the first hidden unit."},
    {"/network/init/named/bias2", OPTION_NUMBER, .is_required = 1, ANY, .also = "b2",
     .description = "Bias of the second hidden unit."},
    {"/network/init/named/bias3", OPTION_NUMBER, .is_required = 1, ANY, .also = "b3",
     .description = "Bias of the output."},
    INIT_FIELDS("/network/init"),
    {"/network/init/seed", OPTION_INTEGER, .when = "scheme=" DRAWN "|layers", .fallback = "0",
     .minimum = 0, .maximum = SEED_MAX, .also = "random_state|random_seed",
     .description = "Start of the random numbers, as in np.random.seed(seed): one stream for all "
                    "layers, each unit's weights after those of the one before."},
    {"/network/init/experiment", OPTION_TEXT, .is_made = 1, .when = "scheme=continue", .minimum = 1,
     .maximum = 23, .description = "The experiment whose run goes on."},
    {"/network/init/run", OPTION_INTEGER, .is_made = 1, .when = "scheme=continue", .minimum = 0,
     .maximum = OPTIONS_RUNS_MAX - 1, .description = "That run."},
    {"/network/init/epoch", OPTION_INTEGER, .is_made = 1, .when = "scheme=continue", .minimum = 0,
     .maximum = EPOCHS_MAX, .description = "The epoch after which it goes on."},
    {"/network/init/state", OPTION_TEXT, .is_made = 1, .when = "scheme=continue",
     .is_required = 1, .minimum = 1, .maximum = OPTIONS_STATE_MAX,
     .description = "Its state then, a checkpoint in base64: parameters, what the optimizer "
                    "remembers, the generator of the sample orders."},

    {"/training", OPTION_OBJECT, .fallback = "{}", .also = "train|fit",
     .description = "How the network is trained."},
    {"/training/loss", OPTION_CHOICE, .fallback = "\"mse\"",
     .choices = "mse|mae|huber|binary_cross_entropy|categorical_cross_entropy",
     .also = "cost|error|criterion",
     .description =
         "What is made small, averaged over the samples; of a sample, with targets t, outputs h and "
         "e = t - h, as in PyTorch. mse: mean of e^2 over the outputs; mae: mean of |e| (slope 0 at "
         "0); huber: mean of e^2 / 2 where |e| is below 1 (delta 1), else |e| - 1/2; "
         "binary_cross_entropy: mean of -t log h - (1 - t) log(1 - h), for sigmoid outputs; "
         "categorical_cross_entropy: sum of -t log h (not a mean), for softmax outputs. Both are "
         "computed from the weighted sums, as PyTorch's with logits, so that no log of 0 is "
         "taken."},
    {"/training/gradient", OPTION_CHOICE, .when = "loss=mse", .fallback = "\"full\"", .choices = "full|half",
     .description = "The slope of the squared error e*e is 2e (full). Many notebooks leave out the "
                    "2 and step by e (half); the printed loss is the same."},
    {"/training/arithmetic", OPTION_CHOICE, .fallback = "\"exact\"", .choices = "exact|fast",
     .also = "precision|fused|fma|mode",
     .description = "exact: every product and every sum is rounded, as plain Python floats are. "
                    "fast: a product that is added to a sum is not rounded by itself (fused "
                    "multiply-add): other last digits, the same on every machine, and quicker "
                    "where the processor can do it. Don't compare the digits of the two."},
    {"/training/optimizer", OPTION_OBJECT, .fallback = "{}", .also = "optimiser|method|algorithm",
     .description = "How the parameters are updated."},
    {"/training/optimizer/name", OPTION_CHOICE, .fallback = "\"sgd\"",
     .choices = "sgd|momentum|nesterov|adagrad|rmsprop|adam|adamw", .also = "kind|type",
     .description =
         "How a parameter p follows the slope g of its batch, as in PyTorch; lr is learning_rate, t "
         "counts updates from 1, v, s and m start at 0. sgd: p - lr g; momentum: v = momentum v + "
         "g, p - lr v (Keras has lr inside v); nesterov: the same v, p - "
         "lr (g + momentum v); adagrad: s = s + g^2, p - lr g / (sqrt(s) + epsilon); rmsprop: s = "
         "alpha s + (1 - alpha) g^2, p - lr g / (sqrt(s) + epsilon) (Keras has epsilon inside the "
         "root); adam: m = beta1 m + (1 - beta1) g, s = beta2 s + (1 - beta2) g^2, p - lr / (1 - "
         "beta1^t) m / (sqrt(s / (1 - beta2^t)) + epsilon); adamw: adam, with weight_decay taken "
         "off p by itself."},
    {"/training/optimizer/learning_rate", OPTION_NUMBER, .fallback = "0.001", .minimum = 0,
     .is_above = 1, .maximum = INFINITY, .also = "lr|eta|rate|step|step_size",
     .description = "How far each update goes."},
    {"/training/optimizer/momentum", OPTION_NUMBER, .when = "name=momentum|nesterov",
     .fallback = "0.9", .minimum = 0, .maximum = SHARE_MAX, .also = "mu|beta",
     .description = "The share of the last step's velocity that is kept: v = momentum * v + slope, "
                    "parameter - learning_rate * v."},
    {"/training/optimizer/alpha", OPTION_NUMBER, .when = "name=rmsprop", .fallback = "0.99",
     .minimum = 0, .maximum = SHARE_MAX, .also = "rho|decay",
     .description = "The share of the mean square of the slopes that is kept."},
    {"/training/optimizer/beta1", OPTION_NUMBER, .when = "name=adam|adamw", .fallback = "0.9",
     .minimum = 0, .maximum = SHARE_MAX, .also = "b1|beta_1",
     .description = "The share of the mean slope that is kept."},
    {"/training/optimizer/beta2", OPTION_NUMBER, .when = "name=adam|adamw", .fallback = "0.999",
     .minimum = 0, .maximum = SHARE_MAX, .also = "b2|beta_2",
     .description = "The share of the mean square of the slopes that is kept."},
    {"/training/optimizer/epsilon", OPTION_NUMBER, .when = "name=adagrad|rmsprop|adam|adamw",
     .fallback = "1e-08", .but_when = "name=adagrad", .but = "1e-10", .minimum = 0, .is_above = 1,
     .maximum = 1, .also = "eps",
     .description = "Added to the root of the mean square, by which the step is divided."},
    {"/training/optimizer/weight_decay", OPTION_NUMBER, .but_when = "name=adamw", .but = "0.01",
     .absent = "0", .minimum = 0, .maximum = 1e6, .also = "l2|decay|regularization|lambda",
     .description = "Pulls every parameter towards 0: weight_decay * parameter is added to its "
                    "slope; adamw takes learning_rate * weight_decay * parameter off by itself."},
    {"/training/optimizer/l1", OPTION_NUMBER, .absent = "0", .minimum = 0, .maximum = 1e6,
     .also = "lasso",
     .description = "Pulls every parameter towards 0 by the same amount: l1 * sign(parameter) is "
                    "added to its slope. The printed loss is without it."},
    {"/training/optimizer/clip_value", OPTION_NUMBER, .minimum = 0, .is_above = 1,
     .maximum = INFINITY, .also = "clip|clipvalue|max_value",
     .description = "Slopes beyond it, of either sign, are taken for this large."},
    {"/training/optimizer/clip_norm", OPTION_NUMBER, .minimum = 0, .is_above = 1,
     .maximum = INFINITY, .also = "clip|clipnorm|max_norm|gradient_clip",
     .description = "When the norm of all slopes together is larger, they are scaled down to it."},
    {"/training/schedule", OPTION_OBJECT, .absent = "{\"kind\":\"constant\",\"warmup_epochs\":0}",
     .also = "scheduler|lr_schedule|decay|learning_rate_schedule",
     .description = "How the learning rate changes from epoch to epoch. Left out: not at all."},
    {"/training/schedule/kind", OPTION_CHOICE, .fallback = "\"constant\"",
     .choices = "constant|step|exponential|cosine|range_test|reduce_on_plateau",
     .also = "name|type",
     .description = "step multiplies it by factor every so many epochs, exponential every epoch; "
                    "cosine lets it sink to final along half a wave; range_test lets it grow to "
                    "final by equal ratios, to find where training breaks; reduce_on_plateau "
                    "multiplies it by factor whenever the monitored loss (stop) has not improved "
                    "for more than patience epochs, as PyTorch's ReduceLROnPlateau."},
    {"/training/schedule/every", OPTION_INTEGER, .when = "kind=step", .is_required = 1, .minimum = 1,
     .maximum = 1000000000, .unit = "epochs", .also = "step_size|step|epochs|period",
     .description = "Epochs from one step to the next."},
    {"/training/schedule/factor", OPTION_NUMBER, .when = "kind=step|exponential|reduce_on_plateau",
     .fallback = "0.1",
     .but_when = "kind=exponential", .but = "0.99", .minimum = 0, .is_above = 1, .maximum = 1000,
     .also = "gamma|decay|rate",
     .description = "What the learning rate is multiplied with; below 1 for reduce_on_plateau."},
    {"/training/schedule/patience", OPTION_INTEGER, .when = "kind=reduce_on_plateau",
     .fallback = "10", .minimum = 0, .maximum = 1000000000, .unit = "epochs", .also = "wait",
     .description = "So many epochs in a row may pass without an improvement; the next one without "
                    "reduces the rate, and counting begins anew."},
    {"/training/schedule/threshold", OPTION_NUMBER, .when = "kind=reduce_on_plateau",
     .fallback = "0.0001", .minimum = 0, .maximum = 0.999999, .also = "min_delta|tolerance|epsilon",
     .description = "Only a loss below the best one times (1 - threshold) is an improvement."},
    {"/training/schedule/min_learning_rate", OPTION_NUMBER, .when = "kind=reduce_on_plateau",
     .fallback = "0", .minimum = 0, .maximum = INFINITY, .also = "min_lr|min|floor|minimum",
     .description = "The rate is never made smaller than this, nor larger: a learning_rate that is "
                    "not above it stays as it is. A change of 1e-8 or less is not made. All as in "
                    "PyTorch."},
    {"/training/schedule/final", OPTION_NUMBER, .when = "kind=cosine|range_test", .fallback = "0",
     .but_when = "kind=range_test", .but = "1", .minimum = 0, .maximum = INFINITY,
     .also = "to|end|eta_min|min|max",
     .description = "The learning rate at the end; above 0 for range_test."},
    {"/training/schedule/warmup_epochs", OPTION_INTEGER, .fallback = "0", .minimum = 0,
     .maximum = 1000000000, .unit = "epochs", .also = "warmup|warm_up",
     .description = "Before all that, so many epochs in which the learning rate grows evenly up to "
                    "its value."},
    {"/training/batch_size", OPTION_INTEGER, .fallback = "1", .minimum = 1, .maximum = SAMPLES_MAX,
     .unit = "samples", .also = "batch|batchsize|minibatch",
     .description = "Samples for each update: 1 updates after every sample; the number of samples "
                    "once an epoch."},
    {"/training/reduction", OPTION_CHOICE, .fallback = "\"mean\"", .choices = "mean|sum",
     .description = "What is taken over the samples of a batch. No difference when batch_size is "
                    "1."},
    {"/training/order", OPTION_CHOICE, .fallback = "\"fixed\"",
     .choices = "fixed|shuffle|with_replacement", .also = "shuffle",
     .description = "Samples as they stand in the data set (fixed), in a new random order every "
                    "epoch (shuffle), or n of them drawn anew every epoch, each draw from all n "
                    "(with_replacement: some come more than once, others not)."},
    {"/training/seed", OPTION_INTEGER, .fallback = "0", .minimum = 0, .maximum = SEED_MAX,
     .also = "random_state|random_seed", 
     .description = "Start of the random orders: epoch e uses the e-th np.random.permutation(n) "
                    "after np.random.seed(seed), or the e-th np.random.randint(0, n, size=n)."},
    {"/training/epochs", OPTION_INTEGER, .fallback = "1000", .minimum = 1, .maximum = 1000000000,
     .unit = "epochs", .also = "iterations|n_epochs|rounds|steps|max_epochs|epoch",
     .description = "How many times to go through the data set. The first million losses of a run are "
                    "kept one by one (fewer in a large sweep, or with several series), later ones as an "
                    "envelope; any of them can be had by replay."},
    {"/training/record", OPTION_LIST, .absent = "[]", .minimum = 0, .maximum = 2,
     .also = "metrics|track|log|series",
     .description = "What to record of every epoch besides the printed loss; the validation part's "
                    "loss and accuracy are always recorded. Each costs a pass over the samples."},
    {"/training/record/*", OPTION_CHOICE, .choices = "end_loss|accuracy",
     .description = "end_loss: the loss of the weights at the end of the epoch, over all samples "
                    "trained on (the printed loss scores each sample just before its own update, "
                    "so it is no property of any weights). accuracy: the share of those samples "
                    "whose class they tell, for the cross-entropies."},
    {"/training/stop", OPTION_OBJECT, .also = "early_stopping|stopping|stop_when",
     .description = "When a run ends before its last epoch: whichever comes first."},
    {"/training/stop/monitor", OPTION_CHOICE, .choices = "loss|end_loss|validation_loss",
     .also = "metric|watch|on|series",
     .description = "The loss that is looked at after every epoch, here and by a schedule that "
                    "reduces on a plateau. Left out: validation_loss where there is a validation "
                    "part, else loss."},
    {"/training/stop/target", OPTION_NUMBER, .minimum = 0, .maximum = INFINITY,
     .also = "target_loss|goal|loss|threshold|below",
     .description = "Stops once that loss is no more than this."},
    {"/training/stop/patience", OPTION_INTEGER, .minimum = 1, .maximum = 1000000000,
     .unit = "epochs", .also = "wait",
     .description = "Stops after so many epochs in a row without an improvement, as Keras's "
                    "EarlyStopping."},
    {"/training/stop/min_delta", OPTION_NUMBER, .minimum = 0, .maximum = 1e300,
     .also = "delta|tolerance|min_change",
     .description = "For patience: only a loss below the best one minus this is an improvement. "
                    "Left out: 0."},
    {"/training/stop/seconds", OPTION_NUMBER, .minimum = 0, .is_above = 1, .maximum = 1e9,
     .unit = "seconds", .also = "time|timeout|max_time|duration",
     .description = "Stops at the end of the epoch in which the run has been trained for so long, by "
                    "the clock; waiting in the queue does not count. How far it gets depends on the "
                    "machine, so such a result is neither taken from another nor given to one."},

    {"/sweep", OPTION_SWEEP, .also = "grid|vary|search",
     .description = "Several runs in one experiment: for each pointer to a field the values it is "
                    "to have. Several pointers make a grid, the last one changing fastest."},
    {"/sweep/*", OPTION_OBJECT,
     .description = "A list of values of any kind, or a range: {\"from\": 1, \"to\": 20}, or "
                    "{\"from\": 1e-6, \"to\": 0.1, \"steps\": 26, \"scale\": \"log\"}."},
    {"/sweep/*/from", OPTION_NUMBER, .is_required = 1, START, .also = "start|min|low",
     .description = "The first value."},
    {"/sweep/*/to", OPTION_NUMBER, .is_required = 1, START, .also = "end|stop|max|high",
     .description = "The last value."},
    {"/sweep/*/steps", OPTION_INTEGER, .minimum = 2, .maximum = OPTIONS_RUNS_MAX, .unit = "values",
     .also = "n|count|num|points",
     .description = "How many values. Left out: as many as it takes to go from one to the other in "
                    "steps of 1. Values between the ends are rounded to 12 digits."},
    {"/sweep/*/scale", OPTION_CHOICE, .fallback = "\"linear\"", .choices = "linear|log",
     .also = "spacing|space",
     .description = "The same difference between neighbours (linear), or the same ratio (log)."},

    {"/predict", OPTION_LIST, .fallback = "[]", .minimum = 0, .maximum = 1000,
     .also = "prediction|predictions|query",
     .description = "Inputs for which each run gives its prediction when it has ended."},
    {"/predict/*", OPTION_LIST, .minimum = 1, .maximum = DATASET_COLUMNS_MAX - 1,
     .description = "One number for each feature."},
    {"/predict/*/*", OPTION_NUMBER, START, .description = "A number."},

    {"/cache", OPTION_BOOLEAN, .fallback = "true", .also = "use_cache|cached|reuse",
     .description = "Whether an experiment that differs in no more than name and predict, and was or "
                    "is being trained, may answer for this one. A run's numbers are the same "
                    "either way."},
    {NULL, OPTION_OBJECT, .description = ""},
};

/* --- finding rows -------------------------------------------------------------------------- */

const struct option *option_whole(void)
{
    return table;
}

const struct option *option_find(const char *pointer)
{
    for (const struct option *row = table; row->pointer != NULL; row++)
        if (strcmp(row->pointer, pointer) == 0)
            return row;
    return NULL;
}

const struct option *option_below(const struct option *parent, const struct option *child)
{
    size_t n = strlen(parent->pointer);
    const struct option *row = child != NULL ? child + 1 : parent + 1;

    for (; row->pointer != NULL; row++) {
        if (strncmp(row->pointer, parent->pointer, n) != 0 || row->pointer[n] != '/')
            return NULL;
        if (strchr(row->pointer + n + 1, '/') == NULL)
            return row;
    }
    return NULL;
}

const struct option *option_at(const char *pointer)
{
    const struct option *row = table;

    while (*pointer == '/' && row != NULL) {
        size_t n = strcspn(pointer + 1, "/");
        const struct option *below = option_below(row, NULL);
        for (; below != NULL; below = option_below(row, below)) {
            const char *name = option_name(below);
            if (strcmp(name, "*") == 0 || (strncmp(name, pointer + 1, n) == 0 && name[n] == '\0'))
                break;
        }
        row = below;
        pointer += 1 + n;
    }
    return *pointer == '\0' ? row : NULL;
}

const char *option_name(const struct option *option)
{
    const char *slash = strrchr(option->pointer, '/');
    return slash != NULL ? slash + 1 : "";
}

int option_holds(const char *when, const json_t *object)
{
    char field[32];

    snprintf(field, sizeof field, "%.*s", (int)strcspn(when, "="), when);
    const char *word = json_string_value(json_object_get(object, field));
    return word == NULL ? -1 : option_has_word(strchr(when, '=') + 1, word);
}

int option_has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; at != NULL; at = strchr(at, '|'), at = at ? at + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return n > 0;
    return 0;
}

/* --- the table as JSON --------------------------------------------------------------------- */

static const char *const type_names[] = {"object",  "map",    "columns", "list",
                                         "text",    "name",   "formula", "choice",
                                         "integer", "number", "boolean", "sweep"};

/* "one|two" as ["one", "two"]; a new reference. */
static json_t *words_json(const char *words)
{
    json_t *list = json_array();

    while (list != NULL && *words != '\0') {
        size_t n = strcspn(words, "|");
        if (json_array_append_new(list, json_stringn(words, n)) < 0) {
            json_decref(list);
            return NULL;
        }
        words += words[n] == '|' ? n + 1 : n;
    }
    return list;
}

/* {"field": "kind", "values": ["table"]} of "kind=table"; a new reference. */
static json_t *when_json(const char *when)
{
    size_t n = strcspn(when, "=");
    return json_pack("{s:s%,s:o}", "field", when, n, "values", words_json(when + n + 1));
}

static json_t *but_json(const struct option *row)
{
    json_t *json = when_json(row->but_when);
    if (json != NULL && json_object_set_new(json, "default",
                                            json_loads(row->but, JSON_DECODE_ANY, NULL)) < 0) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

/* A whole number as an integer, so that limits read 4096 and not 4096.0; a new reference. */
static json_t *limit_json(double value)
{
    return fabs(value) < 1e15 && value == floor(value) ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

/* Whether the row's limits mean anything. */
static int has_limits(const struct option *row)
{
    return row->type != OPTION_OBJECT && row->type != OPTION_CHOICE &&
           row->type != OPTION_BOOLEAN && row->type != OPTION_SWEEP;
}

static json_t *row_json(const struct option *row)
{
    json_t *json = json_pack("{s:s,s:s,s:s}", "pointer", row->pointer, "type",
                             type_names[row->type], "description", row->description);
    int failed = json == NULL;

    if (row->unit != NULL)
        failed |= json_object_set_new(json, "unit", json_string(row->unit));
    if (row->fallback != NULL)
        failed |=
            json_object_set_new(json, "default", json_loads(row->fallback, JSON_DECODE_ANY, NULL));
    if (row->last != NULL)
        failed |=
            json_object_set_new(json, "default_last", json_loads(row->last, JSON_DECODE_ANY, NULL));
    if (row->is_required)
        failed |= json_object_set_new(json, "required", json_true());
    if (row->unless != NULL)
        failed |= json_object_set_new(json, "unless", json_string(row->unless));
    if (has_limits(row) && isfinite(row->minimum))
        failed |= json_object_set_new(json, "minimum", limit_json(row->minimum));
    if (row->is_above)
        failed |= json_object_set_new(json, "above", json_true());
    if (has_limits(row) && isfinite(row->maximum))
        failed |= json_object_set_new(json, "maximum", limit_json(row->maximum));
    if (row->choices != NULL)
        failed |= json_object_set_new(json, "choices", words_json(row->choices));
    if (row->but_when != NULL)
        failed |= json_object_set_new(json, "default_when", but_json(row));
    if (row->when != NULL)
        failed |= json_object_set_new(json, "when", when_json(row->when));
    if (failed)
        json_decref(json);
    return failed ? NULL : json;
}

static json_t *limits_json(void)
{
    return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "body_bytes",
                     OPTIONS_BODY_BYTES_MAX, "runs", OPTIONS_RUNS_MAX, "exact_epochs",
                     HISTORY_RUN_EPOCHS, "exact_epochs_of_all_runs", HISTORY_EXPERIMENT_EPOCHS,
                     "envelope_buckets", HISTORY_BUCKETS, "replayed_epochs", HISTORY_REPLAY_EPOCHS,
                     "parameters", NETWORK_PARAMETERS_MAX,
                     "parameters_of_all_runs", OPTIONS_PARAMETERS_MAX, "predictions_of_all_runs",
                     OPTIONS_PREDICTIONS_MAX, "dataset_values", OPTIONS_DATASET_VALUES_MAX,
                     "dataset_values_of_all_runs", OPTIONS_VALUES_MAX, "metric_work",
                     OPTIONS_METRIC_WORK_MAX, "depth", JSON_DEPTH_MAX);
}

json_t *options_json(void)
{
    json_t *fields = json_array();

    for (const struct option *row = table + 1; row->pointer != NULL && fields != NULL; row++) {
        if (json_array_append_new(fields, row_json(row)) < 0) {
            json_decref(fields);
            fields = NULL;
        }
    }
    return json_pack("{s:o,s:o}", "fields", fields, "limits", limits_json());
}
