/* Results that several experiments show: trained for one, the source, and had by the others.
 *
 * Two experiments of the same content come to the same bits. One that is submitted while another of
 * its content is being trained waits, its runs queued; when the other has ended well it shows that
 * one's runs and log as its own: `data` is then the key they stand under, and its own rows are
 * gone. When the other is cancelled, fails or is deleted, the oldest that waited takes its place
 * and the others wait for that. All this happens in the transaction that ends the other, so every
 * moment of the store is one of these: source '' (its own), source set and data NULL (it waits),
 * both set (it shares). Rows under a key stay until no experiment shows them.
 *
 * Who waited is told after the commit (engine_listen). */
#include "server/engine/sqlite/store.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

static int64_t own_or(int64_t data, int64_t key)
{
    return data != 0 ? data : key;
}

/* --- submitting ---------------------------------------------------------------------------- */

int share_find(struct engine *engine, const unsigned char *content, struct share *out,
               struct error *error)
{
    *out = (struct share){.data = 0};
    if (content == NULL)
        return 0;
    struct query query;
    query_start(&query, &engine->writer,
                "SELECT key, id, source, data, n_queued + n_running FROM experiment"
                "  WHERE content = ? AND n_cancelled + n_failed = 0"
                "    AND (source = '' OR data IS NOT NULL) ORDER BY key LIMIT 1",
                error);
    query_bind_bytes(&query, content, ENGINE_DIGEST_BYTES);
    if (query_step(&query)) {
        const char *source = query_text(&query, 2);
        if (source[0] == '\0')
            source = query_text(&query, 1);
        memcpy(out->source, source, strnlen(source, sizeof out->source - 1));
        if (query_integer(&query, 4) == 0)
            out->data = own_or(query_integer(&query, 3), query_integer(&query, 0));
    }
    return query_end(&query);
}

/* The counts of the rows that it shows from now on. */
static int take_data(struct engine *engine, int64_t key, int64_t data, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE experiment SET data = ?1, n_queued = 0,"
                "  n_done = (SELECT count(*) FROM run WHERE experiment = ?1 AND state = 'done'),"
                "  n_diverged ="
                "    (SELECT count(*) FROM run WHERE experiment = ?1 AND state = 'diverged')"
                "  WHERE key = ?2",
                error);
    query_bind_integer(&query, data);
    query_bind_integer(&query, key);
    return query_run(&query);
}

static int set_source(struct engine *engine, int64_t key, const char *source, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer, "UPDATE experiment SET source = ? WHERE key = ?", error);
    query_bind_text(&query, source);
    query_bind_integer(&query, key);
    return query_run(&query);
}

int share_use(struct engine *engine, int64_t key, const struct share *share, struct error *error)
{
    if (set_source(engine, key, share->source, error) != 0)
        return -1;
    return share->data != 0 ? take_data(engine, key, share->data, error) : 0;
}

/* --- those that waited --------------------------------------------------------------------- */

/* An experiment that waits no more: with the runs it must train now, or 0. */
struct settled {
    char id[ENGINE_ID_BYTES];
    int64_t key;
    int n_runs;
    struct settled *next;
};

static void settled_free(struct settled *first)
{
    while (first != NULL) {
        struct settled *next = first->next;
        free(first);
        first = next;
    }
}

/* Those that wait for `id`, oldest first, into *out, which the caller frees in any case. */
static int list_waiting(struct engine *engine, const char *id, struct settled **out,
                        struct error *error)
{
    struct query query;
    struct settled **end = out;
    *out = NULL;
    query_start(&query, &engine->writer,
                "SELECT key, id, n_runs FROM experiment WHERE source = ? AND data IS NULL"
                "  ORDER BY key",
                error);
    query_bind_text(&query, id);
    while (query_step(&query)) {
        struct settled *waiting = memory_array(1, sizeof *waiting, error);
        if (waiting == NULL) {
            query.failed = 1;
            break;
        }
        const char *name = query_text(&query, 1);
        memcpy(waiting->id, name, strnlen(name, sizeof waiting->id - 1));
        waiting->key = query_integer(&query, 0);
        waiting->n_runs = (int)query_integer(&query, 2);
        *end = waiting;
        end = &waiting->next;
    }
    return query_end(&query);
}

