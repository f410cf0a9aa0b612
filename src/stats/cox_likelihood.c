/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"

#include <math.h>
#include <string.h>

/* Sums over the steps of one time, of weight w each, at which a share g = 1 − fraction of the tied
 * deaths is left and S is the sum of r, in units of the risk set's shift. */
struct step_sums {
    double by_sum, g_by_sum;       /* Σ w / S, Σ w g / S */
    double by_square, g_by_square; /* Σ w / S², Σ w g / S² */
    double g2_by_square;           /* Σ w g² / S² */
};

/* ---- information ---- */

/*
 * The information at one β. Over the event times t and their steps, of weight w, with S the sum of r
 * over the risk set and x̄ its mean,
 *   Σ_t w (Σ_i r_i x_i x_i' / S − x̄ x̄')  =  Σ_i h_i x_i x_i' − Σ_t w x̄ x̄'
 * where h_i = r_i Σ_t w / S over the times at which i is at risk: the cumulative hazard that he went
 * through. So a matrix is touched once a row and once a time, and not once a row and a time.
 */

static struct rwe_cox_hazard join(struct rwe_cox_hazard a, struct rwe_cox_hazard b)
{
    if (a.shift == b.shift)
        return (struct rwe_cox_hazard){a.sum + b.sum, a.shift};
    if (a.shift > b.shift)
        return (struct rwe_cox_hazard){a.sum * exp(b.shift - a.shift) + b.sum, b.shift};
    return (struct rwe_cox_hazard){a.sum + b.sum * exp(a.shift - b.shift), a.shift};
}

static const struct rwe_cox_hazard no_hazard = {0, INFINITY};

/* ---- which event times a row is at risk at ---- */

/* Numbers the event times of each stratum; n_times is that of the stratum with most. */
static void count_until(const struct rwe_cox_rows *rows, struct rwe_cox_information *of)
{
    for (size_t s = 0; s < rows->n_strata; s++) {
        uint32_t n = 0;
        for (size_t begin = rows->start[s], end = begin; begin < rows->start[s + 1]; begin = end) {
            bool event = false;
            for (; end < rows->start[s + 1] && rows->time[end] == rows->time[begin]; end++)
                event |= rows->event[end] != 0;
            n += event;
            for (size_t i = begin; i < end; i++)
                of->until[i] = n;
        }
        of->n_times = n > of->n_times ? n : of->n_times;
    }
}

static void count_since(const struct rwe_cox_rows *rows, struct rwe_cox_information *of)
{
    for (size_t s = 0; s < rows->n_strata; s++) {
        size_t next = rows->start[s]; /* row */
        uint32_t n = 0;
        for (size_t k = rows->start[s]; k < rows->start[s + 1]; k++) {
            uint32_t row = rows->by_entry[k];
            for (; next < rows->start[s + 1] && rows->time[next] <= rows->entry[row]; next++)
                n = of->until[next];
            of->since[row] = n;
        }
    }
}

static void information_init(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                             struct rwe_arena *arena)
{
    *of = (struct rwe_cox_information){.until = RWE_NEW_UNSET(arena, uint32_t, rows->n)};
    rwe_gram_init(&of->gram, rows->p, arena);
    if (rwe_arena_failed(arena))
        return;
    count_until(rows, of);
    of->outlived = RWE_NEW(arena, struct rwe_cox_hazard, 2 * of->n_times);
    of->died_at = RWE_NEW(arena, struct rwe_cox_hazard, of->n_times);
    of->share = RWE_NEW(arena, double, rows->n);
    if (rows->entry == NULL)
        return;
    of->since = RWE_NEW_UNSET(arena, uint32_t, rows->n);
    if (!rwe_arena_failed(arena))
        count_since(rows, of);
}

/* ---- the times' terms ---- */

/* With c and d the sums of r x over the others and the tied deaths, x̄ = (c + g d) / S at a step, and
 *   Σ w x̄ x̄' = B cc' + G (cd' + dc') + Q dd' = B uu' + (Q − G²/B) dd',  u = c + (G/B) d,
 * where B, G and Q are the sums of w / S², w g / S² and w g² / S². The second is 0 without ties. */
