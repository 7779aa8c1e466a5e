/* Lines of the log: quoting, cutting, levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "server/base/log.h"

/* What `write` puts on standard error, up to a pipe's worth. */
static char caught[65536];

static void catch (void (*act)(void))
{
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    act();
    dup2(before, STDERR_FILENO);
    close(ends[1]);
    close(before);
    size_t n = 0;
    ssize_t n_new;
    while ((n_new = read(ends[0], caught + n, sizeof caught - 1 - n)) > 0)
        n += (size_t)n_new;
    caught[n] = '\0';
    close(ends[0]);
}

static void quotes_what_is_not_plain(void **state)
{
    (void)state;
    char out[64];
    log_quote(out, sizeof out, "/a b\n\x1b[0m\"\\\xc3", 12);
    assert_string_equal(out, "\"/a b\\x0a\\x1b[0m\\\"\\\\\\xc3\"");
    log_quote(out, sizeof out, "", 0);
    assert_string_equal(out, "\"\"");
}

static void quoting_never_outgrows_its_room(void **state)
{
    (void)state;
    char input[100], out[100];
    for (int plain = 0; plain < 2; plain++) {
        memset(input, plain ? 'x' : '\n', sizeof input);
        for (size_t size = 8; size < sizeof out; size++) {
            memset(out, '#', sizeof out);
            log_quote(out, size, input, sizeof input);
            assert_true(strlen(out) < size);
            assert_string_equal(out + strlen(out) - 4, "...\"");
            assert_int_equal(out[size], '#');
        }
    }
}

static void write_each_level(void)
{
    log_line(LOG_LEVEL_ERROR, "first n=%d", 1);
    log_line(LOG_LEVEL_WARNING, "second");
    log_line(LOG_LEVEL_INFO, "third");
    log_line(LOG_LEVEL_OFF, "never");
}

static int n_lines(void)
{
    int n = 0;
    for (const char *c = caught; *c != '\0'; c++)
        n += *c == '\n';
    return n;
}

static void writes_lines_up_to_the_level(void **state)
{
    (void)state;
    static const enum log_level levels[] = {LOG_LEVEL_OFF, LOG_LEVEL_ERROR, LOG_LEVEL_WARNING,
                                            LOG_LEVEL_INFO};
    for (int i = 0; i < 4; i++) {
        log_set_level(levels[i]);
        catch (write_each_level);
        assert_int_equal(n_lines(), i);
    }
    assert_non_null(strstr(caught, "Z error first n=1\n"));
    assert_non_null(strstr(caught, "Z warning second\n"));
    log_set_level(LOG_LEVEL_WARNING);
}

static void write_much(void)
{
    static char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    for (int i = 0; i < 200; i++) /* more than a pipe holds, and nobody reads */
        log_line(LOG_LEVEL_ERROR, "%s", long_text);
}

static void drops_lines_rather_than_waiting(void **state)
{
    (void)state;
    catch (write_much);
    assert_in_range(n_lines(), 10, 100);
    assert_in_range(strcspn(caught, "\n"), 1000, 1023);
    assert_int_equal(caught[strlen(caught) - 1], '\n');
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_int_equal(log_level_find("off"), LOG_LEVEL_OFF);
    assert_int_equal(log_level_find("info"), LOG_LEVEL_INFO);
    assert_int_equal(log_level_find("INFO"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_what_is_not_plain),
        cmocka_unit_test(quoting_never_outgrows_its_room),
        cmocka_unit_test(writes_lines_up_to_the_level),
        cmocka_unit_test(drops_lines_rather_than_waiting),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
