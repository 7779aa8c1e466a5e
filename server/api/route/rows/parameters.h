/* Rows of the parameters that routes have. A part of route_table.c, which includes it once. */

/* --- names in queries ---------------------------------------------------------------------- */

static const struct parameter
    validate = {"validate", PARAMETER_FLAG, .fallback = "false",
                .description = "true: checks the spec and trains nothing."},
    limit = {"limit", INTEGER(1, 200), .fallback = "50", .description = "How many at most."},
    cursor = {"cursor", INTEGER(0, INT64_MAX), .fallback = "0",
              .description = "Where to go on: next of the page before. 0: from the newest."},
    from = {"from", INTEGER(1, INT64_MAX), .fallback = "1", .description = "The first epoch."},
    to = {"to", INTEGER(1, INT64_MAX),
          .description = "The last epoch, not before the first. Left out: the last one there is."},
    points = {"points", INTEGER(1, 100000),
              .description = "So many buckets of epochs, each with its lowest and highest loss, as "
                             "JSON. Left out: every epoch that is kept."},
    all_points = {"points", CHOICE("all"),
                  .description = "all: every epoch, never thinned, however far behind the reader."},
    last_event_id = {"last_event_id", TEXT(NULL),
                     .description = "The id of the last event that was read, for those who cannot "
                                    "send the header. One of another stream begins anew."},
    experiments = {"experiments", TEXT("^[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+){0,15}$"),
                   .is_required = 1,
                   .description = "Ids of 1 to 16 experiments, with commas between them."},
    table_format = {"format", CHOICE("json|csv|ndjson"),
                    .description = "Instead of an Accept header: json, csv or ndjson."},
    file_format = {"format", CHOICE("json|csv"),
                   .description = "json: what is in the file; csv: the file as it was sent."},
    data_run = {"run", INTEGER(0, OPTIONS_RUNS_MAX - 1), .fallback = "0",
                .description = "The run whose data they are, in a sweep over data sets."},
    part = {"part", CHOICE("train|validation|test"), .fallback = "train",
            .description = "The part of the data whose losses are compared."},
    compare = {"compare", TEXT("^[0-9]{1,4},[0-9]{1,4}$"),
               .description = "Two settings of the sweep, by their places in its list."},
    claim = {"claim", TEXT("^[^,]+,[^,]+,[^,]+$"),
             .description = "A learning rate, a number of epochs and a loss that is said to be "
                            "reached with them, to be examined."},
    epoch = {"epoch", EPOCH(0),
             .description = "After how many epochs: any number that the run has finished, or best, "
                            "that of the best loss. Left out: all that it has finished."},
    step_epoch = {"epoch", EPOCH(1), .fallback = "1",
                  .description = "The epoch of the update: one that the run has finished, or that "
                                 "it diverged in; or best, that of the best loss."},
    sample = {"sample", INTEGER(0, UINT32_MAX),
              .description = "The sample's place in the order of that epoch, counted from 0. Left "
                             "out: the whole epoch, row by row; of a check the first."},
    kind = {"kind", CHOICE("parameters|eigenvectors|path|between|random"),
            .fallback = "parameters",
            .description = "Along what the loss is shown: one or two parameters, eigenvectors of "
                           "the Hessian, the path of the training, the way to other runs, or "
                           "random directions."},
    axis_x = {"x", TEXT(NULL),
              .description = "What the first axis is: a parameter's name (w1), the rank of an "
                             "eigenvector from 0, another run (3, or experiment:3), or a seed."},
    axis_y = {"y", TEXT(NULL), .description = "What the second axis is, in the same words."},
    span = {"span", .type = PARAMETER_NUMBER, .minimum = 0, .maximum = 1000000,
            .description = "How far the axes reach to either side. Left out: as far as is worth "
                           "seeing."},
    places = {"points", INTEGER(2, LOOK_LINE_MAX),
              .description = "Places along a line, or along each side of a plane, of which fewer "
                             "are allowed."};

/* --- headers ------------------------------------------------------------------------------- */

static const struct parameter
    prefer = {"Prefer", TEXT(NULL),
              .description = "wait=N: the answer comes when the training has ended, or after N "
                             "seconds, at most 60."},
    prefer_explained = {"Prefer", TEXT(NULL),
                        .description = "wait=N: the answer comes when all is known about the run, "
                                       "or after N seconds, at most 60."},
    idempotency_key = {"Idempotency-Key", TEXT("^[!-~]{1,64}$"),
                       .description = "Sent again within a day with the same body, it makes "
                                      "nothing new and gives the same experiment."},
    last_event_id_header = {"Last-Event-ID", TEXT(NULL),
                            .description = "The id of the last event that was read."};
