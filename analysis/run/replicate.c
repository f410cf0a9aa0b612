/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/replicate.h"

#include "rwe/base/parallel.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* Replicates that one piece of work runs in one arena: enough to share its memory, few enough to keep threads busy
 * and the progress moving. */
enum { PIECE = 8 };

/* What a replicate leaves behind, whoever ran it: a slot of its own, followed by its values. */
struct slot {
    enum rwe_status status;
    char failure[512];
};

struct work {
    const struct rwe_run *run;
    const struct rwe_plan *plan;
    const struct rwe_replicate_source *source;
    const struct rwe_estimates *estimates;
    size_t n;
    struct slot *slot; /* by replicate */
    double *value;     /* [replicate * estimates + estimate] */
    pthread_mutex_t lock;
    size_t done;
    struct rwe_arena *
        *idle; /* those that no piece uses now, so that memory is asked for once a thread */
    size_t n_idle;
};

/* The run of a replicate: what was asked is the data's, and nothing is made yet. */
static struct rwe_run replicate_of(const struct rwe_run *data, size_t r, struct rwe_arena *arena)
{
    struct rwe_run run = rwe_run_child(data, arena);
    run.document = NULL;
    run.progress = (struct rwe_progress){0};
    run.replicate = r + 1;
    run.data = data;
    run.threads = 1;
    return run;
}