static void information_add_time(struct rwe_cox_information *of, size_t k,
                                 const struct rwe_cox_risk_set *set, const struct step_sums *sums,
                                 double u[])
{
    const double *d = set->deaths.rx;
    double ratio = sums->g_by_square / sums->by_square;
    for (size_t j = 0; j < set->p; j++)
        u[j] = set->all.rx[j] - (1 - ratio) * d[j];
    rwe_gram_add(&of->gram, -sums->by_square, u);
    if (ratio != 1)
        rwe_gram_add(&of->gram, sums->g_by_square * ratio - sums->g2_by_square, d);
    of->outlived[k] = (struct rwe_cox_hazard){sums->by_sum, set->shift};
    of->died_at[k] = (struct rwe_cox_hazard){sums->g_by_sum, set->shift};
}

/* ---- the rows' terms ---- */

static void add_row(struct rwe_cox_information *of, const struct rwe_cox_rows *rows, size_t row,
                    double share, double gross[])
{
    const double *x = rows->x + row * rows->p;
    rwe_gram_add(&of->gram, share, x);
    for (size_t j = 0; gross != NULL && j < rows->p; j++)
        gross[j] += share * x[j] * x[j];
}

static double share_of(const struct rwe_cox_rows *rows, size_t row,
                       const struct rwe_cox_risks *risks, struct rwe_cox_hazard hazard)
{
    double risk = risks->risk != NULL && hazard.shift == risks->highest
                      ? risks->risk[row]
                      : exp(risks->predictor[row] - hazard.shift);
    return hazard.sum * rows->weight[row] * risk;
}

/* All are at risk from the start: one running sum serves. */
static void share_from_start(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                             size_t s, const struct rwe_cox_risks *risks)
{
    struct rwe_cox_hazard before = no_hazard, after = no_hazard, dying = no_hazard;
    uint32_t k = 0; /* times in `after` */
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
        if (of->until[i] > k) {
            before = after;
            dying = join(before, of->died_at[k]);
            after = join(before, of->outlived[k++]);
        }
        of->share[i] = share_of(rows, i, risks, rows->event[i] ? dying : after);
    }
}

/* Puts the sums of pairs, of pairs of pairs, … before the n times, which move to n … 2 n − 1: sums
 * over any times are then of a few numbers of one sign, where a difference of running sums would lose
 * what small hazards add to large ones. */
static void build_tree(struct rwe_cox_hazard node[], size_t n)
{
    memcpy(node + n, node, n * sizeof *node);
    for (size_t i = n; i-- > 1;)
        node[i] = join(node[2 * i], node[2 * i + 1]);
}

/* Over the times [since, until). */
static struct rwe_cox_hazard sum_between(const struct rwe_cox_hazard node[], size_t n, size_t since,
                                         size_t until)
{
    struct rwe_cox_hazard sum = no_hazard;
    for (since += n, until += n; since < until; since /= 2, until /= 2) {
        if (since % 2 == 1)
            sum = join(sum, node[since++]);
        if (until % 2 == 1)
            sum = join(sum, node[--until]);
    }
    return sum;
}

static void share_from_entry(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                             size_t s, const struct rwe_cox_risks *risks)
{
    size_t begin = rows->start[s], end = rows->start[s + 1], n = of->until[end - 1];
    build_tree(of->outlived, n);
    memset(of->share + begin, 0, (end - begin) * sizeof *of->share);
    for (size_t i = begin; i < end; i++) {
        size_t until = of->until[i] - rows->event[i];
        struct rwe_cox_hazard hazard = sum_between(of->outlived, n, of->since[i], until);
        if (rows->event[i])
            hazard = join(hazard, of->died_at[until]);
        of->share[rwe_cox_like(rows, i)] += share_of(rows, i, risks, hazard);
    }
}

static void find_shares(struct rwe_cox_information *of, const struct rwe_cox_rows *rows, size_t s,
                        const struct rwe_cox_risks *risks)
{
    if (rows->entry == NULL)
        share_from_start(of, rows, s, risks);
    else
        share_from_entry(of, rows, s, risks);
}

static void information_add_stratum(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                                    size_t s, const struct rwe_cox_risks *risks, double gross[])
{
    find_shares(of, rows, s, risks);
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        if (rwe_cox_like(rows, i) == i)
            add_row(of, rows, i, of->share[i], gross);
}

/* ---- log-likelihood and score ---- */

/* A million terms of about −13 add up to −1e7, where plain addition is off by 1e-5: more than Newton's
 * last steps rise. */
