/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Balance of the covariates in each design. See balance.md. */
#include "balance.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/report/figure.h"

#include <math.h>
#include <string.h>

struct balance_settings {
    double limit;          /* of a standardized difference */
    double variance_ratio; /* either way */
    bool more, products;   /* what is shown and measured besides */
};

static const struct rwe_option options[] = {
    {.name = "balance-limit",
     RWE_NUMBER_IN(struct balance_settings, limit),
     .section = RWE_SECTION_PROPENSITY,
     .argument = "X",
     .fallback = "0.1",
     .low = 0,
     .high = 10,
     .help = N_("Largest standardized difference that counts as balanced (default 0.1); more than "
                "twice as much is serious.")},
    {.name = "balance-variance-ratio",
     RWE_NUMBER_IN(struct balance_settings, variance_ratio),
     .section = RWE_SECTION_PROPENSITY,
     .argument = "X",
     .fallback = "2",
     .low = 1,
     .high = 1e6,
     .help =
         N_("Largest ratio of the arms' variances, either way, that counts as balanced (default "
            "2).")},
    {.name = "balance-more",
     RWE_FLAG_IN(struct balance_settings, more),
     .section = RWE_SECTION_PROPENSITY,
     .help = N_("Show also the mean distance of the distribution functions and the overlap of the "
                "densities.")},
    {.name = "balance-products",
     RWE_FLAG_IN(struct balance_settings, products),
     .section = RWE_SECTION_PROPENSITY,
     .help = N_("Measure also the squares of numbers and the products of two covariates; shows the "
                "worst.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct balance_settings, options);

static const struct balance_settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &option_list);
}

/* ---- what is measured ---- */

/* The results of one item, design by design. */
static const struct rwe_balance *by_design(struct rwe_run *run, const struct rwe_balance *at,
                                           size_t n_items, size_t item)
{
    struct rwe_balance *mine = RWE_NEW(run->arena, struct rwe_balance, rwe_run_n_disjoint(run));
    for (size_t d = 0; mine != NULL && d < rwe_run_n_disjoint(run); d++)
        mine[d] = at[d * n_items + item];
    return mine;
}

static void add_covariates(struct rwe_run *run, const struct rwe_covariate_balance *balance,
                           struct balance_lines *lines)
{
    for (size_t c = 0; c < balance->columns.n; c++) {
        const struct rwe_column *column = &balance->columns.item[c];
        lines->item[lines->n++] = (struct balance_line){
            .kind = rwe_column_is_binary(column) ? BALANCE_LEVEL : BALANCE_NUMBER,
            .name = rwe_shown_name(run, column->name),
            .term = column->variable->name,
            .level = column->level < 0 ? NULL : column->variable->level[column->level],
            .at = by_design(run, balance->at, balance->columns.n, c),
            .denominator = balance->denominator[c],
        };
    }
}

/* ---- being without a value ---- */

struct absence {
    size_t n; /* subjects */
    const struct rwe_variable **variable;
};

static void absence_values(const void *context, size_t item, double out[])
{
    const struct absence *absence = context;
    for (size_t i = 0; i < absence->n; i++)
        out[i] = rwe_variable_missing(absence->variable[item], i);
}

static bool absence_is_binary(const void *context, size_t item)
{
    (void)context;
    (void)item;
    return true;
}

/* A category may itself be called so. */
static const char *level_of_absence(const struct rwe_variable *variable)
{
    for (size_t l = 0; l < variable->n_levels; l++)
        if (strcmp(variable->level[l], "missing") == 0)
            return "(missing)";
    return "missing";
}

static enum rwe_status add_absences(struct rwe_run *run, struct balance_lines *lines,
                                    struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct absence absence = {
        cohort->n, RWE_NEW(run->arena, const struct rwe_variable *, cohort->n_covariates)};
    struct rwe_balance_items items = {.values = absence_values,
                                      .is_binary = absence_is_binary,
                                      .context = &absence,
                                      .means_only = true};
    const struct rwe_balance *at;
    const double *denominator;
    if (absence.variable == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].n_missing > 0)
            absence.variable[items.n++] = &cohort->covariate[j];
    enum rwe_status status = rwe_balance_of_items(run, &items, &at, &denominator, error);
    for (size_t m = 0; m < items.n && status == RWE_OK; m++)
        lines->item[lines->n++] = (struct balance_line){
            .kind = BALANCE_ABSENT,
            .name =
                rwe_arena_format(run->arena, rwe_text("%s, missing"), absence.variable[m]->name),
            .term = absence.variable[m]->name,
            .level = level_of_absence(absence.variable[m]),
            .at = by_design(run, at, items.n, m),
            .denominator = denominator[m],
        };
    return status;
}

