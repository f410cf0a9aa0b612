/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Propensity score and 1:1 matching: the design "matched". See psm.md. */
#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/file.h"
#include "rwe/stats/logistic.h"
#include "rwe/stats/match.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "caliper",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .fallback = "0.2",
     .low = 0,
     .high = 1e6,
     .help =
         "Largest distance of a matched pair, in standard deviations of the logit pooled within "
         "arms (default 0.2)."},
    {.name = "caliper-abs",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .low = 0,
     .high = 1e300,
     .help = "The same on the logit itself, in place of --caliper."},
    {.name = "match-order",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "ORDER",
     .choices = "closest|largest|smallest|random",
     .fallback = "closest",
     .help =
         "Which pair is taken first: closest (default); or treated subjects from the largest or "
         "smallest score, or in an order drawn with --seed."},
    {.name = "export-matched",
     .kind = RWE_OPTION_PATH,
     .section = RWE_SECTION_OUTPUT,
     .argument = "FILE",
     .help = "Write the matched subjects as CSV: id, arm, pair, weight, ps, logit_ps."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

struct state {
    struct rwe_columns columns; /* of the model */
    const uint32_t *subject;    /* by row of the model */
    size_t n;                   /* rows: subjects with complete covariates */
    uint8_t *treated;           /* by row */
    struct rwe_logistic model;
    struct rwe_match match; /* by row */
    double caliper;         /* on the logit */
};

/* ---- computing ---- */

static enum rwe_status check_request(const struct rwe_run *run, struct rwe_error *error)
{
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--psm needs covariates: say --covariates A,B,…");
    if (run->cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--psm compares two arms, but there are %zu: name two of them with "
                        "--control and --treated",
                        run->cohort->n_arms);
    for (size_t j = 0; j < run->cohort->n_covariates; j++) {
        const struct rwe_variable *v = &run->cohort->covariate[j];
        if (v->categorical && v->n_levels < 2)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "covariate \"%s\" is constant, \"%s\": leave it out of the covariates",
                            v->name, v->n_levels == 0 ? "" : v->level[0]);
    }
    return RWE_OK;
}

/* A covariate with one value only says nothing of the arms; told by name before the fit. */
static enum rwe_status check_constant(const struct state *s, const double x[],
                                      struct rwe_error *error)
{
    for (size_t j = 0; j < s->columns.n; j++) {
        const double *column = x + j * s->n;
        size_t i = 1;
        while (i < s->n && column[i] == column[0])
            i++;
        if (i >= s->n)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "covariate \"%s\" is constant in the %zu subjects of the propensity "
                            "model: leave it out of the covariates",
                            s->columns.item[j].name, s->n);
    }
    return RWE_OK;
}

/* The design matrix over subjects without a missing covariate. */
static enum rwe_status complete_cases(const struct rwe_run *run, struct state *s,
                                      struct rwe_arena *scratch, double **x,
                                      struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, cohort->n);
    double *values = RWE_NEW(scratch, double, cohort->n);
    s->treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    if (rwe_arena_failed(run->arena) || values == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        bool complete = true;
        for (size_t j = 0; j < cohort->n_covariates && complete; j++) {
            const struct rwe_variable *v = &cohort->covariate[j];
            complete = v->categorical ? v->code[i] >= 0 : !isnan(v->number[i]);
        }
        if (!complete)
            continue;
        s->treated[s->n] = (uint8_t)cohort->arm[i];
        subject[s->n++] = (uint32_t)i;
    }
    s->subject = subject;
    *x = RWE_NEW(scratch, double, s->n * s->columns.n);
    if (*x == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < s->columns.n; j++) {
        rwe_column_values(&s->columns.item[j], cohort->n, values);
        for (size_t k = 0; k < s->n; k++)
            (*x)[j * s->n + k] = values[subject[k]];
    }
    return RWE_OK;
}

/* A failure of the fit in terms of covariates. */
static enum rwe_status explain(const struct state *s, enum rwe_status status,
                               const struct rwe_error *inner, struct rwe_error *error)
{
    const char *name =
        inner->index < s->columns.n ? s->columns.item[inner->index].name : "the intercept";
    if (status == RWE_COLLINEAR)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: \"%s\" is determined by the covariates before it "
                        "(collinear): leave one of them out",
                        name);
    if (status == RWE_SEPARATED)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: the covariates tell the arms apart without error "
                        "(separation), most of all \"%s\": no subject of one arm is like those of "
                        "the other there. Leave it out, merge its categories, or restrict the "
                        "cohort to where both arms occur",
                        name);
    if (status == RWE_NOT_ESTIMABLE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: %s; %zu subjects have complete covariates",
                        inner->message, s->n);
    *error = *inner;
    return status;
}

