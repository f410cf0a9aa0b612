/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/stats/survival_data.h"

#include <math.h>

enum { N = 4 };

/* Sound data, which each test spoils in one place. */
struct sound {
    double time[N];
    uint8_t event[N];
    uint32_t group[N], stratum[N], cluster[N];
    double weight[N];
};

static struct sound sound_new(void)
{
    return (struct sound){
        .time = {0, 1, 1, 2.5},
        .event = {0, 1, 0, 1},
        .group = {0, 1, 2, 0},
        .stratum = {1, 0, 1, 0},
        .cluster = {0, 0, 1, 1},
        .weight = {1, 0.5, 2, 1e-3},
    };
}

static struct rwe_survival_data view(const struct sound *sound)
{
    return (struct rwe_survival_data){.n = N,
                                      .time = sound->time,
                                      .event = sound->event,
                                      .group = sound->group,
                                      .n_groups = 3,
                                      .stratum = sound->stratum,
                                      .n_strata = 2,
                                      .cluster = sound->cluster,
                                      .n_clusters = 2,
                                      .weight = sound->weight};
}

static void refused(const struct rwe_survival_data *data, enum rwe_status status, size_t index)
{
    struct rwe_error error = {0};
    assert_int_equal(rwe_survival_data_check(data, &error), status);
    assert_int_equal(error.status, status);
    assert_int_equal(error.index, index);
    assert_true(error.message[0] != '\0');
}

static void sound_data_pass_with_and_without_what_is_optional(void **state)
{
    (void)state;
    struct sound sound = sound_new();
    struct rwe_survival_data data = view(&sound);
    assert_int_equal(rwe_survival_data_check(&data, NULL), RWE_OK);
    data.group = data.stratum = data.cluster = NULL;
    data.weight = NULL;
    data.n_clusters = 0;
    assert_int_equal(rwe_survival_data_check(&data, NULL), RWE_OK);
    data.n = 0;
    data.time = NULL;
    data.event = NULL;
    assert_int_equal(rwe_survival_data_check(&data, NULL), RWE_OK);
}

static void times_must_be_finite_ascending_and_not_negative(void **state)
{
    (void)state;
    struct sound sound = sound_new();
    struct rwe_survival_data data = view(&sound);
    sound.time[2] = NAN;
    refused(&data, RWE_NOT_FINITE, 2);
    sound.time[2] = INFINITY;
    refused(&data, RWE_NOT_FINITE, 2);
    sound.time[2] = 0.5;
    refused(&data, RWE_BAD_INPUT, 2);
    sound.time[0] = -1;
    refused(&data, RWE_BAD_INPUT, 0);
}

static void weights_must_be_finite_and_positive(void **state)
{
    (void)state;
    struct sound sound = sound_new();
    struct rwe_survival_data data = view(&sound);
    sound.weight[3] = NAN;
    refused(&data, RWE_NOT_FINITE, 3);
    sound.weight[3] = 0;
    refused(&data, RWE_BAD_INPUT, 3);
    sound.weight[3] = -1;
    refused(&data, RWE_BAD_INPUT, 3);
}

static void codes_must_lie_in_their_ranges(void **state)
{
    (void)state;
    struct sound sound = sound_new();
    struct rwe_survival_data data = view(&sound);
    sound.event[1] = 2;
    refused(&data, RWE_BAD_INPUT, 1);
    sound = sound_new();
    sound.group[2] = 3;
    refused(&data, RWE_BAD_INPUT, 2);
    sound = sound_new();
    sound.stratum[0] = 2;
    refused(&data, RWE_BAD_INPUT, 0);
    sound = sound_new();
    sound.cluster[3] = 2;
    refused(&data, RWE_BAD_INPUT, 3);
    sound = sound_new();
    data.n_groups = 0;
    refused(&data, RWE_BAD_INPUT, RWE_NO_INDEX);
    data.n_groups = 3;
    data.n_strata = 0;
    refused(&data, RWE_BAD_INPUT, RWE_NO_INDEX);
    data.n_strata = 2;
    data.n = (size_t)UINT32_MAX + 1;
    refused(&data, RWE_BAD_INPUT, RWE_NO_INDEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_data_pass_with_and_without_what_is_optional),
        cmocka_unit_test(times_must_be_finite_ascending_and_not_negative),
        cmocka_unit_test(weights_must_be_finite_and_positive),
        cmocka_unit_test(codes_must_lie_in_their_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
