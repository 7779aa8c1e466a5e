/* The engine under many threads at once: what each was told holds, and the sums are right. */
#include "tests/server/engine_fixture.h"

#include <pthread.h>
#include <sched.h>

enum { OWN_RUNS = 4, OWN_CHUNKS = 60, RACE_RUNS = 40, SUBMISSIONS = 40, READERS = 20 };

/* Tests only end on their own thread; the others leave the first thing they saw wrong here. */
struct party {
    struct engine *engine;
    int n_race_claims; /* atomic, like those below */
    int n_race_cancelled;
    int n_appenders_left;
    int n_wrong;
    char wrong[400];
};

static void note_wrong(struct party *party, int line, const char *what, const struct error *error)
{
    if (__atomic_fetch_add(&party->n_wrong, 1, __ATOMIC_SEQ_CST) == 0)
        snprintf(party->wrong, sizeof party->wrong, "line %d: %s: %.200s", line, what, error->text);
}

#define expect(party, error, condition)                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            note_wrong(party, __LINE__, #condition, error);                                        \
    } while (0)

struct guest {
    struct party *party;
    int number;
};

/* --- appenders: each its own experiment, giving runs back now and then ----------------------- */

static enum engine_result append_made(struct party *party, const struct engine_claim *taken,
                                      int64_t first, size_t n, struct error *error)
{
    struct made_chunk made;
    chunk_make(&made, taken->run, first, n);
    enum engine_result result = engine_append(party->engine, taken, &made.chunk, error);
    free(made.losses);
    return result;
}

static void train_own(struct party *party, const char *id, int run, struct error *error)
{
    struct engine_claim taken;
    struct engine_chunk nothing = {0};
    int64_t epoch = 0;
    expect(party, error, engine_claim(party->engine, id, run, &taken, error) == ENGINE_OK);
    for (int i = 0; i < OWN_CHUNKS; i++) {
        size_t n = (size_t)(1 + (i * 37 + run) % 300);
        expect(party, error, append_made(party, &taken, epoch + 1, n, error) == ENGINE_OK);
        epoch += (int64_t)n;
        if (i % 20 == 19) {
            struct engine_claim old = taken;
            expect(party, error, engine_release(party->engine, &taken, error) == ENGINE_OK);
            expect(party, error, engine_claim(party->engine, id, run, &taken, error) == ENGINE_OK);
            expect(party, error, append_made(party, &old, epoch + 1, 1, error) == ENGINE_FENCED);
        }
    }
    expect(party, error,
           engine_finish(party->engine, &taken, &nothing, RUN_DONE, "", 0, -1, error) == ENGINE_OK);
}