static enum rwe_status fit(struct rwe_run *run, struct state *s, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    struct rwe_logistic_options logistic = rwe_logistic_options_default();
    struct rwe_error inner = {0};
    double *x = NULL;
    if (scratch == NULL)
        return rwe_fail_memory(error);
    logistic.threads = run->threads;
    s->columns = rwe_covariate_columns(run->cohort, true, run->arena);
    enum rwe_status status = s->columns.item == NULL ? rwe_fail_memory(error)
                                                     : complete_cases(run, s, scratch, &x, error);
    if (status == RWE_OK && s->n == 0)
        status =
            rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                     "no subject has a value in all %zu covariates", run->cohort->n_covariates);
    if (status == RWE_OK)
        status = check_constant(s, x, error);
    if (status == RWE_OK) {
        status = rwe_logistic_fit(x, s->columns.n, s->treated, s->n, &logistic, run->arena,
                                  &s->model, &inner);
        if (status != RWE_OK)
            status = explain(s, status, &inner, error);
    }
    rwe_arena_free(scratch);
    return status;
}

static enum rwe_status match(struct rwe_run *run, struct state *s, struct rwe_error *error)
{
    struct rwe_match_options options_of_match = rwe_match_options_default();
    options_of_match.order =
        (enum rwe_match_order)rwe_settings_choice(run->settings, "match-order");
    options_of_match.seed = rwe_settings_integer(run->settings, "seed");
    s->caliper = rwe_settings_has(run->settings, "caliper-abs")
                     ? rwe_settings_number(run->settings, "caliper-abs")
                     : rwe_settings_number(run->settings, "caliper") *
                           rwe_match_pooled_sd(s->model.linear, s->treated, s->n);
    options_of_match.caliper = s->caliper;
    enum rwe_status status = rwe_match_nearest(s->model.linear, s->treated, s->n, &options_of_match,
                                               run->arena, &s->match, error);
    if (status == RWE_OK && s->match.n_sets == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "no treated subject has a control within the caliper of %.4g on the "
                        "logit: the arms do not overlap",
                        s->caliper);
    return status;
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct state *s = RWE_NEW(run->arena, struct state, 1);
    uint32_t *pair = RWE_NEW(run->arena, uint32_t, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    *state = s;
    enum rwe_status status = check_request(run, error);
    if (status == RWE_OK)
        status = fit(run, s, error);
    if (status == RWE_OK)
        status = match(run, s, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < run->cohort->n; i++)
        pair[i] = RWE_NO_PAIR;
    for (size_t k = 0; k < s->n; k++)
        pair[s->subject[k]] = s->match.set[k];
    return rwe_design_pairs(run->cohort, pair, s->match.n_sets, run->arena,
                            &run->design[run->n_designs++], error);
}

/* ---- presenting ---- */

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void present_term(struct rwe_run *run, struct rwe_grid *grid, const struct state *s,
                         size_t j)
{
    struct rwe_key key = rwe_key_of("ps");
    double estimate = s->model.estimate[j];
    double error = sqrt(s->model.covariance[j * s->model.p + j]);
    double reach = rwe_normal_limit(run) * error;
    key.term = j == 0 ? "(Intercept)" : s->columns.item[j - 1].name;
    rwe_grid_row(grid, 0, "%s", key.term);
    rwe_fact coefficient = add(run, &key, "estimate", estimate);
    rwe_fact standard_error = add(run, &key, "std.error", error);
    add(run, &key, "statistic", estimate / error);
    rwe_fact p = add(run, &key, "p.value", rwe_normal_p_value(estimate / error));
    rwe_fact odds = add(run, &key, "odds.ratio", exp(estimate));
    rwe_fact low = add(run, &key, "conf.low", exp(estimate - reach));
    rwe_fact high = add(run, &key, "conf.high", exp(estimate + reach));
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, coefficient, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, standard_error, RWE_NO_FACT, RWE_NO_FACT);
    if (j == 0)
        rwe_grid_empty(grid); /* the odds at age 0 in the year 0 tell nobody anything */
    else
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, odds, low, high);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

static void present_model(struct rwe_run *run, const struct state *s)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Propensity model (logistic)");
    rwe_grid_column(grid, "term");
    rwe_grid_column(grid, "log odds");
    rwe_grid_column(grid, "std. error");
    rwe_grid_column(grid, "odds ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "p");
    for (size_t j = 0; j < s->model.p; j++)
        present_term(run, grid, s, j);
    rwe_grid_note(grid, "Probability of the treated arm, \"%s\", given the covariates.",
                  run->cohort->arm_level[1]);
    if (!s->model.converged)
        rwe_document_warning(run->document, "not-converged", "ps",
                             "The propensity model did not converge in %zu steps.",
                             s->model.n_iterations);
}

static void count_row(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                      const struct rwe_key *key, const char *stat, double value)
{
    rwe_grid_row(grid, 0, "%s", label);
    rwe_grid_cell(grid, RWE_CELL_COUNT, add(run, key, stat, value), RWE_NO_FACT, RWE_NO_FACT);
}

static void number_row(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                       const struct rwe_key *key, const char *stat, double value)
{
    rwe_grid_row(grid, 0, "%s", label);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, add(run, key, stat, value), RWE_NO_FACT, RWE_NO_FACT);
}