/* The covariates level by level, then being without a value, then the prognostic scores. */
static enum rwe_status make_lines(struct rwe_run *run, struct balance_lines *lines,
                                  struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_covariate_balance *balance;
    enum rwe_status status = rwe_covariate_balance(run, &balance, error);
    if (status != RWE_OK)
        return status;
    size_t most = balance->columns.n + cohort->n_covariates + cohort->n_endpoints;
    *lines =
        (struct balance_lines){.item = RWE_NEW(run->arena, struct balance_line, most),
                               .note = {RWE_NEW(run->arena, const char *, cohort->n_endpoints), 0}};
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    add_covariates(run, balance, lines);
    status = add_absences(run, lines, error);
    if (status == RWE_OK)
        status = balance_add_scores(run, lines, error);
    return status == RWE_OK && rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : status;
}

/* ---- the verdict ---- */

/* How many are named in a sentence; the table has them all. */
enum { MOST_NAMED = 6 };

/* What is judged: a population by the limits there. */
struct verdict {
    struct rwe_run *run;
    const struct balance_lines *lines;
    size_t d; /* the population */
    double limit, ratio;
};

/* Those that fail, the worst first. */
struct failures {
    size_t n, n_serious;
    size_t n_named;
    const struct balance_line *named[MOST_NAMED];
};

static bool is_apart(const struct verdict *verdict, const struct balance_line *line)
{
    return !(fabs(line->at[verdict->d].smd) <= verdict->limit); /* or cannot be measured */
}

static bool is_spread_otherwise(const struct verdict *verdict, const struct balance_line *line)
{
    double ratio = line->at[verdict->d].variance_ratio;
    return line->kind == BALANCE_NUMBER && (ratio > verdict->ratio || ratio < 1 / verdict->ratio);
}

static double size_apart(const struct verdict *verdict, const struct balance_line *line)
{
    double smd = fabs(line->at[verdict->d].smd);
    return isnan(smd) ? INFINITY : smd;
}

static double size_of_ratio(const struct verdict *verdict, const struct balance_line *line)
{
    return fabs(log(line->at[verdict->d].variance_ratio));
}

typedef bool fails_function(const struct verdict *, const struct balance_line *);
typedef double size_function(const struct verdict *, const struct balance_line *);

/* Keeps the named ones in order; the first of equals stays first. */
static void insert(const struct verdict *verdict, const struct balance_line *line,
                   size_function *size, struct failures *failures)
{
    size_t at = failures->n_named;
    while (at > 0 && size(verdict, failures->named[at - 1]) < size(verdict, line))
        at--;
    if (at == MOST_NAMED)
        return;
    size_t n = failures->n_named < MOST_NAMED ? failures->n_named + 1 : MOST_NAMED;
    memmove(&failures->named[at + 1], &failures->named[at], (n - 1 - at) * sizeof(void *));
    failures->named[at] = line;
    failures->n_named = n;
}

static struct failures find(const struct verdict *verdict, fails_function *fails,
                            size_function *size)
{
    struct failures failures = {0};
    for (size_t k = 0; k < verdict->lines->n; k++) {
        const struct balance_line *line = &verdict->lines->item[k];
        if (!fails(verdict, line))
            continue;
        failures.n++;
        failures.n_serious += size(verdict, line) > 2 * verdict->limit;
        insert(verdict, line, size, &failures);
    }
    return failures;
}

