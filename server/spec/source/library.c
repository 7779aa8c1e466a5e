/* The files that specs take their data from. */
#include "server/spec/source/library.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* A file's bytes; the assembler reads them from the top of the source tree. */
#define FILE_BYTES(name)                                                                           \
    __asm__(".pushsection .rodata\n" #name "_start:\n"                                             \
            ".incbin \"server/spec/source/" #name ".csv\"\n" #name "_end:\n"                       \
            ".popsection\n");                                                                      \
    extern const char name##_start[] __attribute__((visibility("hidden")));                        \
    extern const char name##_end[] __attribute__((visibility("hidden")))

FILE_BYTES(iris);
FILE_BYTES(anscombe);
FILE_BYTES(digits);
FILE_BYTES(wine);

/* The files that come with the server; sources.txt says where they are from. */
static const struct {
    const char *name, *start, *end;
} files[] = {
    {"iris", iris_start, iris_end},
    {"anscombe", anscombe_start, anscombe_end},
    {"digits", digits_start, digits_end},
    {"wine", wine_start, wine_end},
};
static const size_t n_files = sizeof files / sizeof files[0];

struct volume {
    char *id;
    struct csv *csv;   /* NULL: it could not be had */
    size_t *n_classes; /* [n_columns] 0: not yet counted */
    struct error error;
    struct volume *next;
};

struct library {
    library_fetch_fn fetch;
    void *context;
    struct volume *first;
};

static const struct error no_memory = {ERROR_MEMORY, "out of memory while reading a data set"};

struct library *library_create(library_fetch_fn fetch, void *context, struct error *error)
{
    struct library *library = memory_array(1, sizeof *library, error);
    if (library == NULL)
        return NULL;
    library->fetch = fetch;
    library->context = context;
    return library;
}

void library_destroy(struct library *library)
{
    if (library == NULL)
        return;
    while (library->first != NULL) {
        struct volume *volume = library->first;
        library->first = volume->next;
        csv_destroy(volume->csv);
        free(volume->n_classes);
        free(volume->id);
        free(volume);
    }
    free(library);
}

/* Which of the files that come with the server has this id; n_files: none. */
static size_t find_file(const char *id)
{
    size_t i = 0;
    while (i < n_files && strcmp(id, files[i].name) != 0)
        i++;
    return i;
}

static struct csv *read_file(const struct library *library, const char *id, struct error *error)
{
    size_t i = find_file(id);
    if (i < n_files)
        return csv_parse(files[i].start, (size_t)(files[i].end - files[i].start), error);
    if (library->fetch != NULL)
        return library->fetch(library->context, id, error);
    error_set(error, ERROR_NOT_FOUND, "there is no data set %.40s", id);
    return NULL;
}

/* A new volume at the front of the library; NULL for memory. */
static struct volume *add_volume(struct library *library, const char *id)
{
    struct volume *volume = memory_array(1, sizeof *volume, NULL);

    if (volume == NULL)
        return NULL;
    volume->id = memory_text(id, NULL);
    if (volume->id == NULL) {
        free(volume);
        return NULL;
    }
    volume->next = library->first;
    library->first = volume;
    volume->csv = read_file(library, id, &volume->error);
    if (volume->csv != NULL)
        volume->n_classes =
            memory_array(volume->csv->n_columns, sizeof *volume->n_classes, &volume->error);
    if (volume->csv != NULL && volume->n_classes == NULL) {
        csv_destroy(volume->csv);
        volume->csv = NULL;
    }
    return volume;
}

static struct volume *find(struct library *library, const char *id)
{
    struct volume *volume = library->first;

    while (volume != NULL && strcmp(volume->id, id) != 0)
        volume = volume->next;
    return volume != NULL ? volume : add_volume(library, id);
}

const struct csv *library_find(struct library *library, const char *id,
                               const struct error **out_error)
{
    const struct volume *volume = find(library, id);

    *out_error = volume != NULL ? &volume->error : &no_memory;
    return volume != NULL ? volume->csv : NULL;
}

const char *library_upload(const struct library *library, int i)
{
    for (const struct volume *volume = library->first; volume != NULL; volume = volume->next)
        if (volume->csv != NULL && find_file(volume->id) == n_files && i-- == 0)
            return volume->id;
    return NULL;
}

size_t library_n_classes(struct library *library, const char *id, size_t column)
{
    const char *classes[CSV_CLASSES_MAX];
    struct volume *volume = find(library, id);

    if (volume == NULL || volume->csv == NULL)
        return 0;
    if (volume->n_classes[column] == 0)
        volume->n_classes[column] = csv_classes(volume->csv, column, classes);
    return volume->n_classes[column];
}
