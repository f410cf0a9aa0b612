/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Propensity score and 1:1 matching: the design "matched". See psm.md. */
#include "rwe/analysis/present.h"
#include "rwe/analysis/propensity.h"
#include "rwe/base/file.h"
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
    const struct rwe_propensity *ps;
    struct rwe_match match; /* by row of the propensity model */
    double caliper;         /* on the logit */
};

/* ---- computing ---- */

static enum rwe_status match(struct rwe_run *run, struct state *s, struct rwe_error *error)
{
    struct rwe_match_options options_of_match = rwe_match_options_default();
    options_of_match.order =
        (enum rwe_match_order)rwe_settings_choice(run->settings, "match-order");
    options_of_match.seed = rwe_settings_integer(run->settings, "seed");
    s->caliper = rwe_settings_has(run->settings, "caliper-abs")
                     ? rwe_settings_number(run->settings, "caliper-abs")
                     : rwe_settings_number(run->settings, "caliper") *
                           rwe_match_pooled_sd(s->ps->model.linear, s->ps->treated, s->ps->n);
    options_of_match.caliper = s->caliper;
    enum rwe_status status = rwe_match_nearest(s->ps->model.linear, s->ps->treated, s->ps->n,
                                               &options_of_match, run->arena, &s->match, error);
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
    uint32_t *set = RWE_NEW(run->arena, uint32_t, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    *state = s;
    enum rwe_status status = rwe_propensity(run, "psm", &s->ps, error);
    if (status == RWE_OK)
        status = match(run, s, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < run->cohort->n; i++)
        set[i] = RWE_NO_SET;
    for (size_t k = 0; k < s->ps->n; k++)
        set[s->ps->subject[k]] = s->match.set[k];
    struct rwe_design *matched = &run->design[run->n_designs++];
    *matched = (struct rwe_design){.name = "matched",
                                   .label = "Matched 1:1",
                                   .set = set,
                                   .n_sets = s->match.n_sets,
                                   .paired = true};
    return rwe_design_complete(run->cohort, matched, run->arena, error);
}

/* ---- presenting ---- */

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
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
    struct rwe_key key = rwe_key_of("psm");
    size_t treated = s->ps->n_treated;
    struct rwe_grid *grid = rwe_document_table(run->document, "Matching");
    rwe_grid_column(grid, "matching");
    rwe_grid_column(grid, "value");
    count_row(run, grid, "Treated", &key, "n.treated", (double)treated);
    count_row(run, grid, "Controls", &key, "n.control", (double)(s->ps->n - treated));
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

static void warn_unmatched(struct rwe_run *run, const struct state *s)
{
    size_t treated = s->ps->n_treated, control = s->ps->n - treated;
    if (s->match.n_sets * 2 < (treated < control ? treated : control))
        rwe_document_warning(run->document, "many-unmatched", "psm",
                             "Fewer than half of the smaller arm found a partner: the matched "
                             "sample is not that arm any more.");
}

static enum rwe_status run_psm(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)error;
    const struct state *s = state;
    rwe_document_section(run->document, 1, "Propensity score and matching");
    rwe_propensity_present(run);
    present_matching(run, s);
    warn_unmatched(run, s);
    return RWE_OK;
}

/* ---- the matched subjects as a file ---- */

static void write_row(FILE *out, const struct rwe_cohort *cohort, const struct state *s, size_t k)
{
    uint32_t i = s->ps->subject[k];
    rwe_csv_write_text(out, cohort->id[i]);
    putc(',', out);
    rwe_csv_write_text(out, cohort->arm_level[cohort->arm[i]]);
    fprintf(out, ",%u,1,%.17g,%.17g\n", s->match.set[k] + 1, s->ps->model.fitted[k],
            s->ps->model.linear[k]);
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
    for (size_t k = 0; k < s->ps->n; k++)
        if (s->match.set[k] != RWE_UNMATCHED)
            member[s->ps->treated[k]][s->match.set[k]] = (uint32_t)k;
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
