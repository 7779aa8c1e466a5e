/* The one table of every field a spec may have: type, limits, default, meaning. The parser checks
 * by it, the page builds its form from it, GET /api/v1/options serves it. */
#ifndef SERVER_SPEC_OPTION_OPTIONS_H
#define SERVER_SPEC_OPTION_OPTIONS_H

#include <jansson.h>

/* Limits that hold for a whole data set or a whole experiment, not for one field. */
enum {
    OPTIONS_BODY_BYTES_MAX = 1 << 20,     /* of a posted spec or CSV file */
    OPTIONS_RUNS_MAX = 1024,              /* of a sweep */
    OPTIONS_PARAMETERS_MAX = 16777216,    /* of all runs together: each run keeps its own */
    OPTIONS_PREDICTIONS_MAX = 1048576,    /* of all runs together: rows of predict x outputs */
    OPTIONS_DATASET_VALUES_MAX = 1000000, /* of one data set: samples x columns */
    OPTIONS_VALUES_MAX = 4000000,         /* of all different data sets of a sweep together */
    OPTIONS_METRIC_WORK_MAX = 1000000000, /* of a run's metrics: samples x parameters */
    OPTIONS_AXES_MAX = 16,                /* pointers in a sweep */
    OPTIONS_STATE_MAX = 700000            /* characters: a spec with a state can be posted again */
};

enum option_type {
    OPTION_OBJECT,  /* its members are the rows below it */
    OPTION_MAP,     /* an object whose members have names of the user's choice (as for
                       OPTION_NAME) */
    OPTION_COLUMNS, /* a map, or a list, of columns */
    OPTION_LIST,    /* its elements are as the row below it */
    OPTION_TEXT,    /* one line */
    OPTION_NAME,    /* letters, digits and _, the first one no digit, shorter than
                       DATASET_NAME_BYTES */
    OPTION_FORMULA, /* Python arithmetic, see core/data/formula/formula.h */
    OPTION_CHOICE,  /* one of a few words */
    OPTION_INTEGER, /* also 1e3 or 5.0: JSON knows one kind of number */
    OPTION_NUMBER,
    OPTION_BOOLEAN, /* true or false */
    OPTION_SWEEP /* see sweep.h */
};

/* One row. The rows stand in the order in which normalised specs are written, every row followed
 * by those below it. */
struct option {
    const char *pointer; /* RFC 6901; "*" stands for any member or element */
    enum option_type type;
    const char *when;        /* "kind=table": only with that word in that sibling, a row above;
                                several words as "kind=a|b"; NULL: always */
    int is_required;         /* where it applies; then without a default */
    const char *unless;      /* not required beside that sibling */
    const char *fallback;    /* the default as JSON text; NULL: may be absent */
    const char *last;        /* the default in the last element of a list, where it differs */
    const char *but_when;    /* as `when`: with these words in that sibling the default is */
    const char *but;         /* ... this */
    const char *absent;      /* without a default: the value that says what leaving it out says */
    int is_made;             /* a fork makes it: never what somebody meant who wrote another name */
    double minimum, maximum; /* of the value, or the number of items or characters */
    int is_above;            /* 1: more than the minimum, never equal to it */
    const char *choices;     /* "mean|sum" */
    const char *unit;
    const char *also; /* words people use for it, to guess what was meant: "lr|eta" */
    const char *description;
};

/* The row for the whole spec, the first one. */
const struct option *option_whole(void);

/* The row with this pointer as it stands in the table, or NULL. */
const struct option *option_find(const char *pointer);

/* The rows directly below `parent`: the first one (after NULL), the one after `child`, NULL at the
 * end. */
const struct option *option_below(const struct option *parent, const struct option *child);

/* The row for the field at `pointer`, in which names and numbers may stand for "*"; or NULL. */
const struct option *option_at(const char *pointer);

/* The last name of its pointer: "learning_rate". */
const char *option_name(const struct option *option);

/* Whether `object` has, in the field that `when` is about, one of its words: 1 or 0; -1 where it
 * has no word there. */
int option_holds(const char *when, const json_t *object);

/* 1 if `word` is one of the words in "one|two|three"; NULL holds none. */
int option_has_word(const char *words, const char *word);

/* "one|two" as ["one", "two"]; a new reference, NULL on memory failure. */
json_t *option_words_json(const char *words);

/* The table as JSON: {"fields": [{"pointer", "type", "description", and where they apply "unit",
 * "default", "default_last" (in the last element of a list), "default_when": {"field", "values",
 * "default"} (another one with one of these words in that sibling), "required": true, "unless" (a
 * sibling beside which it is not), "minimum", "above": true (more than the minimum), "maximum",
 * "choices", "when": {"field", "values"} (only with one of these words in that sibling)}],
 * "limits": {...}}. A new reference; NULL on memory failure. */
json_t *options_json(void);

#endif
