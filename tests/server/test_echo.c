/* Echoes: found at their own place only, whole or not at all; and versions that never return. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/error.h"
#include "server/api/echo.h"
#include "server/lab/watch.h"

static const struct echo_place here = {"abc", {17, FRAME_ALL}, 0, 5};

static struct echo *new_echo(void)
{
    struct echo *echo = calloc(1, sizeof *echo);
    assert_non_null(echo);
    return echo;
}

/* Keeps n frames of so many bytes. */
static void tell(struct echo *echo, const struct echo_place *place, int n, size_t n_bytes)
{
    static char bytes[ECHO_BYTES + 1];
    struct echo_said *said = echo_begin(echo, place);
    for (int i = 0; i < n; i++) {
        struct frame_cursor cursor = {place->cursor.sequence + i + 1, FRAME_ALL};
        struct text frame = {.bytes = bytes, .n_bytes = n_bytes};
        memset(bytes, 'a' + i % 26, n_bytes);
        echo_add(said, &frame, &cursor);
    }
    echo_end(said, 1, 0);
}

static void gives_back_the_frames_as_they_were(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    assert_null(echo_find(echo, &here));
    tell(echo, &here, 3, 2);
    const struct echo_said *said = echo_find(echo, &here);
    assert_non_null(said);
    assert_int_equal(said->n_frames, 3);
    assert_int_equal(said->ends[2], 6);
    assert_memory_equal(said->bytes, "aabbcc", 6);
    assert_int_equal(said->cursors[0].sequence, 18);
    assert_int_equal(said->cursors[2].sequence, 20);
    assert_int_equal(said->is_over, 0);
    free(echo);
}

static void is_heard_at_its_own_place_only(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    tell(echo, &here, 1, 10);
    struct echo_place others[5] = {here, here, here, here, here};
    others[0].id[0] = 'x';
    others[1].cursor.sequence++;
    others[2].cursor.n_sent = 3;
    others[3].exact = 1;
    others[4].version++;
    for (int i = 0; i < 5; i++)
        assert_null(echo_find(echo, &others[i]));
    assert_non_null(echo_find(echo, &here));
    free(echo);
}

static void nothing_is_kept_of_what_was_not_told_to_its_end(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    struct frame_cursor cursor = {18, FRAME_ALL};
    struct text frame = {.bytes = (char *)"one", .n_bytes = 3};
    struct echo_said *said = echo_begin(echo, &here);
    echo_add(said, &frame, &cursor);
    assert_null(echo_find(echo, &here));
    echo_end(said, 0, 0);
    assert_null(echo_find(echo, &here));
    free(echo);
}

static void too_many_frames_or_bytes_are_not_kept(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    tell(echo, &here, ECHO_FRAMES + 1, 1);
    assert_null(echo_find(echo, &here));
    tell(echo, &here, 3, ECHO_BYTES / 3 + 1);
    assert_null(echo_find(echo, &here));
    tell(echo, &here, 1, ECHO_BYTES + 1);
    assert_null(echo_find(echo, &here));
    tell(echo, &here, ECHO_FRAMES, ECHO_BYTES / ECHO_FRAMES);
    assert_non_null(echo_find(echo, &here));
    free(echo);
}

static void the_oldest_place_is_given_away_first(void **state)
{
    (void)state;
    struct echo *echo = new_echo();
    struct echo_place place = here;
    for (int i = 0; i <= ECHO_SLOTS; i++) {
        place.version = 100 + (uint64_t)i;
        tell(echo, &place, 1, 5);
    }
    for (int i = 0; i <= ECHO_SLOTS; i++) {
        place.version = 100 + (uint64_t)i;
        assert_int_equal(echo_find(echo, &place) != NULL, i > 0);
    }
    free(echo);
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
        cmocka_unit_test(gives_back_the_frames_as_they_were),
        cmocka_unit_test(is_heard_at_its_own_place_only),
        cmocka_unit_test(nothing_is_kept_of_what_was_not_told_to_its_end),
        cmocka_unit_test(too_many_frames_or_bytes_are_not_kept),
        cmocka_unit_test(the_oldest_place_is_given_away_first),
        cmocka_unit_test(a_watch_opened_again_has_a_new_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
