/* Rows of the table of options: /dataset. A part of table.c, which includes it once. */
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
                    "seed of its own. Only the train part is trained on; it is what batch_size, "
                    "the order and the printed loss are about. The validation part's loss is "
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
