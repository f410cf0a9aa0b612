/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the answers hang on the analysis and on what nobody measured: every hazard ratio side by side with its
 * E-value, one of them under an assumed confounder, all of them with each level of a covariate left out, and means if
 * those lost to follow-up fared worse. See sensitivity.md. */
#include "estimates/rmst.h"
#include "run/forest.h"
#include "run/populations.h"

#include "rwe/analysis/plan.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/replicate.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"
#include "rwe/data/subset.h"
#include "rwe/stats/evalue.h"
#include "rwe/stats/lost.h"

#include <math.h>
#include <string.h>

/* In the order of the choices of --evalue-outcome. */
enum outcome { OUTCOME_AUTO, OUTCOME_RARE, OUTCOME_COMMON };

struct sensitivity_settings {
    enum outcome outcome;
    struct rwe_numbers confounder_ratio, confounder_prevalence;
    const char *confounder_in;     /* a population; NULL: the best */
    struct rwe_numbers lost_delta; /* times the hazard */
    const char *leave_one_out;     /* a covariate; NULL: none */
};

static const struct rwe_option options[] = {
    {.name = "evalue-outcome",
     RWE_CHOICE_IN(struct sensitivity_settings, outcome),
     .section = RWE_SECTION_SENSITIVITY,
     .argument = "auto|rare|common",
     .choices = "auto|rare|common",
     .fallback = "auto",
     .help = N_(
         "What E-values take a hazard ratio for: the risk ratio (rare), its approximation "
         "for common outcomes, or by whether more than 15 percent of the population have the event "
         "(default).")},
    {.name = "confounder-hr",
     RWE_NUMBERS_IN(struct sensitivity_settings, confounder_ratio),
     .section = RWE_SECTION_SENSITIVITY,
     .argument = "X,X,…",
     .fallback = "1.5,2,3",
     .low = 0.01,
     .high = 100,
     .help = N_("Hazard ratios of the outcome with an assumed unmeasured confounder against "
                "without.")},
    {.name = "confounder-prevalence",
     RWE_NUMBERS_IN(struct sensitivity_settings, confounder_prevalence),
     .section = RWE_SECTION_SENSITIVITY,
     .argument = "P,P,…",
     .fallback = "0.1,0.3,0.5",
     .low = 0,
     .high = 1,
     .help = N_("Shares of an arm that have the assumed confounder; each is tried in either arm "
                "against each other.")},
    {.name = "confounder-in",
     RWE_TEXT_IN(struct sensitivity_settings, confounder_in),
     .section = RWE_SECTION_SENSITIVITY,
     .argument = "POPULATION",
     .help = N_("Population whose hazard ratio the confounder is assumed in, as matched or ccw-9; "
                "without it the one that answers best for the endpoint: clones or trials, matched "
                "or weighted at a landmark, a landmark, time-dependent, matched or weighted, "
                "adjusted. Time-dependent only where follow-up ends when exposure closes; where "
                "it is not known when that is, a landmark before clones and trials.")},
    {.name = "lost-delta",
     RWE_NUMBERS_IN(struct sensitivity_settings, lost_delta),
     .section = RWE_SECTION_SENSITIVITY,
     .argument = "X,X,…",
     .fallback = "1,1.5,2,3",
     .low = 0,
     .high = 1000,
     .help = N_("With --ltfu-column: how many times the hazard of those who stay those lost to "
                "follow-up in the treated arm are assumed to have.")},
    {.name = "leave-one-out",
     RWE_TEXT_IN(struct sensitivity_settings, leave_one_out),
     .section = RWE_SECTION_SENSITIVITY,
     .argument = "COVARIATE",
     .help = N_("Leave each level of a categorical covariate out in turn, as each centre, make all "
                "anew without it, and tell the hazard ratios, with --sensitivity.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct sensitivity_settings, options);

static const struct sensitivity_settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &option_list);
}

/* ---- headings over populations of a kind ---- */

/* Where the kinds are parted: a row with the heading of the population's kind, unless it is that of the row before. */
static void head_kind(struct rwe_grid *grid, const struct populations *populations,
                      const char *next, const char **heading, size_t n_cells)
{
    if (populations->has_groups && (*heading == NULL || strcmp(next, *heading) != 0)) {
        rwe_grid_row(grid, 0, "%s", next);
        for (size_t c = 0; c < n_cells; c++)
            rwe_grid_empty(grid);
    }
    *heading = next;
}

/* ---- what --cox told ---- */

/* The most that have a rare outcome (VanderWeele & Ding 2017). */
static const double MOST_RARE = 0.15;

/* A hazard ratio as --cox told it. */
struct answer {
    const struct population *population;
    const char *model;
    const char *label;
    struct rwe_caution caution;
    size_t arm;
    rwe_fact hr, low, high, n, n_event; /* of analysis "cox" */
};

struct answers {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    struct answer *answer;
    size_t n;
};

static const char *label_of(const struct answers *answers, const struct answer *answer)
{
    const struct rwe_cohort *cohort = answers->run->cohort;
    const char *label = answer->population->label, *arm = cohort->arm_level[answer->arm];
    bool adjusted = strcmp(answer->model, "adjusted") == 0;
    struct rwe_arena *arena = answers->run->arena;
    if (cohort->n_arms > 2)
        return rwe_arena_format(arena, rwe_text(adjusted ? N_("%s, adjusted: %s") : N_("%s: %s")),
                                label, arm);
    if (strcmp(answer->model, "weighted") == 0)
        return rwe_arena_format(arena, rwe_text("%s, weighted"), label);
    return adjusted ? rwe_arena_format(arena, rwe_text("%s, adjusted"), label) : label;
}

static void take_answer(struct answers *answers, struct answer answer)
{
    const struct rwe_cohort *cohort = answers->run->cohort;
    struct rwe_key key = rwe_key_in("cox", answers->endpoint, NULL);
    key.population = answer.population->design->name;
    key.model = answer.model;
    answer.n = rwe_document_find(answers->run->document, &key, "n");
    answer.n_event = rwe_document_find(answers->run->document, &key, "n.event");
    key.term = "arm";
    if (cohort->n_arms > 2)
        key.term = rwe_arena_format(answers->run->arena, "arm=%s", cohort->arm_level[answer.arm]);
    answer.hr = rwe_document_find(answers->run->document, &key, "hr");
    answer.low = rwe_document_find(answers->run->document, &key, "conf.low");
    answer.high = rwe_document_find(answers->run->document, &key, "conf.high");
    answer.label = label_of(answers, &answer);
    answer.caution = population_caution(
        answer.population, (size_t)(answers->endpoint - answers->run->cohort->endpoint));
    if (answer.hr != RWE_NO_FACT)
        answers->answer[answers->n++] = answer;
}

static enum rwe_status take_answers(struct answers *answers, const struct populations *populations)
{
    static const char *const models[] = {"arm", "adjusted", "weighted"};
    const size_t n_models = sizeof models / sizeof *models;
    size_t n_arms = answers->run->cohort->n_arms;
    answers->answer =
        RWE_NEW(answers->run->arena, struct answer, n_models * populations->n * n_arms);
    answers->n = 0;
    for (size_t p = 0; answers->answer != NULL && p < populations->n; p++) {
        const struct population *population = &populations->item[p];
        for (size_t m = 0; m < (population->design->arms_alike ? 1 : n_models); m++)
            for (size_t a = 1; a < n_arms; a++)
                take_answer(answers, (struct answer){
                                         .population = population, .model = models[m], .arm = a});
    }
    return rwe_arena_failed(answers->run->arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* ---- which ratio the confounder is assumed in ---- */

/* The one with less to be said against it; then the later the kind, the better; given covariates rather than not. */
static bool is_better(const struct answer *a, const struct answer *b)
{
    int of_a = population_rank(a->population->design),
        of_b = population_rank(b->population->design);
    if (a->caution.grade != b->caution.grade)
        return a->caution.grade < b->caution.grade;
    if (of_a != of_b)
        return of_a > of_b;
    return a->population == b->population && strcmp(b->model, "arm") == 0;
}

/* NULL: there is none, or none that could be an effect and was not asked for by name. */
static const struct answer *choose_answer(const struct answers *answers)
{
    const char *wanted = settings_of(answers->run)->confounder_in;
    const struct answer *chosen = NULL;
    for (size_t k = 0; k < answers->n; k++) {
        const struct answer *answer = &answers->answer[k];
        if (wanted == NULL ? answer->caution.grade == RWE_CAUTION_NO_EFFECT
                           : strcmp(wanted, answer->population->design->name) != 0)
            continue;
        if (chosen == NULL || is_better(answer, chosen))
            chosen = answer;
    }
    return chosen;
}

/* ---- E-values ---- */

static bool is_rare(const struct answers *answers, const struct answer *answer)
{
    enum outcome asked = settings_of(answers->run)->outcome;
    double events = rwe_document_value(answers->run->document, answer->n_event);
    return asked == OUTCOME_RARE ||
           (asked == OUTCOME_AUTO &&
            events <= MOST_RARE * rwe_document_value(answers->run->document, answer->n));
}

static struct rwe_key key_of(const struct answers *answers, const struct answer *answer)
{
    struct rwe_key key = rwe_key_in("sensitivity", answers->endpoint, NULL);
    key.population = answer->population->design->name;
    key.model = answer->model;
    if (answers->run->cohort->n_arms > 2)
        key.group = answers->run->cohort->arm_level[answer->arm];
    return key;
}

static void present_answer(const struct answers *answers, struct rwe_grid *grid,
                           const struct answer *answer, int indent)
{
    struct rwe_document *document = answers->run->document;
    struct rwe_key key = key_of(answers, answer);
    key.term = "evalue";
    bool rare = is_rare(answers, answer);
    double hr = rwe_document_value(answers->run->document, answer->hr);
    double low = rwe_document_value(answers->run->document, answer->low);
    double high = rwe_document_value(answers->run->document, answer->high);
    rwe_fact outcome = rwe_document_string(document, &key, "outcome",
                                           rare ? rwe_text("rare") : rwe_text("common"));
    rwe_caution_fact(document, &key, &answer->caution);
    rwe_grid_row(grid, indent, "%s", answer->label);
    rwe_grid_cell(grid, RWE_CELL_COUNT, answer->n, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, answer->n_event, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, answer->hr, answer->low, answer->high);
    rwe_grid_cell(grid, RWE_CELL_TEXT, outcome, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_put(grid, &key, rwe_evalue(rwe_evalue_risk_ratio(hr, rare)));
    rwe_grid_put(grid, &key, rwe_evalue_limits(low, high, rare));
}

static void note_evalues(const struct answers *answers, struct rwe_grid *grid)
{
    rwe_grid_note(grid,
                  "E-value: the least risk ratio that an unmeasured confounder needs with the "
                  "treatment and with the outcome, both, beyond the covariates, to explain the "
                  "ratio away; of the limit nearer to 1, to make it hold 1 (VanderWeele & Ding "
                  "2017). Common outcome (more than %g%% have the event): by the approximate risk "
                  "ratio.",
                  100 * MOST_RARE);
    bool naive = false, other = false;
    for (size_t k = 0; k < answers->n; k++) {
        bool no_effect = answers->answer[k].caution.grade == RWE_CAUTION_NO_EFFECT;
        naive |= no_effect && answers->answer[k].population->design->naive;
        other |= no_effect && !answers->answer[k].population->design->naive;
    }
    if (naive)
        rwe_grid_note(grid, "E-values speak of confounding alone: no confounder is needed to "
                            "explain the rows of the biased reference, immortal time is "
                            "enough.");
    if (other)
        rwe_grid_note(grid, "Nor is one needed to explain the rows that are no effect of a "
                            "strategy: what closes exposure is enough.");
    if (choose_answer(answers) == NULL)
        rwe_grid_note(grid,
                      "One more confounder is assumed in no row, since all are biased without "
                      "any; --confounder-in takes one of them all the same.");
}

static const struct rwe_table_column evalue_columns[] = {
    {.heading = N_("population")},
    {.heading = N_("n")},
    {.heading = N_("events")},
    {.heading = N_("hazard ratio\n({level} CI)")},
    {.heading = N_("outcome")},
    {N_("E-value"), RWE_CELL_RATIO_LIMITS, "estimate"},
    {N_("of the limit"), RWE_CELL_RATIO_LIMITS, "conf.limit"},
};

static void present_evalues(const struct answers *answers, const struct populations *populations)
{
    struct rwe_run *run = answers->run;
    const char *endpoint = answers->endpoint->name, *heading = NULL;
    struct rwe_grid *grid = rwe_document_table(run->document, "Every hazard ratio: %s", endpoint);
    RWE_GRID_COLUMNS(grid, evalue_columns);
    for (size_t k = 0; k < answers->n; k++) {
        const struct answer *answer = &answers->answer[k];
        head_kind(grid, populations, population_heading(answer->population, &answer->caution),
                  &heading, 6);
        present_answer(answers, grid, answer, populations->has_groups ? 1 : 0);
    }
    populations_note_cautions(populations, (size_t)(answers->endpoint - run->cohort->endpoint),
                              grid);
    note_evalues(answers, grid);
    rwe_forest_add(
        run, grid,
        &(struct rwe_forest){
            .name = rwe_arena_format(run->arena, "forest-sensitivity-%s", endpoint),
            .title = rwe_arena_format(run->arena, rwe_text("Every hazard ratio: %s"), endpoint),
            .ratio = 3,
            .counts = {{2, 1, rwe_text("events/n")}},
            .right = {5},
            .of_arms = run->cohort->n_arms == 2});
}

/* ---- one confounder ---- */

static void present_assumed(const struct answers *answers, struct rwe_grid *grid,
                            const struct answer *answer, const struct rwe_confounder *confounder)
{
    struct rwe_document *document = answers->run->document;
    struct rwe_key key = key_of(answers, answer);
    double bias = rwe_confounder_bias(confounder);
    key.term = "confounder";
    key.level = rwe_arena_format(answers->run->arena, "%.10g against %.10g with HR %.10g",
                                 confounder->prevalence_treated, confounder->prevalence_control,
                                 confounder->hazard_ratio);
    double hr = rwe_document_value(document, answer->hr) / bias;
    double low = rwe_document_value(document, answer->low) / bias;
    double high = rwe_document_value(document, answer->high) / bias;
    rwe_grid_put(grid, &key, bias, hr, low, high);
}

static void present_pair(const struct answers *answers, struct rwe_grid *grid,
                         const struct answer *answer, struct rwe_confounder confounder)
{
    struct rwe_numbers ratio = settings_of(answers->run)->confounder_ratio;
    rwe_grid_row(grid, 0, "%.10g%% against %.10g%%", 100 * confounder.prevalence_treated,
                 100 * confounder.prevalence_control);
    for (size_t k = 0; k < ratio.n; k++) {
        confounder.hazard_ratio = ratio.item[k];
        present_assumed(answers, grid, answer, &confounder);
    }
}

static void present_confounder(const struct answers *answers, const struct answer *answer)
{
    struct rwe_run *run = answers->run;
    struct rwe_numbers share = settings_of(run)->confounder_prevalence;
    struct rwe_numbers ratio = settings_of(run)->confounder_ratio;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Hazard ratio if there were one more confounder: %s, %s",
                           answers->endpoint->name, answer->label);
    rwe_grid_column(grid, "has it: %s\nagainst %s", run->cohort->arm_level[answer->arm],
                    run->cohort->arm_level[0]);
    for (size_t k = 0; k < ratio.n; k++)
        rwe_grid_fact_column(grid, RWE_CELL_RATIO_LIMITS, "[bias] hr conf.low conf.high",
                             "%.10g times the hazard\n(%s CI)", ratio.item[k],
                             rwe_conf_level_text(run));
    for (size_t i = 0; i < share.n; i++)
        for (size_t j = 0; j < share.n; j++)
            if (share.item[i] != share.item[j])
                present_pair(answers, grid, answer,
                             (struct rwe_confounder){share.item[i], share.item[j], NAN});
    rwe_grid_note(grid, "The ratio above divided by what a binary confounder of these shares and "
                        "strength makes of none (Lin, Psaty & Kronmal 1998), an approximation for "
                        "hazards; the limits move along.");
    if (answer->population->design->naive)
        rwe_grid_note(grid, "%s: immortal time is not taken away here.", answer->caution.banner);
    else if (answer->caution.banner != NULL)
        rwe_grid_note(grid, "%s.", answer->caution.banner);
}

/* ---- those lost to follow-up ---- */

/* What a row of the data ends with. */
enum { NEITHER, HAD_EVENT, WAS_LOST };

/* A population whose losses are looked at. */
struct lost {
    struct rwe_event_table table;
    size_t n[2]; /* rows of each arm that end in a loss */
    double tau;
};

/* Losses are a cause of their own, the last; the horizon is that of the event, losses censored. */
static enum rwe_status look_at(const struct population *population, size_t e, struct lost *lost,
                               struct rwe_error *error)
{
    const struct rwe_run *run = population->run;
    const struct rwe_variable *column =
        rwe_cohort_described(run->cohort, rwe_study_of(run->settings)->ltfu_column);
    struct rwe_survival_data data;
    enum rwe_status status =
        rwe_design_survival(run->cohort, population->design, &run->cohort->endpoint[e],
                            (struct rwe_design_view){0}, run->arena, &data, error);
    if (status == RWE_OK)
        status = rmst_horizon(run, &data, &lost->tau, error);
    if (status != RWE_OK)
        return status;
    uint8_t *event = RWE_NEW(run->arena, uint8_t, data.n);
    if (event == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < data.n; k++) {
        bool was_lost = data.event[k] == 0 && column->number[data.subject[k]] == 1;
        event[k] = data.event[k] > 0 ? HAD_EVENT : was_lost ? WAS_LOST : NEITHER;
        lost->n[data.group[k]] += was_lost;
    }
    data.event = event;
    data.n_causes = WAS_LOST;
    return rwe_event_table_build(&data, run->arena, &lost->table, error);
}

/* Difference of the means, the second arm's losses by delta. */
static void present_delta(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                          const struct lost *lost, double delta)
{
    key.level = isinf(delta) ? "next" : rwe_arena_format(run->arena, "delta=%.10g", delta);
    rwe_grid_put(grid, &key,
                 rwe_lost_mean(&lost->table, 1, delta, lost->tau) -
                     rwe_lost_mean(&lost->table, 0, 1, lost->tau));
}

static void present_tipping(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                            const struct lost *lost)
{
    double tipping = rwe_lost_tipping(&lost->table, lost->tau);
    rwe_fact fact = rwe_document_number(run->document, key, "tipping", tipping);
    if (isfinite(tipping))
        rwe_grid_cell(grid, RWE_CELL_STATISTIC, fact, RWE_NO_FACT, RWE_NO_FACT);
    else
        rwe_grid_words(grid, "none");
}

static void present_losses(struct rwe_run *run, struct rwe_grid *grid, int indent,
                           const struct rwe_endpoint *endpoint, const struct population *population,
                           const struct lost *lost)
{
    const struct rwe_caution caution =
        population_caution(population, (size_t)(endpoint - run->cohort->endpoint));
    struct rwe_numbers delta = settings_of(run)->lost_delta;
    struct rwe_key key = rwe_key_in("sensitivity", endpoint, population->design);
    key.term = "lost";
    rwe_grid_row(grid, indent, "%s", population->label);
    for (size_t a = 0; a < 2; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        rwe_grid_put(grid, &arm, (double)lost->n[a]);
    }
    rwe_grid_put(grid, &key, lost->tau);
    for (size_t d = 0; d < delta.n; d++)
        present_delta(run, grid, key, lost, delta.item[d]);
    present_delta(run, grid, key, lost, INFINITY);
    present_tipping(run, grid, &key, lost);
    rwe_caution_fact(run->document, &key, &caution);
}

static struct rwe_grid *start_lost(struct rwe_run *run, const char *endpoint)
{
    static const struct rwe_table_column last[] = {
        {N_("event\nnext"), RWE_CELL_STATISTIC, "difference"},
        {.heading = N_("tipping\npoint")},
    };
    const char *treated = run->cohort->arm_level[1];
    struct rwe_numbers delta = settings_of(run)->lost_delta;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "Difference of means if those lost to follow-up in %s fared worse: %s",
        treated, endpoint);
    rwe_grid_column(grid, "population");
    for (size_t a = 0; a < 2; a++)
        rwe_grid_fact_column(grid, RWE_CELL_COUNT, "n", "lost\n%s", run->cohort->arm_level[a]);
    rwe_grid_fact_column(grid, RWE_CELL_TIME, "tau", "up to%s", rwe_time_unit_suffix(run));
    for (size_t d = 0; d < delta.n; d++)
        rwe_grid_fact_column(grid, RWE_CELL_STATISTIC, "difference", "δ = %.10g", delta.item[d]);
    RWE_GRID_COLUMNS(grid, last);
    rwe_grid_note(grid,
                  "The hazard of those lost is δ times that of those who stay, in %s alone; δ = "
                  "1 is the Kaplan–Meier curve; event next, the worst case. Tipping point: the δ "
                  "at which the restricted means are equal; below 1 where %s does worse as it is. "
                  "None: no δ makes them equal.",
                  treated, treated);
    return grid;
}

/* Endpoint `e` in every population of people. Nothing without --ltfu-column, or with other than two arms. */
static enum rwe_status present_lost(struct rwe_run *run, const struct populations *populations,
                                    size_t e, struct rwe_error *error)
{
    const char *name = rwe_study_of(run->settings)->ltfu_column;
    const struct rwe_variable *column = rwe_cohort_described(run->cohort, name);
    if (column == NULL || run->cohort->n_arms != 2)
        return RWE_OK;
    if (!column->binary)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ltfu-column %s: it must hold 1 (lost to follow-up) and 0", name);
    const struct rwe_endpoint *endpoint = &run->cohort->endpoint[e];
    struct rwe_grid *grid = start_lost(run, endpoint->name);
    size_t n_cells = settings_of(run)->lost_delta.n + 5;
    const char *heading = NULL;
    enum rwe_status status = RWE_OK;
    for (size_t p = 0; p < populations->n && status == RWE_OK; p++) {
        const struct population *population = &populations->item[p];
        if (!population->design->disjoint_arms)
            continue;
        struct lost lost = {.n = {0, 0}};
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = look_at(population, e, &lost, error);
        if (status == RWE_OK) {
            const struct rwe_caution caution = population_caution(population, e);
            head_kind(grid, populations, population_heading(population, &caution), &heading,
                      n_cells);
            present_losses(run, grid, populations->has_groups, endpoint, population, &lost);
            rwe_arena_release(run->arena, mark);
        }
    }
    return status;
}

/* ---- each level of a covariate left out in turn, with matching and weights made anew ---- */

/* What is estimated without each level. */
struct left_out {
    struct rwe_run *run;
    const struct rwe_variable *covariate;
    struct rwe_replicates replicates; /* one a level */
};

/* What the levels need: a table, not a page. */
enum { MOST_LEVELS = 30 };

static enum rwe_status find_covariate(struct left_out *left, const char *name,
                                      struct rwe_error *error)
{
    const struct rwe_cohort *cohort = left->run->cohort;
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].categorical && strcmp(cohort->covariate[j].name, name) == 0)
            left->covariate = &cohort->covariate[j];
    if (left->covariate == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--leave-one-out %s: it must be one of the covariates, and categorical",
                        name);
    if (left->covariate->n_levels < 2 || left->covariate->n_levels > MOST_LEVELS)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--leave-one-out %s: it has %zu levels; 2 to %d can be left out in turn",
                        name, left->covariate->n_levels, MOST_LEVELS);
    return RWE_OK;
}

