/* The test that feeds a fuzzer the inputs kept for it: corpus/NAME and crashes/NAME. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fuzz/fuzz.h"

enum { PATH_BYTES = 512, INPUT_BYTES_MAX = 1 << 20 };

/* A program fuzz_NAME, run from the top of the tree. */
static const char *name(void)
{
    const char *prefix = "fuzz_";
    assert_int_equal(strncmp(program_invocation_short_name, prefix, strlen(prefix)), 0);
    return program_invocation_short_name + strlen(prefix);
}

/* In memory of exactly its size, so that reading beyond it is noticed. */
static void feed(const char *path)
{
    static uint8_t input[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n_bytes = fread(input, 1, sizeof input, file);
    assert_true(feof(file) && !ferror(file));
    fclose(file);
    uint8_t *bytes = malloc(n_bytes > 0 ? n_bytes : 1);
    assert_non_null(bytes);
    memcpy(bytes, input, n_bytes);
    fprintf(stderr, "%s\n", path); /* the last one in the log is the one that ended us */
    assert_int_equal(LLVMFuzzerTestOneInput(bytes, n_bytes), 0);
    free(bytes);
}

/* How many there were; a directory that is not there has none. */
static int feed_all(const char *kind)
{
    char directory[PATH_BYTES / 2], path[PATH_BYTES];
    int n = 0;
    snprintf(directory, sizeof directory, "tests/fuzz/%s/%s", kind, name());
    DIR *list = opendir(directory);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%.200s", directory, entry->d_name);
        feed(path);
        n++;
    }
    if (list != NULL)
        closedir(list);
    return n;
}

static void takes_its_corpus(void **state)
{
    (void)state;
    assert_true(feed_all("corpus") > 0);
}

static void takes_what_once_broke_something(void **state)
{
    (void)state;
    feed_all("crashes");
}

static void takes_nothing(void **state)
{
    (void)state;
    uint8_t *none = malloc(1);
    assert_non_null(none);
    assert_int_equal(LLVMFuzzerTestOneInput(none, 0), 0);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_nothing),
        cmocka_unit_test(takes_its_corpus),
        cmocka_unit_test(takes_what_once_broke_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
