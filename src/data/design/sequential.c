/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/sequential.h"

#include "cohort/quantile_private.h"
#include "rwe/base/sort.h"
#include "timedep_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Beyond these an interval or a step is a slip, as days taken for months: it would fill the memory. */
enum { MOST_TRIALS = 10000, MOST_PIECES = 10000000 };

/* ---- when trials begin ---- */

/* The members of rwe_trials while they are filled. */
struct filling {
    double *start, *end, *open;
    uint32_t *joins;
    struct rwe_trial *trial;
};

static enum rwe_status check(const struct rwe_cohort *cohort, double interval,
                             struct rwe_error *error)
{
    if (cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "nested trials need to know when exposure began: say --exposure-start COL");
    if (cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "nested trials compare two arms, but there are %zu: name two of them with "
                        "--control and --treated",
                        cohort->n_arms);
    if (cohort->entry != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "nested trials begin at time zero: leave out --entry, or restrict the "
                        "cohort to those observed from there on");
    if (!(interval >= 0) || !isfinite(interval))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the interval between trials must be 0 or a time after it");
    return RWE_OK;
}

/* Until when the subject could begin exposure while followed for the endpoint. */
static double open_until(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                         uint32_t subject)
{
    double until = cohort->exposure_until == NULL ? INFINITY : cohort->exposure_until[subject];
    return rwe_endpoint_has(endpoint, subject) ? fmin(until, endpoint->time[subject]) : 0;
}

static enum rwe_status take_times(const struct rwe_cohort *cohort,
                                  const struct rwe_endpoint *endpoint, struct rwe_arena *arena,
                                  struct rwe_trials *trials, struct filling *to)
{
    const double *settled = timedep_settle_starts(cohort, endpoint, arena);
    to->start = RWE_NEW(arena, double, trials->n);
    to->end = RWE_NEW(arena, double, trials->n);
    to->open = RWE_NEW(arena, double, trials->n);
    to->joins = RWE_NEW(arena, uint32_t, trials->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < trials->n; k++) {
        double start = settled[trials->subject[k]];
        to->open[k] = open_until(cohort, endpoint, trials->subject[k]);
        bool counts = start < to->open[k] && to->open[k] > 0; /* NaN: never */
        to->start[k] = counts ? fmax(0, start) : NAN;
        to->end[k] = endpoint->time[trials->subject[k]];
        to->joins[k] = RWE_NO_SET;
        trials->n_initiators += counts;
        if (counts)
            trials->last_exposure = fmax(trials->last_exposure, to->start[k]);
    }
    trials->start = to->start;
    trials->end = to->end;
    trials->open = to->open;
    trials->joins = to->joins;
    return RWE_OK;
}

/* The time of the trial that somebody exposed at `start` joins. */
static double time_of(const struct rwe_trials *trials, double start)
{
    if (trials->interval == 0)
        return start;
    double k = floor(start / trials->interval);
    k += (k + 1) * trials->interval <= start; /* division rounds */
    k -= k * trials->interval > start;
    return k * trials->interval;
}