void rwe_cox_add_to_loglik(struct rwe_cox_likelihood *likelihood, double term)
{
    double owed = term - likelihood->loglik_lost;
    double sum = likelihood->loglik + owed;
    likelihood->loglik_lost = (sum - likelihood->loglik) - owed;
    likelihood->loglik = sum;
}

/* The deaths' own terms: Σ w x'β in the log-likelihood, Σ w x in the score. */
static void add_deaths(const struct rwe_cox_rows *rows, size_t begin, size_t end,
                       const double predictor[], struct rwe_cox_likelihood *likelihood)
{
    for (size_t i = end; i-- > begin;) {
        if (!rows->event[i])
            continue;
        rwe_cox_add_to_loglik(likelihood, rows->weight[i] * predictor[i]);
        for (size_t j = 0; j < rows->p; j++)
            likelihood->score[j] += rows->weight[i] * rows->x[i * rows->p + j];
    }
}

/* Over the steps of one time, at each of which S is the risk set less a share of the tied deaths
 * (rwe_cox_n_steps): loglik −= w log S, and the sums that score and information need. */
static struct step_sums sum_steps(const struct rwe_cox_risk_set *set, size_t n_steps,
                                  struct rwe_cox_likelihood *likelihood)
{
    struct step_sums sums = {0};
    double weight = set->death_weight / (double)n_steps;
    for (size_t step = 0; step < n_steps; step++) {
        double fraction = (double)step / (double)n_steps;
        double sum = set->all.r - fraction * set->deaths.r;
        double g = (double)(n_steps - step) / (double)n_steps;
        double scale = weight / sum, square = scale / sum;
        sums.by_sum += scale;
        sums.g_by_sum += scale * g;
        sums.by_square += square;
        sums.g_by_square += square * g;
        sums.g2_by_square += square * g * g;
        rwe_cox_add_to_loglik(likelihood, -weight * (log(sum) + set->shift));
    }
    return sums;
}

/* Less the terms of event time k: loglik −= w log S, score −= w x̄, where x̄ = (c + g d) / S at a step,
 * with d the sum of r x over the tied deaths and c over the others. */
static void subtract_risk_set(struct rwe_cox_work *work, enum rwe_cox_ties ties, size_t k,
                              struct rwe_cox_likelihood *likelihood)
{
    const struct rwe_cox_risk_set *set = &work->set;
    const double *all = set->all.rx, *deaths = set->deaths.rx;
    struct step_sums sums = sum_steps(set, rwe_cox_n_steps(set, ties), likelihood);
    for (size_t j = 0; j < set->p; j++)
        likelihood->score[j] -= sums.by_sum * (all[j] - deaths[j]) + sums.g_by_sum * deaths[j];
    information_add_time(&work->information, k, set, &sums, work->mean);
}

/* Predictors no further apart than this have risks whose squares are far from the ends of a double. */
static const double ONE_SHIFT = 100;

struct rwe_cox_risks rwe_cox_find_risks(const struct rwe_cox_rows *rows, size_t s,
                                        const struct rwe_cox_work *work)
{
    struct rwe_cox_risks risks = {work->predictor, NULL, -INFINITY};
    double low = INFINITY;
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
        double predictor = risks.predictor[i];
        low = predictor < low ? predictor : low;
        risks.highest = predictor > risks.highest ? predictor : risks.highest;
    }
    if (!(risks.highest - low <= ONE_SHIFT))
        return risks;
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        work->risk[i] = rows->offset != NULL || rwe_cox_like(rows, i) == i
                            ? exp(risks.predictor[i] - risks.highest)
                            : work->risk[rows->like[i]];
    risks.risk = work->risk;
    return risks;
}

/* From the last time to the first, each adds those who are at risk last at it:
 *   loglik = Σ over deaths w x'β − Σ over steps w log S,   score = Σ over deaths w x − Σ over steps w x̄
 * (Cox, J R Stat Soc B 34:187, 1972; ties by Efron, J Am Stat Assoc 72:557, 1977, or by Breslow). */