/* A difference with its sign and three decimals. In the run's arena; never NULL. */
static const char *number_text(const struct rwe_run *run, double value)
{
    if (isnan(value))
        return rwe_text("not measurable");
    const char *text = value < 0 ? rwe_arena_format(run->arena, "−%.3f", -value)
                                 : rwe_arena_format(run->arena, "%.3f", value);
    return text == NULL ? "" : text;
}

/* "nodes −0.157, size=20-50 −0.136 and 3 more" */
static const char *list(const struct verdict *verdict, const struct failures *failures, bool ratios)
{
    const struct rwe_run *run = verdict->run;
    const char *text = NULL;
    for (size_t k = 0; k < failures->n_named; k++) {
        const struct balance_line *line = failures->named[k];
        const struct rwe_balance *at = &line->at[verdict->d];
        const char *number = number_text(run, ratios ? at->variance_ratio : at->smd);
        text = k == 0
                   ? rwe_arena_format(run->arena, "%s %s", line->name, number)
                   : rwe_arena_format(run->arena, rwe_text("%s, %s %s"), text, line->name, number);
        if (text == NULL)
            return "";
    }
    if (failures->n > failures->n_named)
        text = rwe_arena_format(run->arena, rwe_text("%s and %zu more"), text,
                                failures->n - failures->n_named);
    return text == NULL ? "" : text;
}

/* What would bring the line nearer, by its kind; a score has no remedy of its own. */
static const char *remedy_of_line(const struct verdict *verdict, const struct balance_line *line)
{
    struct rwe_arena *arena = verdict->run->arena;
    unsigned remedies = verdict->run->design[verdict->d].remedies;
    if (line->kind == BALANCE_SCORE)
        return rwe_text("look at the covariates that foretell the outcome");
    if ((remedies & RWE_REMEDY_EXACT) && line->kind != BALANCE_NUMBER)
        return rwe_arena_format(arena, rwe_text("match exactly on \"%s\""), line->term);
    if (!(remedies & RWE_REMEDY_MODEL))
        return rwe_text("look at how this population is made");
    if (line->kind == BALANCE_NUMBER)
        return rwe_arena_format(
            arena, rwe_text("give the propensity model the square or a spline of \"%s\""),
            line->term);
    return rwe_arena_format(arena, rwe_text("give the propensity model products of \"%s\""),
                            line->term);
}

static const char *or_else(const struct verdict *verdict, const char *remedy, const char *other)
{
    return remedy == NULL
               ? NULL
               : rwe_arena_format(verdict->run->arena, rwe_text("%s, or %s"), remedy, other);
}

/* The worst covariate decides, since it can be acted upon. Where weights from a score leave a serious
 * difference, a few of them are extreme more often than the model is wrong. */
static const char *remedy(const struct verdict *verdict, const struct failures *apart)
{
    unsigned remedies = verdict->run->design[verdict->d].remedies;
    const struct balance_line *worst = apart->named[0];
    for (size_t k = apart->n_named; k-- > 0;)
        if (apart->named[k]->kind != BALANCE_SCORE)
            worst = apart->named[k];
    bool trim = (remedies & RWE_REMEDY_TRIM) && apart->n_serious > 0;
    const char *text =
        trim ? rwe_text("trim extreme weights (--trim-optimal)") : remedy_of_line(verdict, worst);
    if (remedies & RWE_REMEDY_CALIPER)
        text = or_else(verdict, text, rwe_text("take a smaller --caliper"));
    if (remedies & RWE_REMEDY_OVERLAP)
        text =
            or_else(verdict, text, rwe_text("weight with --iptw=ato, which makes the means equal"));
    return text == NULL ? "" : text;
}

/* ---- what is told ---- */

static void tell_one_apart(const struct verdict *verdict, const struct failures *apart)
{
    struct rwe_document *document = verdict->run->document;
    const char *label = verdict->run->design[verdict->d].label;
    const char *what = list(verdict, apart, false), *helps = remedy(verdict, apart);
    size_t n = verdict->lines->n;
    double limit = verdict->limit;
    if (apart->n_serious == 0)
        rwe_document_warning(
            document, "imbalance", "balance",
            "%s: not balanced. 1 of the %zu rows below differs by more than %g standard "
            "deviations, not by more than %g (small): %s. What helps: %s; --cox adjusts for what "
            "remains.",
            label, n, limit, 2 * limit, what, helps);
    else
        rwe_document_warning(
            document, "imbalance", "balance",
            "%s: not balanced. 1 of the %zu rows below differs by more than %g standard "
            "deviations, 1 by more than %g (serious): %s. What helps: %s; --cox adjusts for what "
            "remains.",
            label, n, limit, 2 * limit, what, helps);
}