/* The run's designs, and the hazard ratios in them. */
static struct rwe_plan plan_without(const struct rwe_run *run)
{
    struct rwe_plan all = rwe_plan_make(run->settings), plan = {.wanted = {false}};
    for (size_t a = 0; a < rwe_n_analyses; a++)
        plan.wanted[a] = strcmp(rwe_analyses[a]->name, "cox") == 0 ||
                         (all.wanted[a] && rwe_analyses[a]->design != NULL);
    return plan;
}

/* The cohort without the subjects of a level. Those whose level is not known stay. */
static enum rwe_status cohort_without(const struct rwe_run *run, size_t level, const void *context,
                                      struct rwe_arena *arena, const struct rwe_cohort **cohort,
                                      struct rwe_error *error)
{
    const struct rwe_variable *covariate = context;
    uint8_t *keep = RWE_NEW(arena, uint8_t, run->cohort->n);
    if (keep == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < run->cohort->n; i++)
        keep[i] = covariate->code[i] != (int32_t)level;
    return rwe_cohort_subset(run->cohort, keep, arena, cohort, error);
}

/* Where there is no answer without a level, it is null, and said why. */
static enum rwe_status run_levels(struct left_out *left, struct rwe_error *error)
{
    struct rwe_run *run = left->run;
    const struct rwe_variable *covariate = left->covariate;
    struct rwe_plan plan = plan_without(run);
    struct rwe_replicate_source source = {.cohort = cohort_without, .context = covariate};
    enum rwe_status status =
        rwe_replicates_run(run, &plan, &source, covariate->n_levels, &left->replicates, error);
    for (size_t l = 0; l < covariate->n_levels && status == RWE_OK; l++)
        if (left->replicates.failure[l] != NULL)
            rwe_document_warning(run->document, "not-estimable", "sensitivity",
                                 "Without %s %s: %s.", covariate->name, covariate->level[l],
                                 left->replicates.failure[l]);
    return status;
}