static void present_matching(struct rwe_run *run, const struct state *s)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key ps = rwe_key_of("ps");
    struct rwe_key key = rwe_key_of("psm");
    size_t treated = 0;
    for (size_t k = 0; k < s->n; k++)
        treated += s->treated[k];
    struct rwe_grid *grid = rwe_document_table(run->document, "Matching");
    rwe_grid_column(grid, "matching");
    rwe_grid_column(grid, "value");
    count_row(run, grid, "Subjects in the propensity model", &ps, "n", (double)s->n);
    count_row(run, grid, "Left out, a covariate is missing", &ps, "n.missing",
              (double)(cohort->n - s->n));
    number_row(run, grid, "c-statistic of the propensity model", &ps, "auc", s->model.auc);
    add(run, &ps, "converged", s->model.converged);
    count_row(run, grid, "Treated", &key, "n.treated", (double)treated);
    count_row(run, grid, "Controls", &key, "n.control", (double)(s->n - treated));
    count_row(run, grid, "Matched treated", &key, "n.matched.treated", (double)s->match.n_sets);
    count_row(run, grid, "Matched controls", &key, "n.matched.control", (double)s->match.n_sets);
    number_row(run, grid, "Caliper on the logit", &key, "caliper", s->caliper);
    number_row(run, grid, "Sum of distances", &key, "distance.total", s->match.distance_total);
    rwe_grid_note(
        grid,
        "Greedy 1:1 nearest neighbour on the logit of the propensity score, without "
        "replacement, %s first; ties by %s. It estimates the effect in "
        "those treated who have a like control.",
        (const char *const[]){"closest pair", "largest score", "smallest score",
                              "random order"}[rwe_settings_choice(run->settings, "match-order")],
        cohort->has_id ? "subject identifier" : "an order drawn from the data");
}

static void warn_small(struct rwe_run *run, const struct state *s)
{
    size_t treated = 0;
    for (size_t k = 0; k < s->n; k++)
        treated += s->treated[k];
    size_t rarer = treated < s->n - treated ? treated : s->n - treated;
    if (rarer < 10 * s->columns.n)
        rwe_document_warning(run->document, "few-per-variable", "ps",
                             "%zu subjects in the smaller arm for the propensity model's %zu "
                             "term%s: fewer than ten a term.",
                             rarer, s->columns.n, s->columns.n == 1 ? "" : "s");
    if (s->match.n_sets * 2 < (treated < s->n - treated ? treated : s->n - treated))
        rwe_document_warning(run->document, "many-unmatched", "psm",
                             "Fewer than half of the smaller arm found a partner: the matched "
                             "sample is not that arm any more.");
}

static enum rwe_status run_psm(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)error;
    const struct state *s = state;
    rwe_document_section(run->document, 1, "Propensity score and matching");
    present_model(run, s);
    present_matching(run, s);
    warn_small(run, s);
    return RWE_OK;
}

/* ---- the matched subjects as a file ---- */

static void write_row(FILE *out, const struct rwe_cohort *cohort, const struct state *s, size_t k)
{
    uint32_t i = s->subject[k];
    rwe_csv_write_text(out, cohort->id[i]);
    putc(',', out);
    rwe_csv_write_text(out, cohort->arm_level[cohort->arm[i]]);
    fprintf(out, ",%u,1,%.17g,%.17g\n", s->match.set[k] + 1, s->model.fitted[k],
            s->model.linear[k]);
}

struct export
{
    const struct rwe_run *run;
    const struct state *state;
    const uint32_t
        *member[2]; /* by pair: row of the model of its control, of its treated subject */
};

/* Pair by pair, the treated subject first. */
static void write_matched(FILE *out, const void *context)
{
    const struct export *export = context;
    fputs("id,arm,pair,weight,ps,logit_ps\n", out);
    for (size_t p = 0; p < export->state->match.n_sets; p++)
        for (int arm = 1; arm >= 0; arm--)
            write_row(out, export->run->cohort, export->state, export->member[arm][p]);
}

static enum rwe_status export_matched(const struct rwe_run *run, const struct state *s,
                                      const char *path, struct rwe_error *error)
{
    uint32_t *member[2] = {RWE_NEW(run->arena, uint32_t, s->match.n_sets),
                           RWE_NEW(run->arena, uint32_t, s->match.n_sets)};
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < s->n; k++)
        if (s->match.set[k] != RWE_UNMATCHED)
            member[s->treated[k]][s->match.set[k]] = (uint32_t)k;
    const struct export export = {run, s, {member[0], member[1]}};
    return rwe_file_write(path, write_matched, &export, error);
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "export-matched");
    return path == NULL ? RWE_OK : export_matched(run, state, path, error);
}

const struct rwe_analysis rwe_analysis_psm = {
    .name = "psm",
    .choices = "nearest",
    .help = "Propensity-score matching: adds the population \"matched\", on which every analysis "
            "that is asked for runs too. Brings Table 1 and the balance of covariates.",
    .brings = "table1 balance",
    .options = &option_list,
    .design = design,
    .run = run_psm,
    .write_files = write_files,
};