static void tell_apart(const struct verdict *verdict, const struct failures *apart)
{
    struct rwe_document *document = verdict->run->document;
    const char *label = verdict->run->design[verdict->d].label;
    const char *what = list(verdict, apart, false), *helps = remedy(verdict, apart);
    size_t n = verdict->lines->n;
    double limit = verdict->limit;
    if (apart->n_serious == 0)
        rwe_document_warning(
            document, "imbalance", "balance",
            "%s: not balanced. %zu of the %zu rows below differ by more than %g standard "
            "deviations, none by more than %g (small): %s. What helps: %s; --cox adjusts for what "
            "remains.",
            label, apart->n, n, limit, 2 * limit, what, helps);
    else
        rwe_document_warning(
            document, "imbalance", "balance",
            "%s: not balanced. %zu of the %zu rows below differ by more than %g standard "
            "deviations, %zu by more than %g (serious): %s. What helps: %s; --cox adjusts for "
            "what remains.",
            label, apart->n, n, limit, apart->n_serious, 2 * limit, what, helps);
}

static void tell_spread(const struct verdict *verdict, const struct failures *spread)
{
    rwe_document_warning(
        verdict->run->document, "variance-ratio", "balance",
        "%s: the variances of the arms differ by more than a factor of %g (treated over control): "
        "%s. Look at extreme values; give the propensity model the square, a spline or the "
        "logarithm of \"%s\".",
        verdict->run->design[verdict->d].label, verdict->ratio, list(verdict, spread, true),
        spread->named[0]->term);
}

static void tell_all_but_equal(const struct verdict *verdict, bool passed)
{
    struct rwe_document *document = verdict->run->document;
    const char *label = verdict->run->design[verdict->d].label;
    if (passed)
        rwe_document_paragraph(document,
                               "%s: balanced. Each of the %zu rows below differs by at most %g "
                               "standard deviations, none by as much as 0.001.",
                               label, verdict->lines->n, verdict->limit);
    else
        rwe_document_paragraph(document,
                               "%s: means balanced, spreads not. Each of the %zu rows below "
                               "differs by at most %g standard deviations, none by as much as "
                               "0.001.",
                               label, verdict->lines->n, verdict->limit);
}

/* Rounding decides which is the worst of differences that are all but 0, so none is named. */
static void tell_balanced(const struct verdict *verdict, const struct balance_line *worst,
                          bool passed)
{
    struct rwe_document *document = verdict->run->document;
    const char *label = verdict->run->design[verdict->d].label;
    double smd = worst->at[verdict->d].smd;
    const char *number = number_text(verdict->run, smd);
    if (fabs(smd) < 0.0005)
        tell_all_but_equal(verdict, passed);
    else if (passed)
        rwe_document_paragraph(document,
                               "%s: balanced. Each of the %zu rows below differs by at most %g "
                               "standard deviations, most of all %s, %s.",
                               label, verdict->lines->n, verdict->limit, worst->name, number);
    else
        rwe_document_paragraph(document,
                               "%s: means balanced, spreads not. Each of the %zu rows below "
                               "differs by at most %g standard deviations, most of all %s, %s.",
                               label, verdict->lines->n, verdict->limit, worst->name, number);
}

static const struct balance_line *find_worst(const struct verdict *verdict)
{
    const struct balance_line *worst = &verdict->lines->item[0];
    for (size_t k = 1; k < verdict->lines->n; k++)
        if (size_apart(verdict, &verdict->lines->item[k]) > size_apart(verdict, worst))
            worst = &verdict->lines->item[k];
    return worst;
}

