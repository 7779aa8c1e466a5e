/* The shelf: experiments' specs, parsed, kept while in use and a while longer.
 *
 * DESIGN: a list of books, newest use first, under one mutex. A book with holders is never
 * destroyed; idle ones beyond idle_max go, least recently used first. An experiment's spec never
 * changes after it was submitted, so a book never goes stale (renaming changes only the engine's
 * record). Two threads that miss at once may both parse; the second finds the first's book. */
#include "server/lab/shelf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/lab/uploads.h"

struct book {
    struct study study; /* first, so that a study is its book */
    int n_holders;
    int is_removed; /* no longer in the list: the last holder destroys it */
    struct book *next;
};

struct shelf {
    struct engine *engine;
    int idle_max;
    pthread_mutex_t mutex; /* guards `first` and what the books have beside their study */
    struct book *first;
};

struct shelf *shelf_create(struct engine *engine, int idle_max, struct error *error)
{
    struct shelf *shelf = memory_array(1, sizeof *shelf, error);
    if (shelf == NULL)
        return NULL;
    shelf->engine = engine;
    shelf->idle_max = idle_max;
    pthread_mutex_init(&shelf->mutex, NULL);
    return shelf;
}

static void book_destroy(struct book *book)
{
    spec_destroy(book->study.spec);
    free(book);
}

void shelf_destroy(struct shelf *shelf)
{
    if (shelf == NULL)
        return;
    while (shelf->first != NULL) {
        struct book *book = shelf->first;
        shelf->first = book->next;
        book_destroy(book);
    }
    pthread_mutex_destroy(&shelf->mutex);
    free(shelf);
}

static struct book *book_create(const char *id, struct spec *spec, struct error *error)
{
    struct book *book = memory_array(1, sizeof *book, error);
    if (book == NULL)
        return NULL;
    strncpy(book->study.id, id, sizeof book->study.id - 1);
    book->study.spec = spec;
    return book;
}

/* The book of `id`, moved to the front; NULL if it is not here. */
static struct book *find_locked(struct shelf *shelf, const char *id)
{
    for (struct book **link = &shelf->first; *link != NULL; link = &(*link)->next) {
        struct book *book = *link;
        if (strcmp(book->study.id, id) != 0)
            continue;
        *link = book->next;
        book->next = shelf->first;
        shelf->first = book;
        return book;
    }
    return NULL;
}

/* Unlinks the idle books beyond idle_max and returns them as a list, to be destroyed unlocked. */
static struct book *weed_locked(struct shelf *shelf)
{
    struct book *weeds = NULL;
    int n_idle = 0;
    for (struct book **link = &shelf->first; *link != NULL;) {
        struct book *book = *link;
        if (book->n_holders > 0 || ++n_idle <= shelf->idle_max) {
            link = &book->next;
            continue;
        }
        *link = book->next;
        book->next = weeds;
        weeds = book;
    }
    return weeds;
}

/* Shelves `book`, or the one of the same id that came first; the other is destroyed. Returns the
 * one on the shelf with n_holders raised by `hold`. */
static struct book *place(struct shelf *shelf, struct book *book, int hold)
{
    pthread_mutex_lock(&shelf->mutex);
    struct book *found = find_locked(shelf, book->study.id);
    struct book *extra = found == NULL ? NULL : book;
    if (found == NULL) {
        found = book;
        found->next = shelf->first;
        shelf->first = found;
    }
    found->n_holders += hold;
    struct book *weeds = weed_locked(shelf);
    pthread_mutex_unlock(&shelf->mutex);
    if (extra != NULL)
        book_destroy(extra);
    while (weeds != NULL) {
        struct book *next = weeds->next;
        book_destroy(weeds);
        weeds = next;
    }
    return found;
}

void shelf_add(struct shelf *shelf, const char *id, struct spec *spec)
{
    struct book *book = book_create(id, spec, NULL);
    if (book == NULL)
        spec_destroy(spec); /* not kept: it will be read from the engine */
    else
        place(shelf, book, 0);
}

/* Reads the spec that was stored when the experiment was accepted. */
static struct spec *read_spec(struct engine *engine, const char *id, struct error *error)
{
    struct engine_experiment record = {0};
    if (engine_find(engine, id, &record, error) != 0)
        return NULL;
    struct spec *spec = NULL;
    json_t *json = json_loads(record.spec, 0, NULL);
    struct faults *faults = memory_array(1, sizeof *faults, error);
    if (json != NULL && faults != NULL)
        spec = spec_parse_with(json, uploads_fetch, engine, faults);
    if (spec == NULL)
        error_set(error, ERROR_INTERNAL,
                  "the stored spec of experiment %s cannot be read: %.120s %.120s",
                  id, faults == NULL ? "" : faults->items[0].pointer,
                  faults == NULL ? "out of memory" : faults->items[0].detail);
    free(faults);
    json_decref(json);
    engine_experiment_clear(&record);
    return spec;
}

const struct study *shelf_take(struct shelf *shelf, const char *id, struct error *error)
{
    pthread_mutex_lock(&shelf->mutex);
    struct book *book = find_locked(shelf, id);
    if (book != NULL)
        book->n_holders++;
    pthread_mutex_unlock(&shelf->mutex);
    if (book != NULL)
        return &book->study;

    struct spec *spec = read_spec(shelf->engine, id, error);
    if (spec == NULL)
        return NULL;
    book = book_create(id, spec, error);
    if (book == NULL) {
        spec_destroy(spec);
        return NULL;
    }
    return &place(shelf, book, 1)->study;
}

void shelf_release(struct shelf *shelf, const struct study *study)
{
    struct book *book = (struct book *)study;
    pthread_mutex_lock(&shelf->mutex);
    int is_last = --book->n_holders == 0 && book->is_removed;
    pthread_mutex_unlock(&shelf->mutex);
    if (is_last)
        book_destroy(book);
}

void shelf_remove(struct shelf *shelf, const char *id)
{
    pthread_mutex_lock(&shelf->mutex);
    struct book *book = find_locked(shelf, id);
    int is_idle = 0;
    if (book != NULL) {
        shelf->first = book->next; /* found books stand first */
        book->is_removed = 1;
        is_idle = book->n_holders == 0;
    }
    pthread_mutex_unlock(&shelf->mutex);
    if (is_idle)
        book_destroy(book);
}
