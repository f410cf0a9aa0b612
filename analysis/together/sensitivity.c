/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the answers hang on the analysis and on what nobody measured: every hazard ratio side by side
 * with its E-value, and one of them under an assumed confounder. See sensitivity.md. */
#include "sensitivity.h"
#include "run/forest.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/stats/evalue.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "evalue-outcome",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "auto|rare|common",
     .choices = "auto|rare|common",
     .fallback = "auto",
     .help = "What E-values take a hazard ratio for: the risk ratio (rare), its approximation for "
             "common outcomes, or by whether more than 15% of the population have the event "
             "(default)."},
    {.name = "confounder-hr",
     .kind = RWE_OPTION_NUMBERS,
     .section = RWE_SECTION_METHOD,
     .argument = "X,X,…",
     .fallback = "1.5,2,3",
     .low = 0.01,
     .high = 100,
     .help = "Hazard ratios of the outcome with an assumed unmeasured confounder against without."},
    {.name = "confounder-prevalence",
     .kind = RWE_OPTION_NUMBERS,
     .section = RWE_SECTION_METHOD,
     .argument = "P,P,…",
     .fallback = "0.1,0.3,0.5",
     .low = 0,
     .high = 1,
     .help = "Shares of an arm that have the assumed confounder; each is tried in either arm "
             "against each other."},
    {.name = "confounder-in",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_METHOD,
     .argument = "POPULATION",
     .help =
         "Population whose hazard ratio the confounder is assumed in, as matched or ccw-9; "
         "without it the one least exposed to immortal time and confounding: clones, matched or "
         "weighted at a landmark, a landmark, time-dependent, matched or weighted, adjusted."},
    {.name = "lost-delta",
     .kind = RWE_OPTION_NUMBERS,
     .section = RWE_SECTION_METHOD,
     .argument = "X,X,…",
     .fallback = "1,1.5,2,3",
     .low = 0,
     .high = 1000,
     .help = "With --ltfu-column: how many times the hazard of those who stay those lost to "
             "follow-up in the treated arm are assumed to have."},
    {.name = "leave-one-out",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_METHOD,
     .argument = "COVARIATE",
     .help =
         "Leave each level of a categorical covariate out in turn, as each centre, make all anew "
         "without it, and tell the hazard ratios, with --sensitivity."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* The most that have a rare outcome (VanderWeele & Ding 2017). */
static const double MOST_RARE = 0.15;

/* A hazard ratio as --cox told it. */
struct answer {
    const struct population *population;
    const char *model;
    const char *label;
    size_t arm;
    rwe_fact hr, low, high, n, n_event; /* of analysis "cox" */
};

struct sheet {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    struct answer *answer;
    size_t n;
};

/* ---- what --cox told ---- */

static const char *label_of(const struct sheet *sheet, const struct answer *answer)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    bool several = cohort->n_arms > 2;
    return rwe_arena_format(sheet->run->arena, "%s%s%s%s", answer->population->label,
                            strcmp(answer->model, "adjusted") == 0 ? ", adjusted" : "",
                            several ? ": " : "", several ? cohort->arm_level[answer->arm] : "");
}

static void take_answer(struct sheet *sheet, struct answer answer)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    struct rwe_key key = rwe_key_in("cox", sheet->endpoint, NULL);
    key.population = answer.population->design->name;
    key.model = answer.model;
    answer.n = rwe_document_find(sheet->run->document, &key, "n");
    answer.n_event = rwe_document_find(sheet->run->document, &key, "n.event");
    key.term = "arm";
    if (cohort->n_arms > 2)
        key.term = rwe_arena_format(sheet->run->arena, "arm=%s", cohort->arm_level[answer.arm]);
    answer.hr = rwe_document_find(sheet->run->document, &key, "hr");
    answer.low = rwe_document_find(sheet->run->document, &key, "conf.low");
    answer.high = rwe_document_find(sheet->run->document, &key, "conf.high");
    answer.label = label_of(sheet, &answer);
    if (answer.hr != RWE_NO_FACT)
        sheet->answer[sheet->n++] = answer;
}

