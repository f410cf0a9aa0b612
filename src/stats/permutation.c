/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/permutation.h"

#include "ldl_private.h"
#include "rwe/base/parallel.h"
#include "rwe/base/rng.h"
#include "strata_private.h"

#include <math.h>
#include <string.h>

/* Everything by block, and what all replicates share. */
struct setting {
    size_t n, K, n_blocks, rank;
    const size_t *start;   /* n_blocks + 1 */
    const double *score;   /* less their block's mean: the mean of every sum is 0 then */
    const uint32_t *group; /* as it is in the data */
    double *covariance;    /* K × K */
    size_t *kept;          /* rank groups whose sums determine the others */
    double *factor;        /* of the covariance of these */
    const struct rwe_permutation_options *options;
    size_t n_ranges; /* replicates are dealt out to so many threads */
    double observed;
    uint32_t *shuffled; /* [range * n] */
    double *sums;       /* [range * 2 K]: sums by group, and those kept */
    size_t *extreme;    /* by range */
};

static enum rwe_status check(const struct rwe_permutation_data *data,
                             const struct rwe_permutation_options *options, struct rwe_error *error)
{
    if (options->n_replicates < 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no replicate to draw");
    for (size_t i = 0; i < data->n; i++) {
        if (!isfinite(data->score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "a score is not a finite number");
        if (data->group[i] >= data->n_groups)
            return rwe_fail(error, RWE_BAD_INPUT, i, "group %u is out of range", data->group[i]);
        if (data->block != NULL && data->block[i] >= data->n_blocks)
            return rwe_fail(error, RWE_BAD_INPUT, i, "block %u is out of range", data->block[i]);
    }
    return RWE_OK;
}

static enum rwe_status allocate(const struct rwe_permutation_data *data, struct rwe_arena *arena,
                                struct setting *setting, struct rwe_error *error)
{
    size_t K = data->n_groups, n_ranges = setting->n_ranges;
    const struct rwe_survival_data by_block = {
        .n = data->n, .stratum = data->block, .n_strata = setting->n_blocks};
    struct rwe_strata blocks;
    double *score = RWE_NEW(arena, double, data->n);
    uint32_t *group = RWE_NEW(arena, uint32_t, data->n);
    setting->covariance = rwe_arena_alloc(arena, K, K * sizeof(double));
    setting->factor = rwe_arena_alloc(arena, K, K * sizeof(double));
    setting->kept = RWE_NEW(arena, size_t, K);
    setting->shuffled = rwe_arena_alloc(arena, n_ranges, data->n * sizeof(uint32_t));
    setting->sums = rwe_arena_alloc(arena, n_ranges, 2 * K * sizeof(double));
    setting->extreme = RWE_NEW(arena, size_t, n_ranges);
    if (rwe_strata_sort(&by_block, arena, &blocks) != RWE_OK || rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < data->n; k++) {
        score[k] = data->score[blocks.order[k]];
        group[k] = data->group[blocks.order[k]];
    }
    for (size_t b = 0; b < setting->n_blocks; b++) {
        double sum = 0;
        for (size_t k = blocks.start[b]; k < blocks.start[b + 1]; k++)
            sum += score[k];
        for (size_t k = blocks.start[b]; k < blocks.start[b + 1]; k++)
            score[k] -= sum / (double)(blocks.start[b + 1] - blocks.start[b]);
    }
    setting->start = blocks.start;
    setting->score = score;
    setting->group = group;
    return RWE_OK;
}

/* Within a block of n subjects, n_g of them in group g, drawing without replacement gives
 *   Cov(U_g, U_h) = Σ c² / (n − 1) × (n_g [g = h] − n_g n_h / n). */
static void add_covariance(struct setting *setting, size_t begin, size_t end, double size[])
{
    size_t K = setting->K;
    double squares = 0, n = (double)(end - begin);
    if (end - begin < 2)
        return;
    memset(size, 0, K * sizeof *size);
    for (size_t k = begin; k < end; k++) {
        squares += setting->score[k] * setting->score[k];
        size[setting->group[k]]++;
    }
    double spread = squares / (n - 1);
    for (size_t g = 0; g < K; g++)
        for (size_t h = 0; h <= g; h++)
            setting->covariance[g * K + h] +=
                spread * ((g == h ? size[g] : 0) - size[g] * size[h] / n);
}

/* Leaves out groups whose sums the earlier ones determine, the first of all to begin with. */
static void factor_regular(struct setting *setting)
{
    const double singular = 1e-10; /* rounding leaves some 1e-16 of the diagonal */
    size_t K = setting->K, bad;
    setting->rank = 0;
    for (size_t g = 1; g < K; g++)
        setting->kept[setting->rank++] = g;
    for (;;) {
        size_t rank = setting->rank;
        for (size_t a = 0; a < rank; a++)
            for (size_t b = 0; b <= a; b++)
                setting->factor[a * rank + b] =
                    setting->covariance[setting->kept[a] * K + setting->kept[b]];
        bad = rwe_ldl_factor(setting->factor, rank, singular);
        if (bad == rank)
            return;
        for (size_t a = bad; a + 1 < rank; a++)
            setting->kept[a] = setting->kept[a + 1];
        setting->rank--;
    }
}

static double statistic_of(const struct setting *setting, const uint32_t group[], double sums[])
{
    double *kept = sums + setting->K;
    memset(sums, 0, setting->K * sizeof *sums);
    for (size_t k = 0; k < setting->n; k++)
        sums[group[k]] += setting->score[k];
    for (size_t a = 0; a < setting->rank; a++)
        kept[a] = sums[setting->kept[a]];
    return rwe_ldl_quadratic(setting->factor, setting->rank, kept);
}

/* Fisher and Yates' shuffle of each block. */
static void shuffle(const struct setting *setting, gsl_rng *rng, uint32_t group[])
{
    memcpy(group, setting->group, setting->n * sizeof *group);
    for (size_t b = 0; b < setting->n_blocks; b++) {
        uint32_t *block = group + setting->start[b];
        for (size_t left = setting->start[b + 1] - setting->start[b]; left > 1; left--) {
            size_t drawn = gsl_rng_uniform_int(rng, left);
            uint32_t t = block[drawn];
            block[drawn] = block[left - 1];
            block[left - 1] = t;
        }
    }
}

static void run_range(size_t range, void *context)
{
    const struct setting *setting = context;
    size_t B = setting->options->n_replicates;
    uint32_t *group = setting->shuffled + range * setting->n;
    double *sums = setting->sums + range * 2 * setting->K;
    double least = setting->observed * (1 - 1e-9);
    size_t extreme = 0;
    struct rwe_rng place;
    for (size_t r = range; r < B; r += setting->n_ranges) {
        if (range == 0) /* as far as the others, about */
            rwe_progress_tell(&setting->options->progress, setting->options->task, r, B);
        gsl_rng *rng = rwe_rng_start(&place, setting->options->seed, RWE_RNG_PERMUTATION, r);
        shuffle(setting, rng, group);
        extreme += statistic_of(setting, group, sums) >= least;
    }
    setting->extreme[range] = extreme;
}

enum rwe_status rwe_permutation_test(const struct rwe_permutation_data *data,
                                     const struct rwe_permutation_options *options,
                                     struct rwe_arena *scratch, struct rwe_permutation *result,
                                     struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    size_t B = options->n_replicates, threads = options->threads < 1 ? 1 : options->threads;
    struct setting setting = {
        .n = data->n,
        .K = data->n_groups,
        .n_blocks = data->block == NULL ? 1 : data->n_blocks,
        .options = options,
        .n_ranges = threads < B ? threads : B,
    };
    enum rwe_status status = check(data, options, error);
    if (status == RWE_OK)
        status = allocate(data, scratch, &setting, error);
    if (status != RWE_OK)
        return status;
    for (size_t b = 0; b < setting.n_blocks; b++)
        add_covariance(&setting, setting.start[b], setting.start[b + 1], setting.sums);
    factor_regular(&setting);
    if (setting.rank == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "no permutation changes anything");
    setting.observed = statistic_of(&setting, setting.group, setting.sums);
    rwe_parallel_for(setting.n_ranges, (unsigned)threads, run_range, &setting);
    rwe_progress_tell(&options->progress, options->task, B, B);
    *result = (struct rwe_permutation){
        .statistic = setting.observed, .df = (double)setting.rank, .n_replicates = B};
    for (size_t range = 0; range < setting.n_ranges; range++)
        result->n_extreme += setting.extreme[range];
    result->p_value = ((double)result->n_extreme + 1) / ((double)B + 1);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
