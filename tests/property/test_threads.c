/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The number of threads is not seen in the output. `make check-tsan` runs this under ThreadSanitizer,
 * so it holds everything that uses threads. */
#include "program.h"

#include "rwe/base/parallel.h"
#include "rwe/base/rng.h"
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

static const int threads[] = {2, 5};
enum { N_THREADS = sizeof threads / sizeof *threads };

static void check_same_bytes(const char *arguments)
{
    struct program_run one = program_run("%s --threads 1", arguments);
    assert_code(one, 0);
    assert_true(one.out_size > 1000);
    for (int t = 0; t < N_THREADS; t++) {
        struct program_run more = program_run("%s --threads %d", arguments, threads[t]);
        assert_code(more, 0);
        assert_int_equal(more.out_size, one.out_size);
        assert_memory_equal(more.out, one.out, one.out_size);
        program_clear(&more);
    }
    program_clear(&one);
}

static void the_main_job_gives_the_same_bytes(void **state)
{
    (void)state;
    check_same_bytes("sample_data/cohort.csv --ae sample_data/ae.csv --km --psm --format json");
    check_same_bytes("sample_data/cohort.csv --ae sample_data/ae.csv --km --psm --fisher");
}

static void rotterdam_gives_the_same_bytes(void **state)
{
    (void)state;
    check_same_bytes("sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --format json");
}

static void replicates_give_the_same_bytes(void **state)
{
    (void)state;
    check_same_bytes("sample_data/cohort.csv --km --psm --bootstrap 30");
}

/* ---- rwe_parallel_for itself ---- */

enum { PIECES = 300 };

struct sums {
    double of[PIECES];
};

/* Much and little work in turn, so that pieces end out of order. */
static void sum_normals(size_t piece, void *context)
{
    struct sums *sums = context;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, piece);
    size_t n = piece % 7 == 0 ? 5000 : 50;
    for (size_t i = 0; i < n; i++)
        sums->of[piece] += gsl_ran_gaussian(g, 1);
}

static void slots_folded_in_order_have_the_same_bits(void **state)
{
    (void)state;
    static struct sums one, more;
    memset(&one, 0, sizeof one);
    rwe_parallel_for(PIECES, 1, sum_normals, &one);
    for (int t = 0; t < N_THREADS; t++) {
        memset(&more, 0, sizeof more);
        rwe_parallel_for(PIECES, (unsigned)threads[t], sum_normals, &more);
        assert_memory_equal(&more, &one, sizeof one);
    }
    assert_true(fabs(one.of[0]) > 0);
}

static void nested_use(size_t piece, void *context)
{
    struct sums *sums = context;
    struct sums inner = {{0}};
    rwe_parallel_for(4, 2, sum_normals, &inner);
    sums->of[piece] = inner.of[0] + inner.of[1] + inner.of[2] + inner.of[3];
}

static void a_piece_may_use_threads_itself(void **state)
{
    (void)state;
    static struct sums sums;
    rwe_parallel_for(8, 4, nested_use, &sums);
    for (int i = 1; i < 8; i++)
        assert_close(sums.of[i], sums.of[0], 0);
    assert_true(sums.of[0] != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_job_gives_the_same_bytes),
        cmocka_unit_test(rotterdam_gives_the_same_bytes),
        cmocka_unit_test(replicates_give_the_same_bytes),
        cmocka_unit_test(slots_folded_in_order_have_the_same_bits),
        cmocka_unit_test(a_piece_may_use_threads_itself),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
