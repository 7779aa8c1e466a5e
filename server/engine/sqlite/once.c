/* Keys of submissions: what was sent once is not stored twice. */
#include "server/engine/sqlite/store.h"

#include <string.h>

static int check_key(const struct engine_key *key, struct error *error)
{
    if (key->key[0] == '\0' || strlen(key->key) >= ENGINE_KEY_BYTES)
        return error_set(error, ERROR_INVALID, "key: got '%.80s', expected 1 to %d bytes", key->key,
                         ENGINE_KEY_BYTES - 1);
    return 0;
}

static enum engine_once look(struct connection *connection, const struct engine_key *key,
                             int64_t now_ms, char out_id[ENGINE_ID_BYTES], struct error *error)
{
    enum engine_once result = ONCE_NEW;
    struct query query;
    query_start(&query, connection,
                "SELECT id, digest FROM submission WHERE key = ? AND created_ms > ?", error);
    query_bind_text(&query, key->key);
    query_bind_integer(&query, now_ms - ENGINE_KEY_LIFE_MS);
    if (query_step(&query)) {
        size_t n_bytes;
        const char *id = query_text(&query, 0);
        const void *digest = query_bytes(&query, 1, &n_bytes);
        int is_same =
            n_bytes == ENGINE_DIGEST_BYTES && memcmp(digest, key->digest, ENGINE_DIGEST_BYTES) == 0;
        result = is_same ? ONCE_AGAIN : ONCE_OTHER;
        memset(out_id, 0, ENGINE_ID_BYTES);
        memcpy(out_id, id, strnlen(id, ENGINE_ID_BYTES - 1));
    }
    return query_end(&query) == 0 ? result : ONCE_ERROR;
}

enum engine_once engine_find_key(struct engine *engine, const struct engine_key *key,
                                 int64_t now_ms, char out_id[ENGINE_ID_BYTES], struct error *error)
{
    if (check_key(key, error) != 0)
        return ONCE_ERROR;
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return ONCE_ERROR;
    enum engine_once result = look(&reader->connection, key, now_ms, out_id, error);
    reader_give(engine, reader);
    return result;
}

/* What is too old, and what is too much with the one that is to come. */
static int forget(struct engine *engine, int64_t now_ms, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "DELETE FROM submission WHERE created_ms <= ? OR number <="
                "  (SELECT max(number) FROM submission) - ?",
                error);
    query_bind_integer(&query, now_ms - ENGINE_KEY_LIFE_MS);
    query_bind_integer(&query, ENGINE_KEYS_MAX - 1);
    return query_run(&query);
}

enum engine_once once_look(struct engine *engine, const struct engine_key *key, int64_t now_ms,
                           char out_id[ENGINE_ID_BYTES], struct error *error)
{
    if (check_key(key, error) != 0)
        return ONCE_ERROR;
    enum engine_once result = look(&engine->writer, key, now_ms, out_id, error);
    if (result == ONCE_NEW && forget(engine, now_ms, error) != 0)
        result = ONCE_ERROR;
    return result;
}

int once_note(struct engine *engine, const struct engine_key *key,
              const struct engine_submission *submission, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO submission(key, digest, id, created_ms) VALUES(?, ?, ?, ?)", error);
    query_bind_text(&query, key->key);
    query_bind_bytes(&query, key->digest, sizeof key->digest);
    query_bind_text(&query, submission->id);
    query_bind_integer(&query, submission->created_ms);
    return query_run(&query);
}
