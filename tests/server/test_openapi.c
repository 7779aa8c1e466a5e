/* The OpenAPI document when memory runs out: whole or missing, never shortened. */
#include "tests/server/failing_allocations.h"

#include "server/api/openapi/bodies.h"
#include "server/api/openapi/operation.h"
#include "server/spec/preset/presets.h"

static int make_operation(void *route)
{
    json_t *json = operation_json(route, 1);
    int failed = json == NULL;
    json_decref(json);
    return failed;
}

static void every_operation_survives_every_failure(void **state)
{
    (void)state;
    for (const struct route *route = route_table; route->pattern != NULL; route++)
        assert_true(fail_each(make_operation, (void *)route) > 40);
}

/* Every 97th of some thousand allocations: of each kind there are many. */
static void schemas_survive_failures(void **state)
{
    (void)state;
    int n_before = n_live, was_reached = 1;
    for (int n = 1; was_reached; n += 97) {
        arm(n);
        json_t *json = bodies_add(json_object());
        was_reached = n_calls >= n;
        arm(0);
        assert_int_equal(json == NULL, was_reached);
        json_decref(json);
        assert_int_equal(n_live, n_before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_survives_every_failure),
        cmocka_unit_test(schemas_survive_failures),
    };
    json_allocate_with(json_allocate, json_release);
    if (presets_json() == NULL)
        return 1;
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    presets_clear();
    return result;
}
