/* Rows of the table of options: /training. A part of table.c, which includes it once. */
    {"/training", OPTION_OBJECT, .fallback = "{}", .also = "train|fit",
     .description = "How the network is trained."},
    {"/training/loss", OPTION_CHOICE, .fallback = "\"mse\"",
     .choices = "mse|mae|huber|binary_cross_entropy|categorical_cross_entropy",
     .also = "cost|error|criterion",
     .description =
         "What is made small, averaged over the samples; of a sample, with targets t, outputs h "
         "and e = t - h, as in PyTorch. mse: mean of e^2 over the outputs; mae: mean of |e| (slope "
         "0 at 0); huber: mean of e^2 / 2 where |e| is below 1 (delta 1), else |e| - 1/2; "
         "binary_cross_entropy: mean of -t log h - (1 - t) log(1 - h), for sigmoid outputs; "
         "categorical_cross_entropy: sum of -t log h (not a mean), for softmax outputs. Both are "
         "computed from the weighted sums, as PyTorch's with logits, so that no log of 0 is "
         "taken."},
    {"/training/gradient", OPTION_CHOICE, .when = "loss=mse", .fallback = "\"full\"",
     .choices = "full|half",
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
         "How a parameter p follows the slope g of its batch, as in PyTorch; lr is learning_rate, "
         "t counts updates from 1, v, s and m start at 0. sgd: p - lr g; momentum: v = momentum v "
         "+ g, p - lr v (Keras has lr inside v); nesterov: the same v, p - lr (g + momentum v); "
         "adagrad: s = s + g^2, p - lr g / (sqrt(s) + epsilon); rmsprop: s = alpha s + (1 - alpha) "
         "g^2, p - lr g / (sqrt(s) + epsilon) (Keras has epsilon inside the root); adam: m = beta1 "
         "m + (1 - beta1) g, s = beta2 s + (1 - beta2) g^2, p - lr / (1 - beta1^t) m / (sqrt(s / "
         "(1 - beta2^t)) + epsilon); adamw: adam, with weight_decay taken off p by itself."},
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
    {"/training/schedule/every", OPTION_INTEGER, .when = "kind=step", .is_required = 1,
     .minimum = 1, .maximum = 1000000000, .unit = "epochs", .also = "step_size|step|epochs|period",
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
     .description = "How many times to go through the data set. The first million losses of a run "
                    "are kept one by one (fewer in a large sweep, or with several series), later "
                    "ones as an envelope; any of them can be had by replay."},
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
     .description = "Stops at the end of the epoch in which the run has been trained for so long, "
                    "by the clock; waiting in the queue does not count. How far it gets depends on "
                    "the machine, so such a result is neither taken from another nor given to "
                    "one."},