/* ---- the table of an endpoint ---- */

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void present_ratios(const struct left_out *left, struct rwe_grid *grid, size_t k,
                           const struct population *population, int indent)
{
    struct rwe_run *run = left->run;
    const struct rwe_estimates *estimates = left->replicates.estimates;
    struct rwe_key key = rwe_estimates_item(estimates, k)->key;
    bool adjusted = strcmp(key.model, "adjusted") == 0;
    key.analysis = "sensitivity";
    key.term = "leave-one-out";
    rwe_grid_row(grid, indent, adjusted ? N_("%s, adjusted") : "%s", population->label);
    rwe_fact all = rwe_document_find(run->document, &rwe_estimates_item(estimates, k)->key, "hr");
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, all, RWE_NO_FACT, RWE_NO_FACT);
    for (size_t l = 0; l < left->covariate->n_levels; l++) {
        key.level =
            rwe_arena_format(run->arena, "%s=%s", left->covariate->name, left->covariate->level[l]);
        rwe_grid_put(grid, &key, exp(left->replicates.value[l * rwe_estimates_n(estimates) + k]));
    }
}

/* Of the arms alone: covariates' ratios are of the data once. */
static void present_population(const struct left_out *left, struct rwe_grid *grid,
                               const struct population *population, const char *endpoint,
                               int indent)
{
    const struct rwe_estimates *estimates = left->replicates.estimates;
    for (size_t k = 0; k < rwe_estimates_n(estimates); k++) {
        const struct rwe_estimate *item = rwe_estimates_item(estimates, k);
        bool adjusted = same(item->key.model, "adjusted");
        if (!item->once && same(item->key.endpoint, endpoint) &&
            same(item->key.population, population->design->name) && same(item->stat, "hr") &&
            (!adjusted || !population->design->arms_alike))
            present_ratios(left, grid, k, population, indent);
    }
}