static void evaluate_stratum(const struct rwe_cox_rows *rows, size_t s, enum rwe_cox_ties ties,
                             struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    struct rwe_cox_risks risks = rwe_cox_find_risks(rows, s, work);
    work->set.risk = risks.risk;
    work->set.highest = risks.highest;
    rwe_cox_risk_set_clear(&work->set);
    for (size_t end = rows->start[s + 1], begin; end > rows->start[s]; end = begin) {
        begin = rwe_cox_risk_set_add_time(&work->set, rows, work->predictor, rows->start[s], end);
        if (work->set.n_deaths == 0)
            continue;
        add_deaths(rows, begin, end, work->predictor, likelihood);
        subtract_risk_set(work, ties, work->information.until[begin] - 1, likelihood);
    }
    information_add_stratum(&work->information, rows, s, &risks, likelihood->gross);
}

/* ---- exact ties ---- */

/*
 * The exact partial likelihood of discrete times: that of d deaths at one time it was those who died,
 * among all choices of d from the risk set. The sum over the choices of the product of their risks
 * is the elementary symmetric sum e_d, by the recursion over subjects (Gail, Lubin & Rubinstein,
 * Biometrika 68:703, 1981)
 *
 *   e_k ← e_k + r e_{k−1},
 *   e_k' ← e_k' + r (e_{k−1}' + x e_{k−1}),
 *   e_k'' ← e_k'' + r (e_{k−1}'' + x e_{k−1}'' + e_{k−1}' x' + x x' e_{k−1}),
 *
 * with primes for derivatives in β.
 */

/* First of the rows before `end` that share its time, and how many of them die. */
static size_t find_time(const struct rwe_cox_rows *rows, size_t start, size_t end, size_t *n_deaths)
{
    size_t begin = end;
    *n_deaths = 0;
    for (; begin > start && rows->time[begin - 1] == rows->time[end - 1]; begin--)
        *n_deaths += rows->event[begin - 1];
    return begin;
}

static struct rwe_cox_exact exact_new(const struct rwe_cox_rows *rows, struct rwe_arena *arena)
{
    size_t most = 0, p = rows->p;
    for (size_t s = 0; s < rows->n_strata; s++)
        for (size_t end = rows->start[s + 1], n_deaths; end > rows->start[s];) {
            end = find_time(rows, rows->start[s], end, &n_deaths);
            most = n_deaths > most ? n_deaths : most;
        }
    return (struct rwe_cox_exact){
        .most_deaths = most,
        .sum = RWE_NEW(arena, double, most + 1),
        .first = rwe_arena_alloc(arena, most + 1, p * sizeof(double)),
        .second = rwe_arena_alloc(arena, (most + 1) * p, p * sizeof(double)),
    };
}

static void clear_sums(struct rwe_cox_exact *exact, size_t n_deaths, size_t p)
{
    memset(exact->sum, 0, (n_deaths + 1) * sizeof(double));
    memset(exact->first, 0, (n_deaths + 1) * p * sizeof(double));
    memset(exact->second, 0, (n_deaths + 1) * p * p * sizeof(double));
    exact->sum[0] = 1;
}

/* One subject more, of risk r, in the sums of order up to n_deaths: from the highest down, so that
 * those of one order less are still without the subject. */
static void add_subject(struct rwe_cox_exact *exact, size_t n_deaths, size_t p, double r,
                        const double x[])
{
    for (size_t k = n_deaths; k >= 1; k--) {
        const double *first_below = exact->first + (k - 1) * p;
        for (size_t j = 0; j < p; j++) {
            const double *second_below = exact->second + ((k - 1) * p + j) * p;
            double *second = exact->second + (k * p + j) * p;
            for (size_t l = 0; l <= j; l++)
                second[l] += r * (second_below[l] + x[j] * first_below[l] + first_below[j] * x[l] +
                                  x[j] * x[l] * exact->sum[k - 1]);
            exact->first[k * p + j] += r * (first_below[j] + x[j] * exact->sum[k - 1]);
        }
        exact->sum[k] += r * exact->sum[k - 1];
    }
}

struct scale {
    double shift; /* largest predictor */
    double sum;   /* Σ exp(predictor − shift) */
    size_t n;
};

static bool at_risk(const struct rwe_cox_rows *rows, size_t i, double time)
{
    return rows->entry == NULL || rows->entry[i] < time;
}

static struct scale find_scale(const struct rwe_cox_rows *rows, const double predictor[],
                               size_t begin, size_t end)
{
    struct scale scale = {.shift = -INFINITY};
    for (size_t i = begin; i < end; i++)
        if (at_risk(rows, i, rows->time[begin]))
            scale.shift = fmax(scale.shift, predictor[i]);
    for (size_t i = begin; i < end; i++)
        if (at_risk(rows, i, rows->time[begin])) {
            scale.sum += exp(predictor[i] - scale.shift);
            scale.n++;
        }
    return scale;
}