static enum rwe_status take_answers(struct sheet *sheet, const struct populations *populations)
{
    static const char *const models[] = {"arm", "adjusted"};
    size_t n_arms = sheet->run->cohort->n_arms;
    sheet->answer = RWE_NEW(sheet->run->arena, struct answer, 2 * populations->n * n_arms);
    sheet->n = 0;
    for (size_t p = 0; sheet->answer != NULL && p < populations->n; p++) {
        const struct population *population = &populations->item[p];
        for (size_t m = 0; m < (population->design->arms_alike ? 1 : 2); m++)
            for (size_t a = 1; a < n_arms; a++)
                take_answer(
                    sheet, (struct answer){.population = population, .model = models[m], .arm = a});
    }
    return rwe_arena_failed(sheet->run->arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* ---- E-values ---- */

static bool is_rare(const struct sheet *sheet, const struct answer *answer)
{
    int choice = rwe_settings_choice(sheet->run->settings, "evalue-outcome");
    double events = rwe_document_value(sheet->run->document, answer->n_event);
    return choice == 1 ||
           (choice == 0 &&
            events <= MOST_RARE * rwe_document_value(sheet->run->document, answer->n));
}

static struct rwe_key key_of(const struct sheet *sheet, const struct answer *answer)
{
    struct rwe_key key = rwe_key_in("sensitivity", sheet->endpoint, NULL);
    key.population = answer->population->design->name;
    key.model = answer->model;
    if (sheet->run->cohort->n_arms > 2)
        key.group = sheet->run->cohort->arm_level[answer->arm];
    return key;
}

static void present_answer(const struct sheet *sheet, struct rwe_grid *grid,
                           const struct answer *answer, int indent)
{
    struct rwe_document *document = sheet->run->document;
    struct rwe_key key = key_of(sheet, answer);
    key.term = "evalue";
    bool rare = is_rare(sheet, answer);
    double hr = rwe_document_value(sheet->run->document, answer->hr);
    double low = rwe_document_value(sheet->run->document, answer->low);
    double high = rwe_document_value(sheet->run->document, answer->high);
    rwe_fact point = rwe_document_number(document, &key, "estimate",
                                         rwe_evalue(rwe_evalue_risk_ratio(hr, rare)));
    rwe_fact limit =
        rwe_document_number(document, &key, "conf.limit", rwe_evalue_limits(low, high, rare));
    rwe_fact outcome = rwe_document_string(document, &key, "outcome", rare ? "rare" : "common");
    if (answer->population->design->naive)
        rwe_document_string(document, &key, "caution", rwe_immortal_banner);
    rwe_grid_row(grid, indent, "%s", answer->label);
    rwe_grid_cell(grid, RWE_CELL_COUNT, answer->n, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, answer->n_event, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, answer->hr, answer->low, answer->high);
    rwe_grid_cell(grid, RWE_CELL_TEXT, outcome, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, point, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, limit, RWE_NO_FACT, RWE_NO_FACT);
}

void sensitivity_head(struct rwe_grid *grid, const char *group, size_t n_cells)
{
    rwe_grid_row(grid, 0, "%s", group);
    for (size_t c = 0; c < n_cells; c++)
        rwe_grid_empty(grid);
}

static void note_evalues(const struct sheet *sheet, struct rwe_grid *grid)
{
    rwe_grid_note(grid,
                  "E-value: the least risk ratio that an unmeasured confounder needs with the "
                  "treatment and with the outcome, both, beyond the covariates, to explain the "
                  "ratio away; of the limit nearer to 1, to make it hold 1 (VanderWeele & Ding "
                  "2017). Common outcome (more than %g%% have the event): by the approximate risk "
                  "ratio.",
                  100 * MOST_RARE);
    for (size_t k = 0; k < sheet->n; k++)
        if (sheet->answer[k].population->design->naive) {
            rwe_grid_note(grid, "E-values speak of confounding alone: no confounder is needed to "
                                "explain the rows of the biased reference, immortal time is "
                                "enough.");
            break;
        }
}

static void present_evalues(const struct sheet *sheet, const struct populations *populations)
{
    struct rwe_run *run = sheet->run;
    const char *group = NULL;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Every hazard ratio: %s", sheet->endpoint->name);
    rwe_grid_column(grid, "population");
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "hazard ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "outcome");
    rwe_grid_column(grid, "E-value");
    rwe_grid_column(grid, "of the limit");
    for (size_t k = 0; k < sheet->n; k++) {
        const struct answer *answer = &sheet->answer[k];
        const char *heading = answer->population->design->words.heading;
        if (populations->has_groups && heading != group)
            sensitivity_head(grid, heading, 6);
        group = heading;
        present_answer(sheet, grid, answer, populations->has_groups ? 1 : 0);
    }
    note_evalues(sheet, grid);
    const char *endpoint = sheet->endpoint->name;
    rwe_forest_add(run, grid,
                   &(struct rwe_forest){
                       .name = rwe_arena_format(run->arena, "forest-sensitivity-%s", endpoint),
                       .title = rwe_arena_format(run->arena, "Every hazard ratio: %s", endpoint),
                       .ratio = 3,
                       .counts = {{2, 1, "events/n"}},
                       .right = {5},
                       .of_arms = run->cohort->n_arms == 2});
}

/* ---- one confounder ---- */

/* The later the kind, the better; given covariates rather than not. */
static bool is_better(const struct answer *a, const struct answer *b)
{
    int of_a = population_rank(a->population->design),
        of_b = population_rank(b->population->design);
    if (of_a != of_b)
        return of_a > of_b;
    return a->population == b->population && strcmp(b->model, "arm") == 0;
}

/* The answer that the confounder is assumed in; NULL when there is none. */
static const struct answer *choose_answer(const struct sheet *sheet)
{
    const char *wanted = rwe_settings_text(sheet->run->settings, "confounder-in");
    const struct answer *chosen = NULL;
    for (size_t k = 0; k < sheet->n; k++) {
        const struct answer *answer = &sheet->answer[k];
        if (wanted != NULL && strcmp(wanted, answer->population->design->name) != 0)
            continue;
        if (chosen == NULL || is_better(answer, chosen))
            chosen = answer;
    }
    return chosen;
}

static void present_assumed(const struct sheet *sheet, struct rwe_grid *grid,
                            const struct answer *answer, const struct rwe_confounder *confounder)
{
    struct rwe_document *document = sheet->run->document;
    struct rwe_key key = key_of(sheet, answer);
    double bias = rwe_confounder_bias(confounder);
    key.term = "confounder";
    key.level = rwe_arena_format(sheet->run->arena, "%.10g against %.10g with HR %.10g",
                                 confounder->prevalence_treated, confounder->prevalence_control,
                                 confounder->hazard_ratio);
    rwe_document_number(document, &key, "bias", bias);
    rwe_fact hr = rwe_document_number(document, &key, "hr",
                                      rwe_document_value(sheet->run->document, answer->hr) / bias);
    rwe_fact low = rwe_document_number(
        document, &key, "conf.low", rwe_document_value(sheet->run->document, answer->low) / bias);
    rwe_fact high = rwe_document_number(
        document, &key, "conf.high", rwe_document_value(sheet->run->document, answer->high) / bias);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, hr, low, high);
}

static void present_pair(const struct sheet *sheet, struct rwe_grid *grid,
                         const struct answer *answer, struct rwe_confounder confounder)
{
    struct rwe_numbers ratio = rwe_settings_numbers(sheet->run->settings, "confounder-hr");
    rwe_grid_row(grid, 0, "%.10g%% against %.10g%%", 100 * confounder.prevalence_treated,
                 100 * confounder.prevalence_control);
    for (size_t k = 0; k < ratio.n; k++) {
        confounder.hazard_ratio = ratio.item[k];
        present_assumed(sheet, grid, answer, &confounder);
    }
}

static void present_confounder(const struct sheet *sheet, const struct answer *answer)
{
    struct rwe_run *run = sheet->run;
    struct rwe_numbers share = rwe_settings_numbers(run->settings, "confounder-prevalence");
    struct rwe_numbers ratio = rwe_settings_numbers(run->settings, "confounder-hr");
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Hazard ratio if there were one more confounder: %s, %s",
                           sheet->endpoint->name, answer->label);
    rwe_grid_column(grid, "has it: %s\nagainst %s", run->cohort->arm_level[answer->arm],
                    run->cohort->arm_level[0]);
    for (size_t k = 0; k < ratio.n; k++)
        rwe_grid_column(grid, "%.10g times the hazard\n(%s CI)", ratio.item[k],
                        rwe_conf_level_text(run));
    for (size_t i = 0; i < share.n; i++)
        for (size_t j = 0; j < share.n; j++)
            if (share.item[i] != share.item[j])
                present_pair(sheet, grid, answer,
                             (struct rwe_confounder){share.item[i], share.item[j], NAN});
    rwe_grid_note(grid, "The ratio above divided by what a binary confounder of these shares and "
                        "strength makes of none (Lin, Psaty & Kronmal 1998), an approximation for "
                        "hazards; the limits move along.");
    if (answer->population->design->naive)
        rwe_grid_note(grid, "%s: immortal time is not taken away here.", rwe_immortal_banner);
}

