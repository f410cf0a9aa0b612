/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Definition × result: progression-free survival under each rule on the same dates. See endpoints.md. */
#include "estimates/cox_models.h"
#include "run/forest.h"

#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "rwe/stats/event_table.h"
#include "rwe/stats/km.h"

#include <math.h>

/* ---- the variants ---- */

struct variant {
    const char *term; /* of facts; readers see it translated */
    struct rwe_endpoint_rules rules;
    bool by_scans, by_therapy; /* what it must know */
};
enum { N_VARIANTS = 14 };

/* The declared rules, each with one rule changed; then the named sets. */
static void make_variants(const struct rwe_cohort_dates *dates, struct variant variant[N_VARIANTS])
{
    static const char *const sets[] = {N_("ema"), N_("fda-a"), N_("fda-b"), N_("fda-c")};
    static const char *const names[] = {N_("as declared"),
                                        N_("death window 30 d"),
                                        N_("death window 60 d"),
                                        N_("death window 90 d"),
                                        N_("visit gap 90 d"),
                                        N_("visit gap 120 d"),
                                        N_("PD within 14 d ignored"),
                                        N_("new therapy ignored"),
                                        N_("new therapy censors"),
                                        N_("new therapy is an event")};
    for (size_t v = 0; v < N_VARIANTS - 4; v++)
        variant[v] = (struct variant){.term = names[v], .rules = dates->rules};
    for (size_t v = 1; v <= 5; v++)
        variant[v].by_scans = true;
    variant[8].by_therapy = variant[9].by_therapy = true;
    for (size_t w = 0; w < 3; w++)
        variant[1 + w].rules.death_window = 30.0 * (double)(w + 1);
    variant[4].rules.visit_gap = 90;
    variant[5].rules.visit_gap = 120;
    variant[6].rules.pd_blank = 14;
    variant[7].rules.new_therapy = RWE_NEW_THERAPY_IGNORE;
    variant[8].rules.new_therapy = RWE_NEW_THERAPY_CENSOR;
    variant[9].rules.new_therapy = RWE_NEW_THERAPY_EVENT;
    for (size_t s = 0; s < 4; s++) {
        struct rwe_endpoint_rules rules = rwe_endpoint_rules_of((enum rwe_censoring)s);
        rules.has_cutoff = dates->rules.has_cutoff;
        rules.cutoff = dates->rules.cutoff;
        bool demands = s != RWE_CENSORING_EMA;
        variant[N_VARIANTS - 4 + s] = (struct variant){sets[s], rules, demands, demands};
    }
}

/* The endpoint under the rules. Whole days need no settling of ties. RWE_NOT_ESTIMABLE where the rules
 * leave somebody without a date to end at. */
