/* Named values as JSON: what is open stands on a stack, and goes into what is around it when it
 * closes. */
#include "server/base/json_teller.h"

#include "server/base/json.h"

/* Adds `value` (taken) to what is open. */
static void add(struct json_teller *teller, const char *name, json_t *value)
{
    if (teller->has_failed || value == NULL) {
        json_decref(value);
        teller->has_failed = 1;
        return;
    }
    json_t *around = teller->open[teller->depth - 1];
    int result = json_is_array(around) ? json_array_append_new(around, value)
                                       : json_object_set_new(around, name, value);
    if (result != 0)
        teller->has_failed = 1;
}

static void take_open(void *context, const char *name, int is_list)
{
    struct json_teller *teller = context;
    json_t *value = teller->depth < JSON_TELLER_DEPTH_MAX ? is_list ? json_array() : json_object()
                                                          : NULL;
    if (teller->has_failed || value == NULL) {
        json_decref(value);
        teller->has_failed = 1;
        return;
    }
    teller->names[teller->depth] = name;
    teller->open[teller->depth++] = value;
}

static void take_close(void *context)
{
    struct json_teller *teller = context;
    if (teller->has_failed)
        return;
    if (teller->depth < 2) {
        teller->has_failed = 1;
        return;
    }
    teller->depth--;
    add(teller, teller->names[teller->depth], teller->open[teller->depth]);
}

static void take_number(void *context, const char *name, double value)
{
    add(context, name, json_number(value));
}

static void take_integer(void *context, const char *name, int64_t value)
{
    add(context, name, json_integer(value));
}

static void take_flag(void *context, const char *name, int value)
{
    add(context, name, json_boolean(value));
}

static void take_text(void *context, const char *name, const char *value)
{
    add(context, name, value == NULL ? json_null() : json_string(value));
}

void json_teller_init(struct json_teller *teller)
{
    *teller = (struct json_teller){
        .teller = {.context = teller, .open = take_open, .close = take_close,
                   .number = take_number, .integer = take_integer, .flag = take_flag,
                   .text = take_text},
        .depth = 1,
    };
    teller->open[0] = json_object();
    teller->has_failed = teller->open[0] == NULL;
}

json_t *json_teller_take(struct json_teller *teller)
{
    int is_whole = !teller->has_failed && teller->depth == 1;
    for (int i = teller->depth - 1; i >= is_whole; i--)
        json_decref(teller->open[i]);
    return is_whole ? teller->open[0] : NULL;
}