/* Initiators in order of their start: a trial wherever the time differs from that of the last. */
static enum rwe_status list_trials(struct rwe_arena *arena, struct rwe_trials *trials,
                                   struct filling *to)
{
    double *start = RWE_NEW(arena, double, trials->n);
    uint32_t *order = RWE_NEW(arena, uint32_t, trials->n);
    to->trial = RWE_NEW(arena, struct rwe_trial, trials->n_initiators);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < trials->n; k++)
        start[k] = isnan(trials->start[k]) ? INFINITY : trials->start[k];
    if (rwe_sort_numbers(start, trials->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t n = 0;
    for (size_t o = 0; o < trials->n_initiators; o++) {
        double time = time_of(trials, start[order[o]]);
        if (n == 0 || time > to->trial[n - 1].time)
            to->trial[n++].time = time;
        to->joins[order[o]] = (uint32_t)(n - 1);
        to->trial[n - 1].n_initiators++;
        to->trial[n - 1].n_at_start += start[order[o]] == time;
    }
    trials->trial = to->trial;
    trials->n_trials = n;
    if (n > 0 && trials->interval > 0)
        trials->n_without = (size_t)round(to->trial[n - 1].time / trials->interval) + 1 - n;
    return RWE_OK;
}

/* ---- who is in them ---- */

/* When the follow-up of subject k in arm 0 ends, by the clock of time zero. */
static double unexposed_until(const struct rwe_trials *trials, size_t k)
{
    return isnan(trials->start[k]) ? trials->end[k] : trials->start[k];
}

static bool is_eligible(const struct rwe_trials *trials, size_t k, double time)
{
    return trials->open[k] > time && !(trials->start[k] < time); /* NaN: never */
}

static void count(const struct rwe_endpoint *endpoint, const struct rwe_trials *trials,
                  struct rwe_trial *trial)
{
    for (size_t j = 0; j < trials->n_trials; j++)
        for (size_t k = 0; k < trials->n; k++) {
            if (!is_eligible(trials, k, trial[j].time))
                continue;
            bool exposed = !isnan(trials->start[k]);
            bool event = endpoint->event[trials->subject[k]] > 0;
            trial[j].n_eligible++;
            trial[j].n_left += exposed && trials->start[k] > trial[j].time;
            trial[j].n_event[0] += !exposed && event;
            trial[j].n_event[1] += trials->joins[k] == j && event;
        }
}

enum rwe_status rwe_trials_make(const struct rwe_cohort *cohort,
                                const struct rwe_endpoint *endpoint, const uint32_t subject[],
                                size_t n, double interval, struct rwe_arena *arena,
                                struct rwe_trials *trials, struct rwe_error *error)
{
    enum rwe_status status = check(cohort, interval, error);
    struct filling to = {0};
    if (status != RWE_OK)
        return status;
    *trials = (struct rwe_trials){
        .n = n, .subject = subject, .interval = interval, .last_exposure = -INFINITY};
    if (take_times(cohort, endpoint, arena, trials, &to) != RWE_OK)
        return rwe_fail_memory(error);
    if (interval > 0 && trials->last_exposure / interval > MOST_TRIALS)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "an interval of %g makes more than %d trials: take a longer one", interval,
                        MOST_TRIALS);
    if (list_trials(arena, trials, &to) != RWE_OK)
        return rwe_fail_memory(error);
    count(endpoint, trials, to.trial);
    return RWE_OK;
}

/* ---- the hazard of exposure ---- */

/* H at `time`: its jump there included, or not. */
static double hazard_at(const struct rwe_clone_weights *weights, double time, bool included)
{
    size_t low = 0, high = weights->n_times;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        double jump = weights->time[middle];
        if (jump < time || (included && jump == time))
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 0 : weights->hazard[low - 1];
}

/* H of each trial: before it begins, at each change of weights, and before the next could begin. */
struct clock {
    double before, until;
    double *at; /* by step */
    size_t n;   /* steps up to the last exposure; H stays afterwards */
};

static enum rwe_status make_clocks(const struct rwe_trials *trials,
                                   const struct rwe_clone_weights *weights, double step,
                                   struct rwe_arena *arena, struct clock clock[])
{
    for (size_t j = 0; j < trials->n_trials; j++) {
        double time = trials->trial[j].time;
        struct clock *c = &clock[j];
        c->before = hazard_at(weights, time, false);
        c->until = hazard_at(weights, time + trials->interval, trials->interval == 0);
        c->n = (size_t)ceil((trials->last_exposure - time) / step) + 1;
        c->at = RWE_NEW(arena, double, c->n);
        if (c->at == NULL)
            return RWE_NO_MEMORY;
        for (size_t s = 0; s < c->n; s++)
            c->at[s] = hazard_at(weights, time + (double)s * step, true);
    }
    return RWE_OK;
}

/* ---- rows ---- */

struct rwe_trial_options rwe_trial_options_default(void)
{
    return (struct rwe_trial_options){.step = 1, .truncate = 1, .initiators = true};
}

/* The rows while they are cut. */
struct cutting {
    const struct rwe_trials *trials;
    const struct rwe_clone_weights *weights;
    const struct rwe_trial_options *options;
    const struct clock *clock;
    double least; /* what is left of a follow-up beyond a step is no piece unless longer */
    size_t *start;
    double *weight, *from, *until, *origin;
    uint32_t *arm, *trial;
    size_t n;
};

/* Pieces of subject k in arm 0 of trial j: one more for each step that leaves something after it. */
static size_t count_pieces(const struct cutting *cut, size_t k, size_t j)
{
    double length = unexposed_until(cut->trials, k) - cut->trials->trial[j].time;
    size_t n = 1;
    if (!is_eligible(cut->trials, k, cut->trials->trial[j].time) || !(length > 0))
        return 0;
    while (n < cut->clock[j].n && (double)n * cut->options->step < length - cut->least)
        n++;
    return n;
}

static void add_row(struct cutting *cut, size_t j, uint32_t arm, double from, double weight)
{
    cut->trial[cut->n] = (uint32_t)j;
    cut->arm[cut->n] = arm;
    cut->from[cut->n] = from;
    cut->weight[cut->n++] = weight;
}

/* Both follow-ups of subject k in trial j; the weights of arm 0 are c(u) for now, and H at most `most`, where it was
 * when exposure closed. */
