/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of the file as a whole, W22 to W27 and W32 to W34. */
#include "validate_private.h"

#include "rwe/base/date.h"
#include "rwe/base/number.h"
#include "rwe/data/found_exposure.h"
#include <string.h>

/* Thresholds. Survivors seen within a year of the cut-off are the least that reports of mature
 * survival ask for; the others mark what chance does not do to 20 dates or 10 patients. */
static const double days_of_lag = 365.25;
enum { MANY_PERCENT = 20, ARM_POINTS = 20, FEWEST_DATES = 20, FEWEST_PATIENTS = 10 };
enum { OFFSET_1904 = 1462, FEWEST_OFFSET = 5 };

static bool tell(struct rwe_finding *finding, const char *column, const char *value)
{
    finding->column = column;
    finding->value = value;
    return true;
}

static const char *name_of(const struct rwe_chart *c, size_t column)
{
    return rwe_table_name(c->table, column);
}

static const char *percent(const struct rwe_chart *c, size_t n, size_t of)
{
    return rwe_arena_format(c->arena, "%.0f%%", 100 * (double)n / (double)of);
}

struct share {
    size_t n, of;
};

static double percent_of(struct share share)
{
    return share.of == 0 ? 0 : 100 * (double)share.n / (double)share.of;
}

static bool survives(const struct rwe_chart *c, size_t i)
{
    return rwe_chart_yes(rwe_chart_text(c, ROLE_death, i)) == 0;
}

/* 0 control, 1 treated, −1 neither or not declared. */
static int arm_of(const struct rwe_chart *c, size_t i)
{
    const char *treated = c->study->treated;
    if (c->arm == RWE_NO_INDEX || treated == NULL || c->arm_text[i] == NULL)
        return -1;
    return strcmp(c->arm_text[i], treated) == 0;
}

bool rwe_rule_follow_up_lags(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct share all = {0, 0};
    struct share arm[2] = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < c->n; i++) {
        double last = rwe_chart_day(c, ROLE_last_contact_date, i);
        int a = arm_of(c, i);
        if (!survives(c, i) || isnan(last))
            continue;
        bool late = last < c->cutoff - days_of_lag;
        all.n += late;
        all.of++;
        if (a >= 0) {
            arm[a].n += late;
            arm[a].of++;
        }
    }
    bool differs = arm[0].of >= FEWEST_PATIENTS && arm[1].of >= FEWEST_PATIENTS &&
                   fabs(percent_of(arm[0]) - percent_of(arm[1])) > ARM_POINTS;
    if (!differs && percent_of(all) <= MANY_PERCENT)
        return false;
    return tell(finding, name_of(c, c->column[ROLE_last_contact_date]), percent(c, all.n, all.of));
}

bool rwe_rule_visits_end_follow_up(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct share at_scan = {0, 0};
    struct share long_after = {0, 0};
    for (size_t i = 0; i < c->n; i++) {
        double scan = rwe_chart_day(c, ROLE_last_assess_date, i);
        double death = rwe_chart_day(c, ROLE_death_date, i);
        double last = rwe_chart_day(c, ROLE_last_contact_date, i);
        if (isnan(scan))
            continue;
        if (survives(c, i) && !isnan(last)) {
            at_scan.n += last == scan;
            at_scan.of++;
        } else if (!isnan(death)) {
            long_after.n += death > scan + 90;
            long_after.of++;
        }
    }
    if (at_scan.of < FEWEST_PATIENTS || long_after.of == 0 || percent_of(at_scan) < 90 ||
        percent_of(long_after) <= MANY_PERCENT)
        return false;
    return tell(finding, name_of(c, c->column[ROLE_last_contact_date]),
                percent(c, at_scan.n, at_scan.of));
}

/* ---- status ---- */

static bool is_one_two(const struct rwe_chart *c, const char *const text[])
{
    bool two = false;
    for (size_t i = 0; i < c->n; i++) {
        if (text[i] == NULL)
            continue;
        if (strcmp(text[i], "1") != 0 && strcmp(text[i], "2") != 0)
            return false;
        two = two || text[i][0] == '2';
    }
    return two;
}

/* Every event later than every censoring: 0 and 1 changed places, as it seems. */
static bool is_inverted(const struct rwe_chart *c, const double time[], const char *const text[])
{
    double first_event = INFINITY;
    double last_censored = -INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        int event = rwe_chart_yes(text[i]);
        if (event == 1)
            first_event = fmin(first_event, time[i]);
        else if (event == 0)
            last_censored = fmax(last_censored, time[i]);
    }
    return isfinite(first_event) && isfinite(last_censored) && first_event > last_censored;
}