static enum rwe_status run_replicate(const struct work *work, size_t r, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    struct rwe_run *run = RWE_NEW(arena, struct rwe_run, 1);
    struct rwe_plan *plan = RWE_NEW(arena, struct rwe_plan, 1);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *run = replicate_of(work->run, r, arena);
    memcpy(plan->wanted, work->plan->wanted, sizeof plan->wanted);
    run->estimates = rwe_estimates_of_replicate(
        work->estimates, work->value + r * rwe_estimates_n(work->estimates), arena);
    if (run->estimates == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status =
        work->source->cohort(work->run, r, work->source->context, arena, &run->cohort, error);
    if (status == RWE_OK)
        status = rwe_pipeline_designs(run, plan, error);
    return status == RWE_OK ? rwe_pipeline_estimates(run, plan, error) : status;
}

/* A design that cannot be made leaves the replicate without any estimate. */
static void fail(struct work *work, size_t r, const struct rwe_error *error)
{
    size_t n = rwe_estimates_n(work->estimates);
    work->slot[r].status = error->status;
    memcpy(work->slot[r].failure, error->message, sizeof work->slot[r].failure - 1);
    for (size_t k = 0; k < n; k++)
        work->value[r * n + k] = NAN;
}

static void tell_progress(struct work *work, size_t n)
{
    if (work->source->name == NULL)
        return;
    pthread_mutex_lock(&work->lock);
    work->done += n;
    rwe_progress_tell(&work->run->progress, rwe_message(work->source->name), work->done, work->n);
    pthread_mutex_unlock(&work->lock);
}

/* About what a replicate needs, so that a piece asks the system once: some ten intervals a clone, each with the
 * covariates, twice. Untouched pages cost nothing; of large cohorts the asking is a small part. */
static size_t replicate_memory(const struct rwe_cohort *cohort)
{
    enum { COLUMNS = 2048 };
    const size_t most = (size_t)64 << 20;
    size_t bytes = cohort->n * COLUMNS * sizeof(double);
    return bytes < most ? bytes : most;
}

/* An arena that another piece has left, or a new one; NULL when memory is out. */
static struct rwe_arena *take_arena(struct work *work)
{
    struct rwe_arena *arena = NULL;
    pthread_mutex_lock(&work->lock);
    if (work->n_idle > 0)
        arena = work->idle[--work->n_idle];
    pthread_mutex_unlock(&work->lock);
    if (arena != NULL)
        return arena;
    arena = rwe_arena_new();
    if (arena != NULL)
        rwe_arena_reserve(arena, replicate_memory(work->run->cohort));
    return arena;
}

/* For the next piece, unless an allocation in it has failed, which nothing undoes. */
static void leave_arena(struct work *work, struct rwe_arena *arena)
{
    if (arena == NULL || rwe_arena_failed(arena)) {
        rwe_arena_free(arena);
        return;
    }
    pthread_mutex_lock(&work->lock);
    work->idle[work->n_idle++] = arena;
    pthread_mutex_unlock(&work->lock);
}

static void run_piece(size_t piece, void *context)
{
    struct work *work = context;
    struct rwe_arena *arena = take_arena(work);
    size_t begin = piece * PIECE;
    size_t end = begin + PIECE < work->n ? begin + PIECE : work->n;
    for (size_t r = begin; r < end; r++) {
        struct rwe_error error = {.status = RWE_NO_MEMORY};
        struct rwe_mark mark = {NULL, 0};
        if (arena != NULL)
            mark = rwe_arena_mark(arena);
        if (arena == NULL || run_replicate(work, r, arena, &error) != RWE_OK)
            fail(work, r, &error);
        if (arena != NULL)
            rwe_arena_release(arena, mark);
    }
    leave_arena(work, arena);
    tell_progress(work, end - begin);
}

/* ---- the whole ---- */

static enum rwe_status list_data(struct rwe_run *run, const struct rwe_plan *plan,
                                 struct rwe_estimates *list, struct rwe_error *error)
{
    struct rwe_document *document = run->document;
    struct rwe_estimates *estimates = run->estimates;
    run->document = NULL;
    run->estimates = list;
    enum rwe_status status = rwe_pipeline_estimates(run, plan, error);
    run->document = document;
    run->estimates = estimates;
    return status == RWE_OK && rwe_arena_failed(rwe_estimates_arena(list)) ? rwe_fail_memory(error)
                                                                           : status;
}

static enum rwe_status judge(const struct work *work, struct rwe_arena *arena,
                             struct rwe_replicates *replicates, struct rwe_error *error)
{
    const char **failure = RWE_NEW(arena, const char *, work->n);
    if (failure == NULL)
        return rwe_fail_memory(error);
    for (size_t r = 0; r < work->n; r++) {
        if (work->slot[r].status == RWE_NO_MEMORY)
            return rwe_fail_memory(error);
        if (work->slot[r].status == RWE_OK)
            continue;
        failure[r] = work->slot[r].failure;
        replicates->n_failed++;
    }
    replicates->failure = failure;
    return RWE_OK;
}

enum rwe_status rwe_replicates_run(struct rwe_run *run, const struct rwe_plan *plan,
                                   const struct rwe_replicate_source *source, size_t n,
                                   struct rwe_replicates *replicates, struct rwe_error *error)
{
    struct rwe_estimates *list = rwe_estimates_new(rwe_estimates_arena(run->estimates));
    if (list == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = list_data(run, plan, list, error);
    if (status != RWE_OK)
        return status;
    size_t n_pieces = (n + PIECE - 1) / PIECE;
    struct work work = {
        .run = run,
        .plan = plan,
        .source = source,
        .estimates = list,
        .n = n,
        .slot = RWE_NEW(run->arena, struct slot, n),
        .value = rwe_arena_alloc(run->arena, n, (rwe_estimates_n(list) + 1) * sizeof(double)),
        .idle = RWE_NEW(run->arena, struct rwe_arena *, n_pieces),
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    pthread_mutex_init(&work.lock, NULL);
    tell_progress(&work, 0);
    rwe_parallel_for(n_pieces, run->threads, run_piece, &work);
    pthread_mutex_destroy(&work.lock);
    while (work.n_idle > 0)
        rwe_arena_free(work.idle[--work.n_idle]);
    *replicates = (struct rwe_replicates){.estimates = list, .n = n, .value = work.value};
    return judge(&work, run->arena, replicates, error);
}

size_t rwe_replicates_of(const struct rwe_replicates *replicates, size_t k, double value[])
{
    size_t n = 0, n_estimates = rwe_estimates_n(replicates->estimates);
    for (size_t r = 0; r < replicates->n; r++)
        if (replicates->failure[r] == NULL)
            value[n++] = replicates->value[r * n_estimates + k];
    return n;
}