static void cut_subject(struct cutting *cut, size_t k, size_t j, double most)
{
    const struct rwe_trials *trials = cut->trials;
    const struct clock *clock = &cut->clock[j];
    double time = trials->trial[j].time;
    size_t n = count_pieces(cut, k, j);
    for (size_t s = 0; s < n; s++) {
        bool last = s + 1 == n;
        cut->origin[cut->n] = time;
        cut->until[cut->n] =
            last ? unexposed_until(trials, k) - time : (double)(s + 1) * cut->options->step;
        add_row(cut, j, 0, (double)s * cut->options->step,
                exp((fmin(clock->at[s], most) - clock->before) * cut->weights->risk[k]));
    }
    if (trials->joins[k] != j)
        return;
    cut->origin[cut->n] = trials->start[k];
    cut->until[cut->n] = trials->end[k] - trials->start[k];
    add_row(cut, j, 1, 0, 1);
}

static enum rwe_status rows_new(const struct rwe_cohort *cohort, size_t n, struct rwe_arena *arena,
                                struct cutting *cut)
{
    cut->start = RWE_NEW(arena, size_t, cohort->n + 1);
    cut->weight = RWE_NEW_UNSET(arena, double, n);
    cut->from = RWE_NEW_UNSET(arena, double, n);
    cut->until = RWE_NEW_UNSET(arena, double, n);
    cut->origin = RWE_NEW_UNSET(arena, double, n);
    cut->arm = RWE_NEW_UNSET(arena, uint32_t, n);
    cut->trial = RWE_NEW_UNSET(arena, uint32_t, n);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status too_many(struct rwe_error *error)
{
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "nested trials would cut follow-up into more than %d pieces: take a longer "
                    "interval between trials, or a longer step",
                    MOST_PIECES);
}

/* Whether subject k of the list is drawn once more, and so has the rows of the one before. */
static bool is_copy(const struct rwe_cohort *cohort, const struct cutting *cut, size_t k)
{
    const uint32_t *subject = cut->trials->subject;
    return k > 0 && rwe_cohort_is_copy(cohort, subject[k]) && subject[k - 1] == subject[k] - 1;
}

/* The last n rows once more. */
static void repeat_rows(struct cutting *cut, size_t n)
{
    size_t to = cut->n, from = to - n;
    memcpy(cut->weight + to, cut->weight + from, n * sizeof *cut->weight);
    memcpy(cut->from + to, cut->from + from, n * sizeof *cut->from);
    memcpy(cut->until + to, cut->until + from, n * sizeof *cut->until);
    memcpy(cut->origin + to, cut->origin + from, n * sizeof *cut->origin);
    memcpy(cut->arm + to, cut->arm + from, n * sizeof *cut->arm);
    memcpy(cut->trial + to, cut->trial + from, n * sizeof *cut->trial);
    cut->n += n;
}

/* By subject of the cohort; who is not in the list has none. */
static enum rwe_status cut_all(const struct rwe_cohort *cohort, struct cutting *cut,
                               struct rwe_arena *arena, struct rwe_trial_rows *result,
                               struct rwe_error *error)
{
    const struct rwe_trials *trials = cut->trials;
    size_t k = 0;
    for (size_t i = 0; i < trials->n && result->n_pieces <= MOST_PIECES; i++)
        for (size_t j = 0; j < trials->n_trials; j++)
            result->n_pieces += count_pieces(cut, i, j);
    if (result->n_pieces > MOST_PIECES)
        return too_many(error);
    if (rows_new(cohort, result->n_pieces + trials->n_initiators, arena, cut) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        cut->start[i] = cut->n;
        if (k == trials->n || trials->subject[k] != i)
            continue;
        double most = hazard_at(cut->weights, trials->open[k], false);
        if (is_copy(cohort, cut, k))
            repeat_rows(cut, cut->n - cut->start[i - 1]);
        else
            for (size_t j = 0; j < trials->n_trials; j++)
                cut_subject(cut, k, j, most);
        k++;
    }
    cut->start[cohort->n] = cut->n;
    return RWE_OK;
}

/* ---- weights ---- */

static bool same_followup(const struct cutting *cut, size_t r, size_t next)
{
    return cut->arm[r] == cut->arm[next] && cut->trial[r] == cut->trial[next];
}