static bool endpoint_is_odd(const struct rwe_chart *c, const struct rwe_endpoint_spec *spec)
{
    struct rwe_complaints ignored = {.arena = c->arena};
    size_t time_column = rwe_table_find(c->table, spec->time);
    size_t event_column = rwe_table_find(c->table, spec->event);
    if (time_column == RWE_NO_INDEX || event_column == RWE_NO_INDEX || spec->values.n > 0)
        return false;
    double *time = RWE_NEW(c->arena, double, c->n);
    const char **text = rwe_chart_texts(c, event_column);
    if (time == NULL || text == NULL ||
        rwe_table_numbers(c->table, time_column, time, &ignored) != RWE_OK)
        return false; /* the arena remembers */
    return is_one_two(c, text) || is_inverted(c, time, text);
}

bool rwe_rule_status_inverted(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct rwe_endpoint_specs specs = c->study->endpoints;
    if (c->text[ROLE_death] != NULL && is_one_two(c, c->text[ROLE_death]))
        return tell(finding, name_of(c, c->column[ROLE_death]), NULL);
    for (size_t e = 0; e < specs.n; e++)
        if (endpoint_is_odd(c, &specs.item[e]))
            return tell(finding, specs.item[e].event, NULL);
    return false;
}

/* ---- dates ---- */

static int day_of_month(double day)
{
    char text[RWE_DATE_SIZE];
    rwe_date_format((int32_t)day, text);
    return (text[8] - '0') * 10 + (text[9] - '0');
}

/* The column in which most dates fall on the 1st or 15th; by chance 1 in 15 does. */
bool rwe_rule_heaping(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct share worst = {0, 0};
    size_t column = RWE_NO_INDEX;
    for (int r = 0; r < N_ROLES; r++) {
        struct share share = {0, 0};
        if (c->day[r] == NULL)
            continue;
        for (size_t i = 0; i < c->n; i++) {
            if (isnan(c->day[r][i]))
                continue;
            int day = day_of_month(c->day[r][i]);
            share.n += day == 1 || day == 15;
            share.of++;
        }
        if (share.of >= FEWEST_DATES && percent_of(share) > MANY_PERCENT &&
            percent_of(share) > percent_of(worst)) {
            worst = share;
            column = c->column[r];
        }
    }
    return column != RWE_NO_INDEX &&
           tell(finding, name_of(c, column), percent(c, worst.n, worst.of));
}

/* Dates after time zero that mostly lie before it, and would not if they were 1,462 days later. */
bool rwe_rule_date_system(const struct rwe_chart *c, struct rwe_finding *finding)
{
    for (int r = ROLE_index_date + 1; r < N_ROLES; r++) {
        struct share share = {0, 0};
        for (size_t i = 0; c->day[r] != NULL && i < c->n; i++) {
            double after = c->day[r][i] - c->day[ROLE_index_date][i];
            if (isnan(after))
                continue;
            share.n += after < 0 && after + OFFSET_1904 >= 0;
            share.of++;
        }
        if (share.of >= FEWEST_OFFSET && 2 * share.n > share.of)
            return tell(finding, name_of(c, c->column[r]), percent(c, share.n, share.of));
    }
    return false;
}

/* ---- covariates ---- */

struct level {
    const char *text;
    size_t n, events;
    bool in_arm[2];
};

/* Whether the column is of categories: not all numbers, or 0 and 1 alone, or declared so. */
static bool is_categorical(const struct rwe_chart *c, size_t column, const char *const text[])
{
    struct rwe_strings declared = c->study->categorical;
    bool binary = true;
    bool numbers = true;
    for (size_t k = 0; k < declared.n; k++)
        if (strcmp(declared.item[k], name_of(c, column)) == 0)
            return true;
    for (size_t i = 0; i < c->n; i++) {
        double value = 0;
        if (text[i] == NULL)
            continue;
        numbers = numbers && rwe_number_parse(text[i], strlen(text[i]), &value);
        binary = binary && (value == 0 || value == 1);
    }
    return !numbers || binary;
}

/* A level of the column that has no event, or stands in one arm alone; NULL: none. */
static const char *separated_level(const struct rwe_chart *c, size_t column,
                                   const char *const event[])
{
    struct rwe_factor factor;
    const char **text = rwe_chart_texts(c, column);
    if (text == NULL || !is_categorical(c, column, text) ||
        rwe_table_factor(c->table, column, c->arena, &factor) != RWE_OK)
        return NULL;
    struct level *level = RWE_NEW(c->arena, struct level, factor.n_levels);
    if (level == NULL)
        return NULL;
    for (size_t i = 0; i < c->n; i++) {
        int arm = arm_of(c, i);
        if (factor.code[i] < 0 || arm < 0)
            continue;
        struct level *l = &level[factor.code[i]];
        l->n++;
        l->events += event[i] != NULL && rwe_chart_yes(event[i]) != 0;
        l->in_arm[arm] = true;
    }
    for (size_t l = 0; l < factor.n_levels; l++)
        if (level[l].n > 0 && (level[l].events == 0 || !level[l].in_arm[0] || !level[l].in_arm[1]))
            return factor.level[l];
    return NULL;
}

