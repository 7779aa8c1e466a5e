/* Rows of the table of options: /network. A part of table.c, which includes it once. */

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