/* ---- running ---- */

static enum rwe_status check_population(const struct rwe_run *run,
                                        const struct populations *populations,
                                        struct rwe_error *error)
{
    const char *wanted = rwe_settings_text(run->settings, "confounder-in");
    const char *names = "";
    for (size_t p = 0; wanted != NULL && p < populations->n && names != NULL; p++) {
        if (strcmp(populations->item[p].design->name, wanted) == 0)
            return RWE_OK;
        names = rwe_arena_format(run->arena, "%s%s%s", names, p == 0 ? "" : ", ",
                                 populations->item[p].design->name);
    }
    if (wanted == NULL)
        return RWE_OK;
    return names == NULL ? rwe_fail_memory(error)
                         : rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                    "--confounder-in %s: there is no such population; there are %s",
                                    wanted, names);
}

static enum rwe_status present_endpoint(struct sheet *sheet, const struct populations *populations,
                                        struct rwe_error *error)
{
    if (take_answers(sheet, populations) != RWE_OK)
        return rwe_fail_memory(error);
    present_evalues(sheet, populations);
    const struct answer *answer = choose_answer(sheet);
    if (answer != NULL && sheet->run->cohort->n_arms == 2)
        present_confounder(sheet, answer);
    return RWE_OK;
}

static enum rwe_status run_sensitivity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct populations populations = {0};
    struct sheet sheet = {.run = run};
    enum rwe_status status = rwe_need_endpoint(run, "sensitivity", error);
    if (status == RWE_OK)
        status = populations_of(run, &populations, error);
    if (status == RWE_OK)
        status = check_population(run, &populations, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Sensitivity");
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++) {
        sheet.endpoint = &run->cohort->endpoint[e];
        status = present_endpoint(&sheet, &populations, error);
        if (status == RWE_OK)
            status = sensitivity_present_lost(run, &populations, e, error);
    }
    if (status == RWE_OK)
        status = sensitivity_present_left_out(run, &populations, error);
    return status;
}

const struct rwe_analysis rwe_analysis_sensitivity = {
    .name = "sensitivity",
    .help =
        "Every hazard ratio of the run side by side, each with the E-value of what an unmeasured "
        "confounder would need to explain it away; one of them under assumed confounders; and "
        "what if those lost to follow-up (--ltfu-column) fared worse. Asks for --cox.",
    .asks = "cox",
    .options = &option_list,
    .from_zero = true,
    .last = true,
    .run = run_sensitivity,
};