static void judge(const struct verdict *verdict)
{
    struct failures apart = find(verdict, is_apart, size_apart);
    struct failures spread = find(verdict, is_spread_otherwise, size_of_ratio);
    const struct balance_line *worst = find_worst(verdict);
    size_t n_failed = 0;
    for (size_t k = 0; k < verdict->lines->n; k++)
        n_failed += is_apart(verdict, &verdict->lines->item[k]) ||
                    is_spread_otherwise(verdict, &verdict->lines->item[k]);
    struct rwe_key key = rwe_key_in("balance", NULL, &verdict->run->design[verdict->d]);
    key.term = "(gate)";
    struct rwe_document *document = verdict->run->document;
    rwe_document_number(document, &key, "n", (double)verdict->lines->n);
    rwe_document_number(document, &key, "n.failed", (double)n_failed);
    rwe_document_number(document, &key, "worst", fabs(worst->at[verdict->d].smd));
    rwe_document_number(document, &key, "passed", n_failed == 0);
    if (apart.n == 0)
        tell_balanced(verdict, worst, n_failed == 0);
    else if (apart.n == 1)
        tell_one_apart(verdict, &apart);
    else
        tell_apart(verdict, &apart);
    if (spread.n > 0)
        tell_spread(verdict, &spread);
}

/* Facts and words about each population but the first: whether it is balanced, or what is not, by how
 * much, and what to do. */
static void give_verdicts(struct rwe_run *run, const struct balance_lines *lines)
{
    const struct balance_settings *settings = settings_of(run);
    struct verdict verdict = {
        .run = run, .lines = lines, .limit = settings->limit, .ratio = settings->variance_ratio};
    for (verdict.d = 1; verdict.d < rwe_run_n_disjoint(run); verdict.d++)
        judge(&verdict);
}

/* ---- the tables ---- */

struct metric {
    const char *stat;
    const char *heading;
    double (*value)(const struct rwe_balance *balance);
    bool of_means;   /* all lines have it; else covariates alone */
    bool of_numbers; /* a share has no variance of its own */
};

static double smd_of(const struct rwe_balance *b)
{
    return b->smd;
}

static double variance_ratio_of(const struct rwe_balance *b)
{
    return b->variance_ratio;
}

static double ks_of(const struct rwe_balance *b)
{
    return b->ks;
}

static double ecdf_mean_of(const struct rwe_balance *b)
{
    return b->ecdf_mean;
}

static double overlap_of(const struct rwe_balance *b)
{
    return b->overlap;
}

static const struct metric usual[] = {
    {"smd", N_("SMD"), smd_of, true, false},
    {"variance.ratio", N_("variance ratio"), variance_ratio_of, false, true},
    {"ks", N_("KS"), ks_of, false, false},
};
static const struct metric more[] = {
    {"ecdf.mean", N_("mean distance"), ecdf_mean_of, false, false},
    {"overlap", N_("overlap"), overlap_of, false, false},
};

static bool has(const struct balance_line *line, const struct metric *metric)
{
    if (metric->of_numbers)
        return line->kind == BALANCE_NUMBER;
    return metric->of_means || line->kind == BALANCE_NUMBER || line->kind == BALANCE_LEVEL;
}

static struct rwe_key key_of_line(const struct rwe_run *run, const struct balance_line *line,
                                  size_t d)
{
    struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
    key.term = line->term;
    key.level = line->level;
    return key;
}

static void present_line(struct rwe_run *run, struct rwe_grid *grid,
                         const struct balance_line *line, const struct metric metrics[], size_t n)
{
    rwe_grid_row(grid, 0, "%s", line->name);
    for (size_t m = 0; m < n; m++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
            struct rwe_key key = key_of_line(run, line, d);
            if (has(line, &metrics[m]))
                rwe_grid_put(grid, &key, metrics[m].value(&line->at[d]));
            else
                rwe_grid_empty(grid);
        }
}

