/* Tables of losses: a wide one is whole, and no slice of it keeps the loop. */
#include "tests/server/engine_fixture.h"

#include <time.h>

#include "server/api/table.h"

/* More rows than a window has, so that those of all runs are read anew in the middle. */
enum { RUNS = 700, EPOCHS = 300, BUFFER_BYTES = 16384 };

static void store_losses(struct engine *engine)
{
    submit(engine, "wide", RUNS);
    for (int run = 0; run < RUNS; run++) {
        struct engine_claim taken = claim(engine, "wide", run);
        must(append(engine, &taken, 1, EPOCHS));
    }
}

static struct table *make_table(struct engine *engine, enum call_format format)
{
    struct table_part *parts = calloc(RUNS, sizeof *parts);
    for (int run = 0; run < RUNS; run++)
        parts[run] = (struct table_part){.run = run, .series = LOSS_ALONE, .n_series = 1,
                                          .from = 1, .to = EPOCHS};
    struct table *table = table_create(engine, "wide", parts, RUNS, 0, format, fresh());
    assert_non_null(table);
    free(parts);
    return table;
}

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The whole text; the time on a core of the longest slice and of them all. */
static struct text read_table(struct table *table, double *out_longest_ms, double *out_all_ms)
{
    struct text text = {0};
    char buffer[BUFFER_BYTES];
    ssize_t n;
    *out_longest_ms = *out_all_ms = 0;
    do {
        double began_ms = cpu_ms();
        n = table_read(table, buffer, sizeof buffer);
        double took_ms = cpu_ms() - began_ms;
        *out_all_ms += took_ms;
        *out_longest_ms = took_ms > *out_longest_ms ? took_ms : *out_longest_ms;
        assert_true(n >= 0);
        text_add(&text, buffer, (size_t)n);
    } while (n > 0);
    assert_false(text.failed);
    return text;
}

/* The number that follows `label`, which must stand here. */
static double read_cell(const char **at, const char *label)
{
    size_t n = strlen(label);
    if (strncmp(*at, label, n) != 0)
        fail_msg("got %.40s, expected %s", *at, label);
    char *end;
    double value = strtod(*at + n, &end);
    assert_true(end > *at + n);
    *at = end;
    return value;
}

static void has_every_loss_in_its_place(void **state)
{
    struct store *store = *state;
    double longest_ms, all_ms;
    char label[32];
    store_losses(store->engine);
    for (enum call_format format = FORMAT_CSV; format <= FORMAT_NDJSON; format++) {
        int csv = format == FORMAT_CSV;
        struct table *table = make_table(store->engine, format);
        struct text text = read_table(table, &longest_ms, &all_ms);
        const char *at = csv ? strstr(text.bytes, "\r\n") + 2 : text.bytes;
        for (int64_t epoch = 1; epoch <= EPOCHS; epoch++) {
            assert_true(read_cell(&at, csv ? "" : "{\"epoch\":") == (double)epoch);
            for (int run = 0; run < RUNS; run++) {
                snprintf(label, sizeof label, csv ? "," : ",\"run_%d\":", run);
                assert_same_bits(read_cell(&at, label), loss_of(run, epoch));
            }
            const char *end = csv ? "\r\n" : "}\n";
            assert_int_equal(strncmp(at, end, 2), 0);
            at += 2;
        }
        assert_int_equal(*at, '\0');
        text_clear(&text);
        table_destroy(table);
    }
}

/* Where a slice reads the windows of all runs at once, it takes a seventh of the time of all. Many
 * tries, as a core's caches are others' too. */
static void no_slice_takes_long(void **state)
{
    struct store *store = *state;
    double longest_ms = 1, all_ms = 1;
    store_losses(store->engine);
    for (int i = 0; i < 20 && longest_ms > all_ms / 25; i++) {
        struct table *table = make_table(store->engine, FORMAT_CSV);
        struct text text = read_table(table, &longest_ms, &all_ms);
        text_clear(&text);
        table_destroy(table);
    }
    if (longest_ms > all_ms / 25)
        fail_msg("the longest slice took %.3f of %.3f ms, expected at most a 25th", longest_ms,
                 all_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(has_every_loss_in_its_place),
        STORE_TEST(no_slice_takes_long),
    };
    return run_on_every_engine(tests);
}