static void *append_own(void *context)
{
    struct guest *guest = context;
    struct error error = ERROR_INIT;
    for (int run = 0; run < OWN_RUNS; run++)
        train_own(guest->party, guest->number == 0 ? "own0" : "own1", run, &error);
    __atomic_sub_fetch(&guest->party->n_appenders_left, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* --- racers: claim the same runs; one gets each, until somebody cancels them all -------------- */

static void *race(void *context)
{
    struct party *party = ((struct guest *)context)->party;
    struct error error = ERROR_INIT;
    for (int run = 0; run < RACE_RUNS; run++) {
        struct engine_claim taken;
        enum engine_result result = engine_claim(party->engine, "race", run, &taken, &error);
        expect(party, &error, result != ENGINE_ERROR);
        if (result == ENGINE_OK)
            __atomic_add_fetch(&party->n_race_claims, 1, __ATOMIC_SEQ_CST);
        for (int64_t epoch = 1; result == ENGINE_OK && epoch <= 5; epoch++) {
            result = append_made(party, &taken, epoch, 1, &error);
            expect(party, &error, result != ENGINE_ERROR);
        }
    }
    return NULL;
}

/* --- the others ---------------------------------------------------------------------------- */

static void *cancel_race(void *context)
{
    struct party *party = ((struct guest *)context)->party;
    struct error error = ERROR_INIT;
    while (__atomic_load_n(&party->n_race_claims, __ATOMIC_SEQ_CST) < RACE_RUNS / 4 &&
           __atomic_load_n(&party->n_wrong, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
    int n, n_again;
    int64_t before, after;
    expect(party, &error, engine_cancel(party->engine, "race", &n, &error) == 0);
    expect(party, &error, engine_last_sequence(party->engine, "race", &before, &error) == 0);
    expect(party, &error, engine_cancel(party->engine, "race", &n_again, &error) == 0);
    expect(party, &error, n_again == 0);
    expect(party, &error, engine_last_sequence(party->engine, "race", &after, &error) == 0);
    expect(party, &error, after == before);
    __atomic_store_n(&party->n_race_cancelled, n, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Submits, finds, renames and deletes; every second one stays. */
static void *submit_many(void *context)
{
    struct guest *guest = context;
    struct party *party = guest->party;
    struct error error = ERROR_INIT;
    const char *overrides[] = {"{}", "{}", "{}"};
    for (int i = 0; i < SUBMISSIONS; i++) {
        char id[ENGINE_ID_BYTES];
        struct engine_experiment found;
        snprintf(id, sizeof id, "s%d-%d", guest->number, i);
        expect(party, &error,
               engine_submit(party->engine, id, id, "{}", i, overrides, 3, &error) == 0);
        expect(party, &error, engine_rename(party->engine, id, "renamed", &error) == 0);
        if (engine_find(party->engine, id, &found, &error) == 0) {
            expect(party, &error, strcmp(found.name, "renamed") == 0);
            engine_experiment_clear(&found);
        }
        if (i % 2 == 1)
            expect(party, &error, engine_delete(party->engine, id, &error) == 0);
    }
    return NULL;
}

/* One reader's place in the log of "own0", and what it expects next of each run. */
struct follower {
    struct party *party;
    int64_t sequence;
    int64_t next[OWN_RUNS];
};

static int follow(void *context, const struct engine_entry *entry)
{
    struct follower *follower = context;
    struct party *party = follower->party;
    struct error none = ERROR_INIT;
    expect(party, &none, entry->sequence > follower->sequence);
    follower->sequence = entry->sequence;
    int64_t *next = &follower->next[entry->run];
    expect(party, &none, entry->first == *next - entry->is_state);
    for (size_t i = 0; i < entry->n; i++)
        expect(party, &none, entry->records[i] == loss_of(entry->run, entry->first + (int64_t)i));
    *next += (int64_t)entry->n;
    return 0;
}

/* A run's record is never behind what its log told before. */
static void compare_with_records(struct follower *follower, struct error *error)
{
    struct party *party = follower->party;
    for (int run = 0; run < OWN_RUNS; run++) {
        struct engine_run record;
        double loss = 0;
        size_t n = 0;
        int64_t epoch = follower->next[run] - 1;
        expect(party, error,
               engine_find_run(party->engine, "own0", run, &record, error) == 0 &&
                   record.epoch >= epoch);
        engine_run_clear(&record);
        if (epoch == 0)
            continue;
        expect(party, error,
               read_losses(party->engine, "own0", run, epoch, 1, &loss, &n, error) == 0 &&
                   n == 1 && loss == loss_of(run, epoch));
    }
}

static void *read_along(void *context)
{
    struct party *party = ((struct guest *)context)->party;
    struct error error = ERROR_INIT;
    struct follower follower = {.party = party};
    for (int run = 0; run < OWN_RUNS; run++)
        follower.next[run] = 1;
    int left;
    do {
        left = __atomic_load_n(&party->n_appenders_left, __ATOMIC_SEQ_CST);
        expect(party, &error,
               engine_read_log(party->engine, "own0", follower.sequence, follow, &follower,
                               &error) == 0);
        compare_with_records(&follower, &error);
    } while (left > 0 && __atomic_load_n(&party->n_wrong, __ATOMIC_SEQ_CST) == 0);
    for (int run = 0; run < OWN_RUNS; run++) {
        struct engine_run record;
        expect(party, &error,
               engine_find_run(party->engine, "own0", run, &record, &error) == 0 &&
                   record.epoch == follower.next[run] - 1 && record.state == RUN_DONE);
        engine_run_clear(&record);
    }
    return NULL;
}

/* --- the test ------------------------------------------------------------------------------ */

static int count_one(void *context, const struct engine_experiment *experiment)
{
    int sum = 0;
    for (int s = 0; s < RUN_STATES; s++)
        sum += experiment->n_in_state[s];
    assert_int_equal(sum, experiment->n_runs);
    ++*(int *)context;
    return 0;
}

static void eight_threads_get_what_they_were_told(void **state)
{
    struct store *store = *state;
    void *(*const roles[])(void *) = {append_own,  append_own,  race,       race,
                                      submit_many, submit_many, read_along, cancel_race};
    enum { ROLES = sizeof roles / sizeof roles[0] };
    struct party party = {.engine = store->engine, .n_appenders_left = 2};
    struct guest guests[ROLES];
    pthread_t threads[ROLES];
    submit(store->engine, "own0", OWN_RUNS);
    submit(store->engine, "own1", OWN_RUNS);
    submit(store->engine, "race", RACE_RUNS);
    for (int i = 0; i < ROLES; i++) {
        guests[i] = (struct guest){&party, i % 2};
        assert_int_equal(pthread_create(&threads[i], NULL, roles[i], &guests[i]), 0);
    }
    for (int i = 0; i < ROLES; i++)
        pthread_join(threads[i], NULL);
    if (party.n_wrong > 0)
        fail_msg("%d times wrong, first %s", party.n_wrong, party.wrong);

    /* Nobody finishes a run of the race, so each is cancelled, once. */
    assert_true(party.n_race_claims >= RACE_RUNS / 4 && party.n_race_claims <= RACE_RUNS);
    assert_int_equal(party.n_race_cancelled, RACE_RUNS);
    int n = 0;
    int64_t cursor;
    must(engine_list(store->engine, 0, 1000, count_one, &n, &cursor, fresh()));
    assert_int_equal(n, 3 + 2 * SUBMISSIONS / 2);
    assert_int_equal(cursor, 0);
}

static int look_and_yield(void *context, const struct engine_entry *entry)
{
    *(size_t *)context += entry->n;
    sched_yield();
    return 0;
}

static void *read_often(void *context)
{
    struct party *party = ((struct guest *)context)->party;
    struct error error = ERROR_INIT;
    for (int i = 0; i < 20; i++) {
        size_t n = 0;
        expect(party, &error,
               engine_read_log(party->engine, "e", 0, look_and_yield, &n, &error) == 0 && n == 500);
    }
    return NULL;
}

static void twenty_threads_read_at_once(void **state)
{
    struct store *store = *state;
    struct party party = {.engine = store->engine};
    struct guest guest = {&party, 0};
    pthread_t threads[READERS];
    submit(store->engine, "e", 1);
    struct engine_claim taken = claim(store->engine, "e", 0);
    for (int64_t first = 1; first <= 500; first += 5)
        must(append(store->engine, &taken, first, 5));
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &guest), 0);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    if (party.n_wrong > 0)
        fail_msg("%d times wrong, first %s", party.n_wrong, party.wrong);
}

/* Reads a run until it is gone. */
static void *read_until_gone(void *context)
{
    struct party *party = ((struct guest *)context)->party;
    struct error error = ERROR_INIT;
    double losses[200];
    size_t n;
    int64_t epoch;
    void *bytes;
    while (read_losses(party->engine, "e", 0, 1, 200, losses, &n, &error) == 0)
        expect(party, &error, n == 200 && losses[199] == loss_of(0, 200));
    expect(party, &error, error.kind == ERROR_NOT_FOUND);
    error = (struct error)ERROR_INIT;
    expect(party, &error,
           engine_checkpoint(party->engine, "e", 0, &bytes, &n, &epoch, &error) == -1 &&
               error.kind == ERROR_NOT_FOUND);
    return NULL;
}

static void a_read_finds_all_of_an_experiment_or_nothing(void **state)
{
    struct store *store = *state;
    struct party party = {.engine = store->engine};
    struct guest guest = {&party, 0};
    for (int round = 0; round < 60; round++) {
        pthread_t threads[2];
        submit(store->engine, "e", 1);
        struct engine_claim taken = claim(store->engine, "e", 0);
        for (int64_t first = 1; first <= 200; first += 20)
            must(append(store->engine, &taken, first, 20));
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, read_until_gone, &guest), 0);
        must(engine_delete(store->engine, "e", fresh()));
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
    }
    if (party.n_wrong > 0)
        fail_msg("%d times wrong, first %s", party.n_wrong, party.wrong);
}

int main(void)
{
    const struct CMUnitTest threads[] = {
        STORE_TEST(eight_threads_get_what_they_were_told),
        STORE_TEST(twenty_threads_read_at_once),
        STORE_TEST(a_read_finds_all_of_an_experiment_or_nothing),
    };
    return run_on_every_engine(threads);
}
