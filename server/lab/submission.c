/* The texts and the digest that a spec is stored as. */
#include "server/lab/submission.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/base/clock.h"
#include "server/base/digest.h"
#include "server/base/id.h"
#include "server/base/json.h"

/* Part of every spec's digest. To be changed when the same spec comes to other bits than before:
 * then no older result answers for it. */
static const char content_version[] = "2 ";

_Static_assert((int)DIGEST_BYTES == (int)ENGINE_DIGEST_BYTES, "a spec's digest is its content");

static char **override_texts(const struct spec *spec, struct error *error)
{
    int n = spec_n_runs(spec);
    char **texts = memory_array((size_t)n + 1, sizeof *texts, error);
    for (int run = 0; texts != NULL && run < n; run++) {
        json_t *overrides = spec_overrides(spec, run);
        texts[run] = overrides == NULL ? NULL : json_text(overrides, NULL);
        json_decref(overrides);
        if (texts[run] == NULL)
            error_set(error, ERROR_MEMORY, "no memory to store the experiment");
    }
    return texts;
}

static void free_texts(char **texts)
{
    for (char **text = texts; text != NULL && *text != NULL; text++)
        free(*text);
    free(texts);
}

/* A digest of all that determines what the spec's runs come to. -1: no memory. */
static int digest_content(const struct spec *spec, unsigned char out[DIGEST_BYTES],
                          struct error *error)
{
    struct text text = {0};
    size_t n_bytes;
    text_printf(&text, "%s", content_version);
    spec_print_content(spec, &text);
    char *bytes = text_take(&text, &n_bytes);
    if (bytes == NULL)
        return error_set(error, ERROR_MEMORY, "no memory to store the experiment");
    digest_of(bytes, n_bytes, out);
    free(bytes);
    return 0;
}

/* The ids of the files it takes data from, borrowed from the spec; the list is the caller's. */
static const char **list_uploads(const struct spec *spec, int *out_n, struct error *error)
{
    int n = 0;
    while (spec_upload(spec, n) != NULL)
        n++;
    const char **ids = memory_array((size_t)n + 1, sizeof *ids, error);
    for (int i = 0; ids != NULL && i < n; i++)
        ids[i] = spec_upload(spec, i);
    *out_n = n;
    return ids;
}

enum engine_once submission_store(struct engine *engine, const struct spec *spec,
                                  const struct engine_key *key, char out_id[ENGINE_ID_BYTES],
                                  struct error *error)
{
    enum engine_once result = ONCE_ERROR;
    char id[ENGINE_ID_BYTES];
    unsigned char content[DIGEST_BYTES];
    char *text = json_text(spec_json(spec), NULL);
    char **overrides = override_texts(spec, error);
    int n_uploads;
    const char **uploads = list_uploads(spec, &n_uploads, error);
    if (text == NULL)
        error_set(error, ERROR_MEMORY, "no memory to store the experiment");
    if (text != NULL && overrides != NULL && uploads != NULL && error->kind == ERROR_NONE &&
        digest_content(spec, content, error) == 0 && id_create(id, error) == 0) {
        const struct engine_submission new = {.id = id,
                                              .name = spec_name(spec),
                                              .spec = text,
                                              .created_ms = clock_wall_ms(),
                                              .overrides = (const char *const *)overrides,
                                              .n_runs = spec_n_runs(spec),
                                              .content = spec_uses_cache(spec) ? content : NULL,
                                              .datasets = uploads,
                                              .n_datasets = n_uploads};
        result = engine_submit_once(engine, &new, key, out_id, error);
        if (result == ONCE_NEW || result == ONCE_SHARED)
            memcpy(out_id, id, sizeof id);
    }
    free(uploads);
    free_texts(overrides);
    free(text);
    return result;
}