static void add_columns(const struct rwe_run *run, struct rwe_grid *grid,
                        const struct metric metrics[], size_t n)
{
    rwe_grid_column(grid, "covariate");
    for (size_t m = 0; m < n; m++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
            rwe_grid_fact_column(grid, RWE_CELL_SMD, metrics[m].stat, "%s\n%s",
                                 rwe_text(metrics[m].heading), run->design[d].label);
}

/* Love's plot. The SMDs are the first columns. */
static void add_figure(struct rwe_run *run, struct rwe_grid *grid)
{
    double limit = settings_of(run)->limit;
    const char *name = rwe_figure_name_in(run, "love");
    struct rwe_figure *figure = rwe_document_figure(run->document, RWE_FIGURE_DOTS, name,
                                                    "Balance of the covariates by population");
    rwe_figure_set_grid(figure, grid);
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
        rwe_figure_column(figure, RWE_COLUMN_POINT, 1 + d, d, run->design[d].label);
    rwe_figure_reference(figure, true, 0, NULL);
    rwe_figure_reference(figure, true, limit, NULL);
    rwe_figure_x_axis(figure,
                      &(struct rwe_axis){.label = rwe_text("Absolute standardized mean difference"),
                                         .absolute = true});
    rwe_figure_describe(figure,
                        "Love plot: for each covariate its absolute standardized mean difference "
                        "in each population, a symbol; the dashed line is at %g.",
                        limit);
    rwe_figure_note(figure, "Dashed: %g, the largest difference that counts as balanced.", limit);
}

static void present_usual(struct rwe_run *run, const struct balance_lines *lines)
{
    size_t n = sizeof usual / sizeof usual[0];
    struct rwe_grid *grid = rwe_document_table(
        run->document, "Standardized differences, variance ratios and KS distances");
    add_columns(run, grid, usual, n);
    bool has_scores = false;
    for (size_t k = 0; k < lines->n; k++) {
        present_line(run, grid, &lines->item[k], usual, n);
        has_scores = has_scores || lines->item[k].kind == BALANCE_SCORE;
    }
    rwe_grid_note(grid, "SMD, standardized mean difference (treated − control) over the pooled "
                        "standard deviation of the whole cohort; variance ratio, treated over "
                        "control; KS, greatest distance of the distribution functions.");
    if (has_scores)
        rwe_grid_note(grid, "Prognosis: what the covariates foretell of the endpoint, by Cox's "
                            "model fitted in the controls of the whole cohort.");
    for (size_t k = 0; k < lines->note.n; k++)
        rwe_grid_note(grid, "%s", lines->note.item[k]);
    add_figure(run, grid);
}

/* Without a table for them. */
static void add_facts(struct rwe_run *run, const struct balance_line *line,
                      const struct metric metrics[], size_t n)
{
    for (size_t m = 0; m < n; m++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
            struct rwe_key key = key_of_line(run, line, d);
            rwe_document_number(run->document, &key, metrics[m].stat,
                                metrics[m].value(&line->at[d]));
        }
}

/* Facts always, the table where it is asked for. */
static void present_more(struct rwe_run *run, const struct balance_lines *lines)
{
    size_t n = sizeof more / sizeof more[0];
    struct rwe_grid *grid = NULL;
    if (settings_of(run)->more) {
        grid = rwe_document_table(run->document, "Distances of whole distributions");
        add_columns(run, grid, more, n);
    }
    for (size_t k = 0; k < lines->n; k++) {
        if (!has(&lines->item[k], &more[0]))
            continue;
        if (grid != NULL)
            present_line(run, grid, &lines->item[k], more, n);
        else
            add_facts(run, &lines->item[k], more, n);
    }
    if (grid != NULL)
        rwe_grid_note(grid, "Mean distance of the distribution functions over the distinct values, "
                            "0 alike; overlap of the (kernel) densities, 1 alike.");
}

/* ---- distance from the cohort as it was ---- */

/* Whom a population is held against: everybody, the controls, the treated. */
enum { N_TARGETS = 3 };

static struct rwe_key key_of(const struct rwe_run *run, size_t d, size_t target)
{
    struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
    return target == 0 ? key : rwe_key_arm(key, run->cohort, target - 1);
}

/* (mean of the population − mean of the target before adjustment) / denominator of the SMD. */
static double distance(const struct balance_line *line, size_t d, size_t target)
{
    const struct rwe_balance *cohort = &line->at[0];
    const double means[N_TARGETS] = {cohort->mean, cohort->mean_control, cohort->mean_treated};
    double apart = line->at[d].mean - means[target];
    if (line->denominator == 0)
        return apart == 0 ? 0 : NAN;
    return apart / line->denominator;
}

static double mean_distance(const struct balance_lines *lines, size_t d, size_t target)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < lines->n; k++) {
        double one = distance(&lines->item[k], d, target);
        if (lines->item[k].kind == BALANCE_SCORE || isnan(one))
            continue;
        sum += fabs(one);
        n++;
    }
    return sum / (double)n;
}

