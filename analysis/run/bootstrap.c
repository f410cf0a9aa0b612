/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline over cohorts drawn anew; what is told of it is in bootstrap_report.c. See
 * bootstrap.md. */
#include "rwe/analysis/bootstrap.h"

#include "rwe/base/parallel.h"
#include "rwe/base/rng.h"
#include "rwe/data/resample.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "bootstrap",
     .kind = RWE_OPTION_INTEGER,
     .section = RWE_SECTION_METHOD,
     .argument = "B",
     .low = 2,
     .high = 1e6,
     .help = "Draw B cohorts anew, with --seed, and repeat all of it in each: propensity model, "
             "matching or weights, and estimates. Gives standard errors and percentile limits."},
};
const struct rwe_options rwe_bootstrap_options = RWE_OPTIONS(options);

/* Replicates that one piece of work runs in one arena: enough to share its memory, few enough to
 * keep threads busy and the progress moving. */
enum { PIECE = 8 };

/* ---- replicates ---- */

struct work {
    const struct rwe_run *run;
    const struct rwe_plan *plan;
    const struct rwe_estimates *data;
    size_t n_replicates;
    double *value;        /* [replicate * data->n + estimate] */
    uint8_t *failed;      /* by replicate */
    pthread_mutex_t lock; /* of what follows */
    size_t done;
    size_t first_failure; /* the least replicate that failed so far, and why */
    struct rwe_error failure;
    bool out_of_memory;
};

/* A run like that of the data, on another cohort and without a document. */
static enum rwe_status run_replicate(const struct work *work, size_t r, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    struct rwe_rng rng;
    struct rwe_run *run = RWE_NEW(arena, struct rwe_run, 1);
    struct rwe_plan *plan = RWE_NEW(arena, struct rwe_plan, 1);
    uint64_t seed = rwe_settings_integer(work->run->settings, "seed");
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *run = (struct rwe_run){.settings = work->run->settings,
                            .toxicity = work->run->toxicity,
                            .replicate = r + 1,
                            .data = work->run,
                            .arena = arena,
                            .threads = 1};
    memcpy(plan->wanted, work->plan->wanted, sizeof plan->wanted);
    struct rwe_estimates estimates =
        rwe_estimates_of_replicate(work->data, work->value + r * work->data->n);
    enum rwe_status status =
        rwe_cohort_resample(work->run->cohort, rwe_rng_start(&rng, seed, RWE_RNG_BOOTSTRAP, r),
                            arena, &run->cohort, error);
    if (status == RWE_OK)
        status = rwe_pipeline_designs(run, plan, error);
    if (status == RWE_OK)
        status = rwe_pipeline_estimates(run, plan, &estimates, error);
    return status;
}

/* Of all failures the one with the least number is told, whichever thread comes first. */
static void note_failure(struct work *work, size_t r, const struct rwe_error *failure)
{
    work->failed[r] = true;
    for (size_t k = 0; k < work->data->n; k++)
        work->value[r * work->data->n + k] = NAN;
    pthread_mutex_lock(&work->lock);
    work->out_of_memory |= failure->status == RWE_NO_MEMORY;
    if (work->failure.status == RWE_OK || r < work->first_failure) {
        work->failure = *failure;
        work->first_failure = r;
    }
    pthread_mutex_unlock(&work->lock);
}

static void tell_progress(struct work *work, size_t n)
{
    const struct rwe_progress *progress = &work->run->progress;
    pthread_mutex_lock(&work->lock);
    work->done += n;
    if (progress->tell != NULL)
        progress->tell(progress->context, "bootstrap", work->done, work->n_replicates);
    pthread_mutex_unlock(&work->lock);
}

/* About what a replicate needs, so that a piece asks the system once: some ten intervals a clone, each
 * with the covariates, twice. Untouched pages cost nothing; of large cohorts the asking is a small part. */
static size_t replicate_memory(const struct rwe_cohort *cohort)
{
    enum { COLUMNS = 1024 };
    const size_t most = (size_t)64 << 20;
    size_t bytes = cohort->n * COLUMNS * sizeof(double);
    return bytes < most ? bytes : most;
}

static void run_piece(size_t piece, void *context)
{
    struct work *work = context;
    struct rwe_arena *arena = rwe_arena_new();
    if (arena != NULL)
        rwe_arena_reserve(arena, replicate_memory(work->run->cohort));
    size_t begin = piece * PIECE;
    size_t end = begin + PIECE < work->n_replicates ? begin + PIECE : work->n_replicates;
    for (size_t r = begin; r < end && arena != NULL; r++) {
        struct rwe_error failure = {0};
        struct rwe_mark mark = rwe_arena_mark(arena);
        if (run_replicate(work, r, arena, &failure) != RWE_OK)
            note_failure(work, r, &failure);
        rwe_arena_release(arena, mark);
    }
    if (arena == NULL)
        note_failure(work, begin, &(struct rwe_error){.status = RWE_NO_MEMORY});
    rwe_arena_free(arena);
    tell_progress(work, end - begin);
}