static enum rwe_status derive(const struct rwe_run *run, const struct rwe_endpoint_rules *rules,
                              struct rwe_endpoint *endpoint, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_endpoint_definition definition;
    double *time = RWE_NEW(run->arena, double, cohort->n);
    uint8_t *event = RWE_NEW(run->arena, uint8_t, cohort->n);
    uint32_t *order = RWE_NEW(run->arena, uint32_t, cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    rwe_endpoint_definition_find("rwpfs", &definition);
    *endpoint = (struct rwe_endpoint){
        .name = "rwpfs", .time = time, .event = event, .order = order, .n_causes = 1};
    for (size_t i = 0; i < cohort->n; i++) {
        struct rwe_endpoint_outcome outcome =
            rwe_endpoint_from_dates(&definition, rules, &cohort->dates->patient[i]);
        if (outcome.fault != RWE_DATES_SOUND)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, i,
                            "the dates of \"%s\" say neither an event nor an end of follow-up",
                            cohort->id[i]);
        time[i] = (outcome.end - outcome.start) / cohort->dates->days_per_unit;
        event[i] = outcome.cause;
        endpoint->n_events += event[i] > 0;
    }
    if (rwe_sort_numbers(time, cohort->n, run->arena, order) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

/* ---- one row ---- */

struct row {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_design *design;
    const struct rwe_endpoint *endpoint;
    struct rwe_key key;
};

/* A cohort that is drawn anew has no dates to derive the endpoint from: its estimates are of the data alone. */
static double list_median(struct rwe_run *run, const struct rwe_key *key,
                          const struct rwe_km_curve *curve)
{
    struct rwe_km_quantile median = rwe_km_quantile(curve, 0.5);
    const struct rwe_inference own = {.value = median.value,
                                      .std_error = NAN,
                                      .df = INFINITY,
                                      .conf_low = median.conf_low,
                                      .conf_high = median.conf_high,
                                      .p_value = NAN};
    return rwe_run_estimate_once(run, key, "median", RWE_ESTIMATE_TIME, &own).value;
}

static enum rwe_status present_arms(const struct row *row, struct rwe_error *error)
{
    struct rwe_run *run = row->run;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    options.conf_level = rwe_statistics_of(run->settings)->conf_level;
    enum rwe_status status =
        rwe_design_survival(run->cohort, row->design, row->endpoint, (struct rwe_design_view){0},
                            run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    for (size_t a = 0; a < run->cohort->n_arms && status == RWE_OK; a++) {
        struct rwe_km_curve curve;
        size_t events = 0;
        struct rwe_key arm = rwe_key_arm(row->key, run->cohort, a);
        status = rwe_km_fit(&table, a, &options, run->arena, &curve, error);
        if (status != RWE_OK)
            return status;
        for (size_t i = 0; i < data.n; i++)
            events += data.group[i] == a && data.event[i] > 0;
        rwe_grid_put(row->grid, &arm, (double)events);
        rwe_grid_put(row->grid, &arm, list_median(run, &arm, &curve));
    }
    return status;
}

/* The logarithm of the arm's hazard ratio, with Wald's limits. */
static struct rwe_inference arm_ratio(const struct rwe_run *run, const struct rwe_cox_model *model,
                                      size_t arm)
{
    if (model->failure.status != RWE_OK)
        return (struct rwe_inference){NAN, NAN, INFINITY, NAN, NAN, NAN, false};
    size_t j = model->term[arm - 1].column;
    const double *covariance =
        model->fit.robust != NULL ? model->fit.robust : model->fit.covariance;
    double log_ratio = model->fit.estimate[j], error = sqrt(covariance[j * model->fit.p + j]);
    double reach = rwe_normal_limit(run) * error;
    return (struct rwe_inference){.value = log_ratio,
                                  .std_error = error,
                                  .df = INFINITY,
                                  .conf_low = log_ratio - reach,
                                  .conf_high = log_ratio + reach,
                                  .p_value = rwe_normal_p_value(log_ratio / error)};
}

static enum rwe_status present_ratios(const struct row *row, struct rwe_error *error)
{
    struct rwe_run *run = row->run;
    struct rwe_cox_request request = {run, row->endpoint, row->design, RWE_COX_ARM, 0};
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_fit(&request, &model, error);
    if (status != RWE_OK)
        return status;
    for (size_t a = 1; a < run->cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(row->key, run->cohort, a);
        struct rwe_inference own = arm_ratio(run, &model, a);
        struct rwe_inference of =
            rwe_run_estimate_once(run, &key, "hr", RWE_ESTIMATE_LOG_RATIO, &own);
        rwe_grid_put(row->grid, &key, exp(of.value), exp(of.conf_low), exp(of.conf_high));
    }
    return RWE_OK;
}

/* Whether the file lacks what the rule must know. */
static bool cannot_act(const struct rwe_cohort_dates *dates, const struct variant *variant)
{
    return (variant->by_scans && !dates->knows_scans) ||
           (variant->by_therapy && !dates->knows_therapy);
}

static void present_lack(const struct row *row, const struct variant *variant)
{
    rwe_grid_row(row->grid, 0, "%s: not available", rwe_text(variant->term));
    for (size_t c = 0; c < 3 * row->run->cohort->n_arms - 1; c++)
        rwe_grid_empty(row->grid);
}

static enum rwe_status run_variant(const struct row *of_table, const struct variant *variant,
                                   struct rwe_error *error)
{
    struct rwe_run *run = of_table->run;
    struct rwe_endpoint endpoint;
    struct rwe_error reason = {0};
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct row row = *of_table;
    if (cannot_act(run->cohort->dates, variant)) {
        present_lack(of_table, variant);
        return RWE_OK;
    }
    row.endpoint = &endpoint;
    row.key = rwe_key_of("endpoint-grid");
    row.key.endpoint = "rwpfs";
    row.key.population = row.design->name;
    row.key.term = variant->term;
    enum rwe_status status = derive(run, &variant->rules, &endpoint, &reason);
    if (status == RWE_NOT_ESTIMABLE) {
        rwe_document_warning(run->document, "no-end-date", "endpoint-grid", "%s: %s.",
                             rwe_text(variant->term), reason.message);
        return RWE_OK;
    }
    if (status != RWE_OK)
        return rwe_fail_memory(error);
    rwe_grid_row(row.grid, 0, "%s", rwe_text(variant->term));
    status = present_arms(&row, error);
    if (status == RWE_OK)
        status = present_ratios(&row, error);
    rwe_arena_release(run->arena, mark);
    return status;
}

static enum rwe_status run_design(struct rwe_run *run, const struct rwe_design *design,
                                  struct rwe_error *error)
{
    struct variant variant[N_VARIANTS];
    const struct rwe_cohort *cohort = run->cohort;
    struct row row = {.run = run, .design = design};
    make_variants(cohort->dates, variant);
    row.grid = rwe_document_table(run->document, "Progression-free survival by its rules: %s",
                                  design->label);
    rwe_grid_column(row.grid, "rules");
    for (size_t a = 0; a < cohort->n_arms; a++) {
        rwe_grid_fact_column(row.grid, RWE_CELL_COUNT, "n.event", "%s\nevents",
                             cohort->arm_level[a]);
        rwe_grid_fact_column(row.grid, RWE_CELL_TIME, "median", "%s\nmedian", cohort->arm_level[a]);
    }
    for (size_t a = 1; a < cohort->n_arms; a++)
        rwe_grid_fact_column(row.grid, RWE_CELL_RATIO_LIMITS, "hr conf.low conf.high",
                             "%s: HR\n(%s CI)", cohort->arm_level[a], rwe_conf_level_text(run));
    enum rwe_status status = RWE_OK;
    for (size_t v = 0; v < N_VARIANTS && status == RWE_OK; v++)
        status = run_variant(&row, &variant[v], error);
    rwe_grid_note(row.grid,
                  "Each row changes one rule of those declared; the last four are the named sets. "
                  "Small differences are expected; a large one is a finding.");
    if (!cohort->dates->knows_scans)
        rwe_grid_note(row.grid, "Not available without last_assess_date or --assess: rules on "
                                "scans.");
    if (!cohort->dates->knows_therapy)
        rwe_grid_note(row.grid, "Not available without newtx_date: rules on the next therapy.");
    if (cohort->n_arms == 2)
        rwe_forest_add(
            run, row.grid,
            &(struct rwe_forest){
                .name = rwe_arena_format(run->arena, "forest-rwpfs-rules-%s", design->name),
                .title = rwe_arena_format(run->arena,
                                          rwe_text("Progression-free survival by its rules: %s"),
                                          design->label),
                .ratio = 5,
                .counts = {{.events = 1}, {.events = 3}},
                .of_arms = true});
    return status;
}

static enum rwe_status run_grid(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort_dates *dates = run->cohort->dates;
    bool has_pfs = false;
    for (size_t d = 0; dates != NULL && d < dates->n_derived; d++)
        has_pfs = has_pfs || (dates->derived[d].definition.events & RWE_DATE_BIT(RWE_DATE_PD)) != 0;
    if (!has_pfs)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--endpoint-grid asks for progression-free survival from dates: say "
                        "--derive rwpfs");
    enum rwe_status status = RWE_OK;
    rwe_document_section(run->document, 1, "Progression-free survival by its rules");
    for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
        status = run_design(run, &run->design[d], error);
    return status;
}

const struct rwe_analysis rwe_analysis_endpoint_grid = {
    .name = "endpoint-grid",
    .section = RWE_SECTION_ENDPOINTS,
    .from_zero = true,
    .lists = RWE_LISTS_OF_DATA,
    .help =
        N_("Progression-free survival under each of its rules: events, medians and hazard ratio "
           "by definition; with --derive rwpfs."),
    .run = run_grid,
};