static void present_without(const struct left_out *left, const struct populations *populations,
                            const char *endpoint)
{
    struct rwe_run *run = left->run;
    const char *heading = NULL;
    size_t n_levels = left->covariate->n_levels;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "Hazard ratio with each %s left out: %s", left->covariate->name, endpoint);
    rwe_grid_column(grid, "population");
    rwe_grid_column(grid, "all");
    for (size_t l = 0; l < n_levels; l++)
        rwe_grid_fact_column(grid, RWE_CELL_RATIO_LIMITS, "hr", "without\n%s",
                             left->covariate->level[l]);
    for (size_t p = 0; p < populations->n; p++) {
        const struct population *population = &populations->item[p];
        if (population->design->kind == RWE_DESIGN_STATES)
            continue;
        head_kind(grid, populations, population->design->words.heading, &heading, n_levels + 1);
        present_population(left, grid, population, endpoint, populations->has_groups);
    }
    rwe_grid_note(grid, "Propensity model, matching, weights and ratio made anew without the "
                        "patients of that level. No limits: what counts is whether one level "
                        "carries the result.");
}

/* Nothing without --leave-one-out, or with other than two arms. */
static enum rwe_status present_left_out(struct rwe_run *run, const struct populations *populations,
                                        struct rwe_error *error)
{
    struct left_out left = {.run = run};
    const char *name = settings_of(run)->leave_one_out;
    if (name == NULL || run->cohort->n_arms != 2)
        return RWE_OK;
    enum rwe_status status = find_covariate(&left, name, error);
    if (status != RWE_OK)
        return status;
    status = run_levels(&left, error);
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        present_without(&left, populations, run->cohort->endpoint[e].name);
    return status;
}