/* The d deaths at rows->time[begin] against the risk set in [begin, end). Risks are taken in units of
 * their sum by d, in which e_k is at most d^k / k!: 500 deaths stay in range. */
static void add_exact_time(const struct rwe_cox_rows *rows, size_t begin, size_t end,
                           size_t n_deaths, struct rwe_cox_work *work,
                           struct rwe_cox_likelihood *likelihood)
{
    struct rwe_cox_exact *exact = &work->exact;
    struct scale scale = find_scale(rows, work->predictor, begin, end);
    size_t p = rows->p;
    double d = (double)n_deaths;
    if (scale.n == n_deaths)
        return; /* there is one choice */
    clear_sums(exact, n_deaths, p);
    for (size_t i = begin; i < end; i++)
        if (at_risk(rows, i, rows->time[begin]))
            add_subject(exact, n_deaths, p, exp(work->predictor[i] - scale.shift) * (d / scale.sum),
                        rows->x + i * p);
    double sum = exact->sum[n_deaths];
    rwe_cox_add_to_loglik(likelihood, -log(sum) - d * (scale.shift + log(scale.sum / d)));
    for (size_t j = 0; j < p; j++)
        work->mean[j] = exact->first[n_deaths * p + j] / sum;
    for (size_t j = 0; j < p; j++) {
        const double *second = exact->second + (n_deaths * p + j) * p;
        likelihood->score[j] -= work->mean[j];
        if (likelihood->gross != NULL)
            likelihood->gross[j] += second[j] / sum;
        for (size_t l = 0; l <= j; l++)
            likelihood->information[j * p + l] += second[l] / sum - work->mean[j] * work->mean[l];
    }
    for (size_t i = begin; i < end && rows->time[i] == rows->time[begin]; i++) {
        if (!rows->event[i])
            continue;
        rwe_cox_add_to_loglik(likelihood, work->predictor[i]);
        for (size_t j = 0; j < p; j++)
            likelihood->score[j] += rows->x[i * p + j];
    }
}

static void evaluate_exact(const struct rwe_cox_rows *rows, struct rwe_cox_work *work,
                           struct rwe_cox_likelihood *likelihood)
{
    for (size_t s = 0; s < rows->n_strata; s++)
        for (size_t end = rows->start[s + 1], n_deaths; end > rows->start[s];) {
            end = find_time(rows, rows->start[s], end, &n_deaths);
            if (n_deaths > 0)
                add_exact_time(rows, end, rows->start[s + 1], n_deaths, work, likelihood);
        }
}

/* ---- all at one β ---- */

void rwe_cox_work_init(struct rwe_cox_work *work, const struct rwe_cox_rows *rows,
                       enum rwe_cox_ties ties, struct rwe_arena *arena)
{
    rwe_cox_risk_set_init(&work->set, rows->p, false, arena);
    information_init(&work->information, rows, arena);
    work->predictor = RWE_NEW_UNSET(arena, double, rows->n);
    work->risk = RWE_NEW_UNSET(arena, double, rows->n);
    work->mean = RWE_NEW(arena, double, rows->p);
    work->exact =
        ties == RWE_COX_EXACT ? exact_new(rows, arena) : (struct rwe_cox_exact){.most_deaths = 0};
}

void rwe_cox_evaluate(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, const double beta[],
                      struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    likelihood->loglik = 0;
    likelihood->loglik_lost = 0;
    memset(likelihood->score, 0, rows->p * sizeof *likelihood->score);
    memset(likelihood->information, 0, rows->p * rows->p * sizeof *likelihood->information);
    if (likelihood->gross != NULL)
        memset(likelihood->gross, 0, rows->p * sizeof *likelihood->gross);
    rwe_cox_predict(rows, beta, work->predictor);
    if (ties == RWE_COX_EXACT) {
        evaluate_exact(rows, work, likelihood);
        return;
    }
    rwe_gram_clear(&work->information.gram);
    for (size_t s = 0; s < rows->n_strata; s++)
        evaluate_stratum(rows, s, ties, work, likelihood);
    rwe_gram_write(&work->information.gram, likelihood->information);
}