static enum rwe_status truncate_weights(struct cutting *cut, struct rwe_arena *arena,
                                        struct rwe_trial_rows *result)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t n = 0;
    result->limit = INFINITY;
    if (cut->options->truncate >= 1 || result->n_pieces == 0)
        return RWE_OK;
    double *of0 = RWE_NEW(arena, double, result->n_pieces);
    for (size_t r = 0; of0 != NULL && r < cut->n; r++)
        if (cut->arm[r] == 0)
            of0[n++] = cut->weight[r];
    if (of0 == NULL)
        return RWE_NO_MEMORY;
    result->limit = data_quantile(of0, n, cut->options->truncate);
    rwe_arena_release(arena, mark);
    /* c(u) grows along a follow-up, so its last piece says whether any was above the limit. */
    for (size_t r = 0; r < cut->n; r++) {
        bool last = r + 1 == cut->n || cut->from[r + 1] == 0;
        result->n_truncated += last && cut->weight[r] > result->limit;
        if (cut->arm[r] == 0)
            cut->weight[r] = fmin(cut->weight[r], result->limit);
    }
    return RWE_OK;
}

/* The probability of being exposed in the trial, of subject k. */
static double probability(const struct cutting *cut, size_t k, size_t j)
{
    const struct clock *clock = &cut->clock[j];
    return -expm1(-(clock->until - clock->before) * cut->weights->risk[k]);
}

/* Makes one row of pieces that go on with the same weight; final weights. */
static enum rwe_status finish(const struct rwe_cohort *cohort, struct cutting *cut,
                              struct rwe_error *error)
{
    size_t kept = 0, k = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        size_t begin = cut->start[i], end = cut->start[i + 1], first = kept;
        cut->start[i] = kept;
        double p = 1; /* of the follow-up at hand */
        k += k + 1 < cut->trials->n && cut->trials->subject[k] < i;
        for (size_t r = begin; r < end; r++) {
            bool weighs = cut->options->initiators && cut->arm[r] == 0;
            if (cut->from[r] == 0)
                p = weighs ? probability(cut, k, cut->trial[r]) : 1;
            double weight = cut->weight[r] * p;
            if (!isfinite(weight) || !(weight > 0))
                return rwe_fail(error, RWE_NOT_FINITE, k, "a weight is no number above 0");
            bool goes_on = kept > first && same_followup(cut, kept - 1, r) && cut->from[r] > 0 &&
                           cut->weight[kept - 1] == weight;
            if (!goes_on) {
                cut->origin[kept] = cut->origin[r];
                cut->weight[kept] = weight;
                cut->from[kept] = cut->from[r];
                cut->arm[kept] = cut->arm[r];
                cut->trial[kept++] = cut->trial[r];
            }
            cut->until[kept - 1] = cut->until[r];
        }
    }
    cut->start[cohort->n] = cut->n = kept;
    return RWE_OK;
}

static enum rwe_status check_options(const struct rwe_trials *trials,
                                     const struct rwe_trial_options *options, double *least,
                                     struct rwe_error *error)
{
    double longest = 0;
    for (size_t k = 0; k < trials->n; k++)
        longest = fmax(longest, trials->end[k]);
    *least = 4 * sqrt(DBL_EPSILON) * longest; /* well above what is settled as a tie */
    if (!(options->step > 2 * *least) || !isfinite(options->step) ||
        !(options->truncate > 0 && options->truncate <= 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "step must be a time above 0, and truncate above 0 and at most 1");
    return RWE_OK;
}

enum rwe_status rwe_trials_rows(const struct rwe_cohort *cohort, const struct rwe_trials *trials,
                                const struct rwe_clone_weights *weights,
                                const struct rwe_trial_options *options, struct rwe_arena *arena,
                                struct rwe_trial_rows *result, struct rwe_error *error)
{
    struct cutting cut = {.trials = trials, .weights = weights, .options = options};
    struct clock *clock = RWE_NEW(arena, struct clock, trials->n_trials);
    *result = (struct rwe_trial_rows){.limit = INFINITY};
    enum rwe_status status = check_options(trials, options, &cut.least, error);
    if (status != RWE_OK)
        return status;
    if ((double)trials->n_trials * (trials->last_exposure / options->step) > MOST_PIECES)
        return too_many(error);
    if (clock == NULL || make_clocks(trials, weights, options->step, arena, clock) != RWE_OK)
        return rwe_fail_memory(error);
    cut.clock = clock;
    status = cut_all(cohort, &cut, arena, result, error);
    if (status == RWE_OK && truncate_weights(&cut, arena, result) != RWE_OK)
        status = rwe_fail_memory(error);
    if (status == RWE_OK)
        status = finish(cohort, &cut, error);
    result->rows = (struct rwe_design_rows){.start = cut.start,
                                            .weight = cut.weight,
                                            .arm = cut.arm,
                                            .from = cut.from,
                                            .until = cut.until,
                                            .origin = cut.origin,
                                            .trial = cut.trial,
                                            .n_trials = trials->n_trials};
    result->n = cut.n;
    return status;
}