/* ---- what they say ---- */

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The k-th smallest with k = (n + 1) p, between two where it is no whole number; infinite: NaN. */
static double percentile(const double sorted[], size_t n, double p)
{
    double k = (double)(n + 1) * p;
    if (k <= 1)
        return isinf(sorted[0]) ? NAN : sorted[0];
    if (k >= (double)n)
        return isinf(sorted[n - 1]) ? NAN : sorted[n - 1];
    size_t below = (size_t)k;
    double low = sorted[below - 1], high = sorted[below], share = k - (double)below;
    double value = share > 0 ? low + share * (high - low) : low;
    return isfinite(value) ? value : NAN;
}

/* SD in two passes, so that a common size of the replicates takes no digits. */
static double standard_deviation(const double x[], size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
    double sd = n < 2 ? NAN : sqrt(squares / (double)(n - 1));
    return isfinite(sd) ? sd : NAN;
}

/* What did not come about is left out; a time that was not reached is later than all others. */
static size_t keep_estimated(double value[], size_t n, enum rwe_estimate_kind kind)
{
    size_t kept = 0;
    for (size_t r = 0; r < n; r++) {
        if (kind == RWE_ESTIMATE_TIME && isnan(value[r]))
            value[kept++] = INFINITY;
        else if (isfinite(value[r]))
            value[kept++] = value[r];
    }
    return kept;
}

struct rwe_bootstrap_result rwe_bootstrap_summarise(double value[], size_t n,
                                                    enum rwe_estimate_kind kind, double level)
{
    n = keep_estimated(value, n, kind);
    if (n == 0)
        return (struct rwe_bootstrap_result){NAN, NAN, NAN, 0};
    double sd = standard_deviation(value, n);
    qsort(value, n, sizeof *value, compare_numbers);
    return (struct rwe_bootstrap_result){sd, percentile(value, n, (1 - level) / 2),
                                         percentile(value, n, 1 - (1 - level) / 2), n};
}

/* Of the replicates that did not fail. `of` has room for all. */
static struct rwe_bootstrap_result summarise(const struct work *work, size_t k, double level,
                                             double of[])
{
    size_t n = 0;
    for (size_t r = 0; r < work->n_replicates; r++)
        if (!work->failed[r])
            of[n++] = work->value[r * work->data->n + k];
    return rwe_bootstrap_summarise(of, n, work->data->item[k].kind, level);
}

/* Out of memory ends the run; a design that cannot be made is counted. */
static enum rwe_status judge_failures(const struct rwe_run *run, const struct work *work,
                                      struct rwe_bootstrap *result, struct rwe_error *error)
{
    if (work->out_of_memory)
        return rwe_fail_memory(error);
    if (result->n_failed == 0)
        return RWE_OK;
    result->failure = rwe_arena_string(run->arena, work->failure.message);
    if (2 * result->n_failed > work->n_replicates)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%zu of %zu bootstrap replicates failed, the first since: %s",
                        result->n_failed, work->n_replicates, work->failure.message);
    return RWE_OK;
}

static enum rwe_status run_all(struct rwe_run *run, struct work *work, struct rwe_bootstrap *result,
                               struct rwe_error *error)
{
    struct rwe_bootstrap_result *of =
        RWE_NEW(run->arena, struct rwe_bootstrap_result, work->data->n);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    work->value = rwe_arena_alloc(run->arena, work->n_replicates, work->data->n * sizeof(double));
    work->failed = RWE_NEW(run->arena, uint8_t, work->n_replicates);
    double *sorted = RWE_NEW(run->arena, double, work->n_replicates);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    rwe_parallel_for((work->n_replicates + PIECE - 1) / PIECE, run->threads, run_piece, work);
    double level = rwe_settings_number(run->settings, "conf-level");
    for (size_t k = 0; k < work->data->n; k++)
        of[k] = summarise(work, k, level, sorted);
    result->result = of;
    for (size_t r = 0; r < work->n_replicates; r++)
        result->n_failed += work->failed[r];
    rwe_arena_release(run->arena, mark);
    return judge_failures(run, work, result, error);
}

enum rwe_status rwe_bootstrap_check(const struct rwe_settings *settings, struct rwe_error *error)
{
    if (!rwe_bootstrap_is_variance(settings) || rwe_settings_has(settings, "bootstrap"))
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--variance bootstrap needs replicates: say --bootstrap 1000");
}

enum rwe_status rwe_bootstrap_run(struct rwe_run *run, const struct rwe_plan *plan,
                                  struct rwe_error *error)
{
    if (!rwe_settings_has(run->settings, "bootstrap"))
        return RWE_OK;
    struct rwe_bootstrap *result = RWE_NEW(run->arena, struct rwe_bootstrap, 1);
    if (result == NULL)
        return rwe_fail_memory(error);
    result->n_replicates = (size_t)rwe_settings_integer(run->settings, "bootstrap");
    result->estimates = rwe_estimates_of_data(run->arena);
    enum rwe_status status = rwe_pipeline_estimates(run, plan, &result->estimates, error);
    if (status != RWE_OK || rwe_arena_failed(run->arena))
        return status != RWE_OK ? status : rwe_fail_memory(error);
    struct work work = {
        .run = run, .plan = plan, .data = &result->estimates, .n_replicates = result->n_replicates};
    pthread_mutex_init(&work.lock, NULL);
    status = run_all(run, &work, result, error);
    pthread_mutex_destroy(&work.lock);
    if (status == RWE_OK)
        run->bootstrap = result;
    return status;
}
