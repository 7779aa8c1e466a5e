/* Echoes: found at their own place of their own telling only; and versions that never return. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "server/api/stream/echo.h"
#include "server/lab/watch.h"

static const struct echo_telling here = {"abc", {17, FRAME_ALL}, 2000, 5};

static struct echo *new_echo(void)
{
    struct echo *echo = calloc(1, sizeof *echo);
    assert_non_null(echo);
    return echo;
}

static void destroy(struct echo *echo)
{
    echo_clear(echo);
    free(echo);
}

/* Keeps a step of a telling from `from` to the entry behind it. */
static void tell(struct echo *echo, const struct echo_telling *telling, int64_t from,
                 const char *frame)
{
    struct echo_step step = {.telling = *telling, .from = {from, FRAME_ALL},
                             .to = {from + 1, FRAME_ALL}};
    text_add(&step.frame, frame, strlen(frame));
    echo_add(echo, &step);
    text_clear(&step.frame);
}

static const struct echo_step *find(const struct echo *echo, const struct echo_telling *telling,
                                    int64_t from)
{
    const struct frame_cursor cursor = {from, FRAME_ALL};
    return echo_find(echo, telling, &cursor);
}

static void gives_back_each_frame_as_it_was(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    assert_null(find(echo, &here, 17));
    tell(echo, &here, 17, "first");
    tell(echo, &here, 18, "second");
    tell(echo, &here, 19, "");
    const struct echo_step *step = find(echo, &here, 18);
    assert_non_null(step);
    assert_string_equal(step->frame.bytes, "second");
    assert_int_equal(step->frame.n_bytes, 6);
    assert_int_equal(step->to.sequence, 19);
    assert_string_equal(find(echo, &here, 17)->frame.bytes, "first");
    assert_int_equal(find(echo, &here, 19)->frame.n_bytes, 0);
    assert_null(find(echo, &here, 20));
    destroy(echo);
}

static void is_heard_at_its_own_place_of_its_own_telling_only(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    tell(echo, &here, 17, "frame");
    struct echo_telling others[5] = {here, here, here, here, here};
    others[0].id[0] = 'x';
    others[1].begin.sequence++;
    others[2].begin.n_sent = 3;
    others[3].points = 0;
    others[4].version++;
    for (int i = 0; i < 5; i++)
        assert_null(find(echo, &others[i], 17));
    const struct frame_cursor inside = {17, 3};
    assert_null(echo_find(echo, &here, &inside));
    assert_non_null(find(echo, &here, 17));
    destroy(echo);
}

static void the_oldest_step_is_given_away_first(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    char frame[16];
    for (int i = 0; i <= ECHO_STEPS; i++) {
        snprintf(frame, sizeof frame, "frame %d", i);
        tell(echo, &here, 100 + i, frame);
    }
    assert_null(find(echo, &here, 100));
    for (int i = 1; i <= ECHO_STEPS; i++) {
        snprintf(frame, sizeof frame, "frame %d", i);
        assert_string_equal(find(echo, &here, 100 + i)->frame.bytes, frame);
    }
    destroy(echo);
}

/* Else an echo from before could be taken for what is there now. */
static void a_watch_opened_again_has_a_new_version(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    struct watch_board *board = watch_board_create(&error);
    assert_non_null(board);
    uint64_t seen[4];
    for (int i = 0; i < 4; i++) {
        struct watch *watch = watch_open(board, "abc", &error);
        assert_non_null(watch);
        for (int touched = 0; touched < i; touched++)
            watch_touch(board, "abc");
        seen[i] = watch_version(watch);
        watch_close(board, watch);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(seen[i], seen[j]);
    }
    watch_board_destroy(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_each_frame_as_it_was),
        cmocka_unit_test(is_heard_at_its_own_place_of_its_own_telling_only),
        cmocka_unit_test(the_oldest_step_is_given_away_first),
        cmocka_unit_test(a_watch_opened_again_has_a_new_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