/* All of them show the rows of `data`; their own runs were never begun. */
static int give_data(struct engine *engine, struct settled *first, int64_t data,
                     struct error *error)
{
    for (struct settled *waiting = first; waiting != NULL; waiting = waiting->next) {
        struct query query;
        query_start(&query, &engine->writer, "DELETE FROM run WHERE experiment = ?", error);
        query_bind_integer(&query, waiting->key);
        if (query_run(&query) != 0 || take_data(engine, waiting->key, data, error) != 0)
            return -1;
        waiting->n_runs = 0;
    }
    return 0;
}

/* The first is to be trained, the others wait for it: only the first is settled. */
static int promote(struct engine *engine, struct settled *first, struct error *error)
{
    if (set_source(engine, first->key, "", error) != 0)
        return -1;
    for (struct settled *waiting = first->next; waiting != NULL; waiting = waiting->next)
        if (set_source(engine, waiting->key, first->id, error) != 0)
            return -1;
    settled_free(first->next);
    first->next = NULL;
    return 0;
}

enum outcome { OUTCOME_LOST, OUTCOME_OPEN, OUTCOME_GOOD };

/* What became of `id`; LOST too when it is gone. *out_data: what its results stand under. */
static int find_outcome(struct engine *engine, const char *id, enum outcome *out, int64_t *out_data,
                        struct error *error)
{
    struct query query;
    *out = OUTCOME_LOST;
    query_start(&query, &engine->writer,
                "SELECT key, data, n_queued + n_running, n_cancelled + n_failed FROM experiment"
                "  WHERE id = ?",
                error);
    query_bind_text(&query, id);
    if (query_step(&query)) {
        *out_data = own_or(query_integer(&query, 1), query_integer(&query, 0));
        *out = query_integer(&query, 3) > 0   ? OUTCOME_LOST
               : query_integer(&query, 2) > 0 ? OUTCOME_OPEN
                                              : OUTCOME_GOOD;
    }
    return query_end(&query);
}

int share_settle(struct engine *engine, const char *id, struct error *error)
{
    struct settled *waiting, **end = &engine->settled;
    enum outcome outcome = OUTCOME_OPEN;
    int64_t data = 0;
    int result = list_waiting(engine, id, &waiting, error);
    if (result == 0 && waiting != NULL)
        result = find_outcome(engine, id, &outcome, &data, error);
    if (result == 0 && outcome == OUTCOME_GOOD)
        result = give_data(engine, waiting, data, error);
    if (result == 0 && outcome == OUTCOME_LOST)
        result = promote(engine, waiting, error);
    if (result != 0 || outcome == OUTCOME_OPEN) { /* all wait on */
        settled_free(waiting);
        return result;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = waiting;
    return 0;
}

void share_tell(struct engine *engine, struct settled *first, int is_committed)
{
    for (struct settled *settled = first; settled != NULL && is_committed; settled = settled->next)
        if (engine->listener != NULL)
            engine->listener(engine->listener_context, settled->id, settled->n_runs);
    settled_free(first);
}

void engine_listen(struct engine *engine, engine_settled_fn settled, void *context)
{
    engine->listener = settled;
    engine->listener_context = context;
}

/* --- deleting ------------------------------------------------------------------------------ */

int share_is_shown(struct engine *engine, int64_t data, int *out_is_shown, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "SELECT 1 FROM experiment WHERE key = ?1 UNION ALL"
                "  SELECT 1 FROM experiment WHERE data = ?1 LIMIT 1",
                error);
    query_bind_integer(&query, data);
    *out_is_shown = query_step(&query);
    return query_end(&query);
}