bool rwe_rule_separated(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct rwe_strings names = c->study->covariates;
    const struct rwe_endpoint_spec *first = c->study->endpoints.item;
    size_t event_column = rwe_table_find(c->table, first->event);
    const char **event = event_column == RWE_NO_INDEX ? NULL : rwe_chart_texts(c, event_column);
    for (size_t k = 0; event != NULL && k < names.n; k++) {
        size_t column = rwe_table_find(c->table, names.item[k]);
        const char *level = column == RWE_NO_INDEX ? NULL : separated_level(c, column, event);
        if (level != NULL)
            return tell(finding, names.item[k], level);
    }
    return false;
}

/* Codes of the column: equal texts, equal codes. */
static const int32_t *codes_of(const struct rwe_chart *c, size_t column, size_t *n_levels)
{
    struct rwe_factor factor;
    if (column == RWE_NO_INDEX || rwe_table_factor(c->table, column, c->arena, &factor) != RWE_OK)
        return NULL;
    *n_levels = factor.n_levels;
    return factor.code;
}

/* Whether each level of one column is one of the other: they say the same. */
static bool say_the_same(const struct rwe_chart *c, const int32_t a[], const int32_t b[], size_t n)
{
    int32_t *b_of = RWE_NEW(c->arena, int32_t, n);
    if (b_of == NULL)
        return false;
    for (size_t l = 0; l < n; l++)
        b_of[l] = -1;
    for (size_t i = 0; i < c->n; i++) {
        if ((a[i] < 0) != (b[i] < 0))
            return false;
        if (a[i] < 0)
            continue;
        if (b_of[a[i]] >= 0 && b_of[a[i]] != b[i])
            return false;
        b_of[a[i]] = b[i];
    }
    return true;
}

bool rwe_rule_constant(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct rwe_strings names = c->study->covariates;
    const int32_t **code = RWE_NEW(c->arena, const int32_t *, names.n);
    size_t *n_levels = RWE_NEW(c->arena, size_t, names.n);
    if (rwe_arena_failed(c->arena))
        return false;
    for (size_t k = 0; k < names.n; k++) {
        code[k] = codes_of(c, rwe_table_find(c->table, names.item[k]), &n_levels[k]);
        if (code[k] != NULL && n_levels[k] <= 1)
            return tell(finding, names.item[k], NULL);
        for (size_t j = 0; code[k] != NULL && j < k; j++)
            if (code[j] != NULL && n_levels[j] == n_levels[k] &&
                say_the_same(c, code[j], code[k], n_levels[j]))
                return tell(finding, names.item[k], names.item[j]);
    }
    return false;
}

bool rwe_rule_after_baseline(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct rwe_strings names = c->study->covariates;
    for (size_t k = 0; k < names.n; k++)
        if (rwe_post_baseline(c->study, names.item[k]))
            return tell(finding, names.item[k], NULL);
    return false;
}

/* ---- exposure ---- */

/* Whether the study compares the arm of that name. */
static bool is_compared(const struct rwe_study_settings *study, const char *level)
{
    return study->control == NULL || study->treated == NULL || strcmp(level, study->control) == 0 ||
           strcmp(level, study->treated) == 0;
}

bool rwe_rule_start_not_said(const struct rwe_chart *c, struct rwe_finding *finding)
{
    struct rwe_factor arms;
    struct rwe_found_exposure found = {0};
    uint32_t *row = RWE_NEW(c->arena, uint32_t, c->n), *arm = RWE_NEW(c->arena, uint32_t, c->n);
    if (c->study->exposure_start != NULL || c->study->exposure_date != NULL ||
        rwe_arena_failed(c->arena) || rwe_table_factor(c->table, c->arm, c->arena, &arms) != RWE_OK)
        return false; /* the arena remembers */
    struct rwe_found_query query = {
        .table = c->table, .study = c->study, .row = row, .arm = arm, .days_per_unit = NAN};
    uint32_t *position = RWE_NEW(c->arena, uint32_t, arms.n_levels + 1);
    for (size_t l = 0; position != NULL && l < arms.n_levels; l++)
        if (is_compared(c->study, arms.level[l]))
            position[l] = (uint32_t)++query.n_arms; /* 0: not compared */
    for (size_t i = 0; position != NULL && i < c->n; i++) {
        if (arms.code[i] < 0 || position[arms.code[i]] == 0)
            continue;
        row[query.n] = (uint32_t)i;
        arm[query.n++] = position[arms.code[i]] - 1;
    }
    if (rwe_find_exposure(&query, c->arena, &found) != RWE_OK || found.column == NULL)
        return false;
    return tell(finding, found.column, rwe_arena_format(c->arena, "%zu", found.n_late));
}