static void present_summary(struct rwe_run *run, const struct balance_lines *lines)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Whom the results stand for");
    rwe_grid_column(grid, "mean distance");
    rwe_grid_fact_column(grid, RWE_CELL_SMD, "smd.original", "from everybody");
    for (size_t arm = 0; arm < 2; arm++)
        rwe_grid_fact_column(grid, RWE_CELL_SMD, "smd.original", "from arm %s",
                             run->cohort->arm_level[arm]);
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++) {
        rwe_grid_row(grid, 0, "%s", run->design[d].label);
        for (size_t t = 0; t < N_TARGETS; t++) {
            struct rwe_key key = key_of(run, d, t);
            key.term = "(mean)";
            rwe_grid_put(grid, &key, mean_distance(lines, d, t));
        }
    }
    rwe_grid_note(grid, "How far the population, both arms together, is from the whole cohort and "
                        "from its arms before adjustment, in standard deviations, mean of the "
                        "covariates. The comparison holds for those who are near.");
}

static struct rwe_grid *start_details(struct rwe_run *run)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Distance of each population from the cohort as it was");
    rwe_grid_column(grid, "covariate");
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++) {
        const char *label = run->design[d].label;
        rwe_grid_fact_column(grid, RWE_CELL_SMD, "smd.original", "%s\nfrom everybody", label);
        for (size_t arm = 0; arm < 2; arm++)
            rwe_grid_fact_column(grid, RWE_CELL_SMD, "smd.original", "%s\nfrom arm %s", label,
                                 run->cohort->arm_level[arm]);
    }
    return grid;
}

/* Facts always; a row where `grid` is not NULL. */
static void present_distances(struct rwe_run *run, struct rwe_grid *grid,
                              const struct balance_line *line)
{
    if (grid != NULL)
        rwe_grid_row(grid, 0, "%s", line->name);
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++)
        for (size_t t = 0; t < N_TARGETS; t++) {
            struct rwe_key key = key_of(run, d, t);
            key.term = line->term;
            key.level = line->level;
            if (grid != NULL)
                rwe_grid_put(grid, &key, distance(line, d, t));
            else
                rwe_document_number(run->document, &key, "smd.original", distance(line, d, t));
        }
}

/* How far each population, both arms together, lies from the whole cohort and from each of its arms. */
static void present_original(struct rwe_run *run, const struct balance_lines *lines)
{
    if (rwe_run_n_disjoint(run) < 2)
        return;
    present_summary(run, lines);
    struct rwe_grid *details = settings_of(run)->more ? start_details(run) : NULL;
    for (size_t k = 0; k < lines->n; k++)
        present_distances(run, details, &lines->item[k]);
    if (details != NULL)
        rwe_grid_note(details,
                      "Mean of both arms together less that of the whole cohort, or of one "
                      "arm of it, before adjustment; over the denominator of the SMD.");
}

/* ---- the whole ---- */

static enum rwe_status run_balance(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct balance_lines lines;
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--balance needs covariates: say --covariates A,B,…");
    enum rwe_status status = make_lines(run, &lines, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Balance of covariates");
    give_verdicts(run, &lines);
    present_usual(run, &lines);
    present_more(run, &lines);
    if (settings_of(run)->products)
        status = balance_products(run, settings_of(run)->limit, error);
    if (status == RWE_OK)
        present_original(run, &lines);
    return status;
}

const struct rwe_analysis rwe_analysis_balance = {
    .name = "balance",
    .section = RWE_SECTION_PROPENSITY,
    .help = N_("Balance of the covariates in words and numbers: standardized differences, variance "
               "ratios, KS distances, prognostic scores."),
    .options = &option_list,
    .run = run_balance,
};