/* ---- running ---- */

static enum rwe_status check_population(const struct rwe_run *run,
                                        const struct populations *populations,
                                        struct rwe_error *error)
{
    const char *wanted = settings_of(run)->confounder_in;
    const char *names = "";
    for (size_t p = 0; wanted != NULL && p < populations->n && names != NULL; p++) {
        if (strcmp(populations->item[p].design->name, wanted) == 0)
            return RWE_OK;
        names = p == 0 ? populations->item[p].design->name
                       : rwe_arena_format(run->arena, rwe_message("%s, %s"), names,
                                          populations->item[p].design->name);
    }
    if (wanted == NULL)
        return RWE_OK;
    return names == NULL ? rwe_fail_memory(error)
                         : rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                    "--confounder-in %s: there is no such population; there are %s",
                                    wanted, names);
}

static enum rwe_status present_endpoint(struct answers *answers,
                                        const struct populations *populations,
                                        struct rwe_error *error)
{
    if (take_answers(answers, populations) != RWE_OK)
        return rwe_fail_memory(error);
    present_evalues(answers, populations);
    const struct answer *answer = choose_answer(answers);
    if (answer != NULL && answers->run->cohort->n_arms == 2)
        present_confounder(answers, answer);
    return RWE_OK;
}

static enum rwe_status run_sensitivity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct populations populations = {0};
    struct answers answers = {.run = run};
    enum rwe_status status = rwe_need_endpoint(run, "sensitivity", error);
    if (status == RWE_OK)
        status = populations_of(run, &populations, error);
    if (status == RWE_OK)
        status = check_population(run, &populations, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Sensitivity");
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++) {
        answers.endpoint = &run->cohort->endpoint[e];
        status = present_endpoint(&answers, &populations, error);
        if (status == RWE_OK)
            status = present_lost(run, &populations, e, error);
    }
    if (status == RWE_OK)
        status = present_left_out(run, &populations, error);
    return status;
}

const struct rwe_analysis rwe_analysis_sensitivity = {
    .name = "sensitivity",
    .section = RWE_SECTION_SENSITIVITY,
    .help = N_("Every hazard ratio of the run side by side, each with the E-value of what an "
               "unmeasured confounder would need to explain it away; one of them under assumed "
               "confounders; and what if those lost to follow-up (--ltfu-column) fared worse. Asks "
               "for --cox."),
    .needs = "cox",
    .options = &option_list,
    .from_zero = true,
    .last = true,
    .run = run_sensitivity,
};
