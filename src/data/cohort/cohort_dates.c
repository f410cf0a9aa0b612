/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of dates, by row of the file. */
#include "cohort_private.h"

#include "rwe/base/date.h"
#include "rwe/data/validate.h"
#include <math.h>
#include <string.h>

/* ---- which columns ---- */

static void name_roles(struct raw *raw)
{
    static const char *const roles[] = {"index_date",       "pd_date",           "death_date",
                                        "last_assess_date", "last_contact_date", "newtx_date",
                                        "resp_first_date",  "exposure"};
    struct raw_dates *dates = raw->dates;
    for (unsigned c = 0; c < RWE_N_DATE_ROLES; c++) {
        const char *name = c == RWE_DATE_INDEX      ? raw->study->index_date
                           : c == RWE_DATE_EXPOSURE ? raw->study->exposure_date
                                                    : NULL;
        bool by_option = c == RWE_DATE_EXPOSURE; /* and by no name of its own */
        size_t found = name != NULL ? rwe_table_find(raw->table, name)
                       : by_option  ? RWE_NO_INDEX
                                    : rwe_chart_column(raw->table, raw->study, roles[c]);
        dates->column[c] = found;
        dates->about.column[c] = found != RWE_NO_INDEX ? rwe_table_name(raw->table, found)
                                 : name != NULL        ? name
                                                       : roles[c];
    }
    dates->n_columns = RWE_N_DATE_ROLES;
    dates->about.column[RWE_DECIDED_BY_CUTOFF] = "cutoff";
}

/* The column of a study's own definition: one with a role, one that is there already, or a new one. */
static enum rwe_status add_column(struct raw *raw, const char *name, unsigned *number,
                                  struct rwe_error *error)
{
    struct raw_dates *dates = raw->dates;
    for (unsigned c = 0; c < dates->n_columns; c++)
        if (strcmp(dates->about.column[c], name) == 0 && dates->column[c] != RWE_NO_INDEX) {
            *number = c;
            return RWE_OK;
        }
    if (dates->n_columns == RWE_MOST_DATES)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--endpoint-dates: more than %d columns of dates", RWE_MOST_DATES);
    *number = (unsigned)dates->n_columns;
    dates->about.column[dates->n_columns] = name;
    return rwe_cohort_column(raw->table, "--endpoint-dates", name,
                             &dates->column[dates->n_columns++], error);
}

/* ---- definitions ---- */

static enum rwe_status read_set(struct raw *raw, const char *list, rwe_date_set *set,
                                struct rwe_error *error)
{
    struct rwe_strings names = rwe_text_split(raw->arena, list, '|');
    if (rwe_arena_failed(raw->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < names.n; i++) {
        unsigned column;
        enum rwe_status status = add_column(raw, names.item[i], &column, error);
        if (status != RWE_OK)
            return status;
        *set |= RWE_DATE_BIT(column);
    }
    return RWE_OK;
}

static enum rwe_status fail_notation(const char *text, struct rwe_error *error)
{
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--endpoint-dates %s: write NAME=COL|COL;competing=COL|COL;censor=COL|COL, as "
                    "in rwpfs=pd_date|death_date;censor=last_assess_date",
                    text);
}

/* "name = a | b; competing = c; censor = d | e" */
static enum rwe_status read_definition(struct raw *raw, const char *text,
                                       struct rwe_endpoint_definition *definition,
                                       struct rwe_error *error)
{
    *definition = (struct rwe_endpoint_definition){.otherwise = RWE_DATES_ALIVE};
    struct rwe_strings parts = rwe_text_split(raw->arena, text, ';');
    if (parts.n == 0)
        return rwe_fail_memory(error);
    for (size_t p = 0; p < parts.n; p++) {
        const char *equals = strchr(parts.item[p], '=');
        if (equals == NULL || equals == parts.item[p] || equals[1] == '\0')
            return fail_notation(text, error);
        size_t length = (size_t)(equals - parts.item[p]);
        const char *before = rwe_arena_substring(raw->arena, parts.item[p], length);
        if (before == NULL)
            return rwe_fail_memory(error);
        struct rwe_strings trimmed = rwe_text_split(raw->arena, before, '=');
        if (trimmed.n == 0)
            return rwe_fail_memory(error);
        const char *key = trimmed.item[0];
        rwe_date_set *set = &definition->events;
        if (p == 0)
            definition->name = rwe_text_lower(raw->arena, key);
        else if (strcmp(key, "competing") == 0)
            set = &definition->competing;
        else if (strcmp(key, "censor") == 0)
            set = &definition->censor;
        else
            return fail_notation(text, error);
        enum rwe_status status = read_set(raw, equals + 1, set, error);
        if (status != RWE_OK)
            return status;
    }
    if (definition->name == NULL)
        return rwe_fail_memory(error);
    if (definition->censor == 0)
        definition->censor = RWE_DATE_BIT(RWE_DATE_LAST_ASSESS);
    if ((definition->censor & RWE_DATE_BIT(RWE_DATE_LAST_CONTACT)) != 0)
        definition->censor |= RWE_DATES_ALIVE;
    definition->is_assessed = (definition->events & RWE_DATE_BIT(RWE_DATE_PD)) != 0;
    return RWE_OK;
}

/* Whether the file, or the list of assessments, can tell a date. */
static bool is_told(const struct raw *raw, unsigned column)
{
    bool by_response = column == RWE_DATE_RESPONSE || column == RWE_DATE_PD;
    bool has_list = raw->assessments != NULL;
    return raw->dates->column[column] != RWE_NO_INDEX ||
           (has_list && column == RWE_DATE_LAST_ASSESS) ||
           (has_list && by_response && rwe_raw_visits_tell_responses(raw));
}

/* A date that a definition cannot do without. */
static enum rwe_status need(const struct raw *raw, unsigned column, struct rwe_error *error)
{
    size_t found;
    if (is_told(raw, column))
        return RWE_OK;
    return rwe_cohort_column(raw->table, column == RWE_DATE_INDEX ? "--index-date" : "--derive",
                             raw->dates->about.column[column], &found, error);
}

static enum rwe_status check_columns(const struct raw *raw,
                                     const struct rwe_endpoint_definition *definition,
                                     struct rwe_error *error)
{
    rwe_date_set needed =
        definition->events | definition->competing | RWE_DATE_BIT(definition->start);
    const rwe_date_set ends =
        RWE_DATE_BIT(RWE_DATE_LAST_CONTACT) | RWE_DATE_BIT(RWE_DATE_LAST_ASSESS);
    rwe_date_set last = (definition->censor | definition->otherwise) & (ends | ~RWE_DATES_ALIVE);
    enum rwe_status status = RWE_OK;
    size_t site;
    bool any = false;
    for (unsigned c = 0; c < raw->dates->n_columns; c++)
        any = any || ((last & RWE_DATE_BIT(c)) != 0 && is_told(raw, c));
    for (unsigned c = 0; c < raw->dates->n_columns && status == RWE_OK; c++)
        if ((needed & RWE_DATE_BIT(c)) != 0)
            status = need(raw, c, error);
    if (status == RWE_OK && !any)
        status = need(raw, RWE_DATE_LAST_CONTACT, error);
    if (status == RWE_OK && definition->pd_place != 0 &&
        rwe_chart_column(raw->table, raw->study, "pd_site") == RWE_NO_INDEX)
        status = rwe_cohort_column(raw->table, "--derive", "pd_site", &site, error);
    return status;
}

static enum rwe_status add_definition(struct raw *raw,
                                      const struct rwe_endpoint_definition *definition,
                                      struct rwe_error *error)
{
    struct rwe_cohort_dates *about = &raw->dates->about;
    if (about->n_derived == RWE_MOST_DERIVED)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "more than %d endpoints from dates",
                        RWE_MOST_DERIVED);
    for (size_t d = 0; d < about->n_derived; d++)
        if (strcmp(about->derived[d].definition.name, definition->name) == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "endpoint \"%s\" is derived twice: give each its own name",
                            definition->name);
    about->derived[about->n_derived++] = (struct rwe_derived_endpoint){
        .definition = *definition, .is_compared = definition->start == RWE_DATE_INDEX};
    return check_columns(raw, definition, error);
}

static enum rwe_status read_definitions(struct raw *raw, struct rwe_error *error)
{
    struct rwe_strings names = raw->study->derive;
    struct rwe_strings own = raw->study->endpoint_dates;
    enum rwe_status status = RWE_OK;
    struct rwe_endpoint_definition definition;
    for (size_t i = 0; i < names.n && status == RWE_OK; i++) {
        if (!rwe_endpoint_definition_find(names.item[i], &definition))
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--derive %s: there are os, rwpfs (or pfs), ttp, itpfs, lrfs, ttnt, "
                            "dor, followup; others by --endpoint-dates",
                            names.item[i]);
        status = add_definition(raw, &definition, error);
    }
    for (size_t i = 0; i < own.n && status == RWE_OK; i++) {
        status = read_definition(raw, own.item[i], &definition, error);
        if (status == RWE_OK)
            status = add_definition(raw, &definition, error);
    }
    return status;
}

/* ---- rules that cannot act ---- */

/* What a rule that was asked for must know. */
struct demand {
    const char *option; /* "--censoring fda-a" */
    bool scans, therapy;
};

static enum rwe_status refuse(const struct raw *raw, const struct demand *demand, bool no_scans,
                              bool no_therapy, struct rwe_error *error)
{
    const char *file = rwe_table_file(raw->table);
    if (no_scans && no_therapy)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "%s cannot act: %s has neither scans (a column last_assess_date, or "
                        "--assess FILE) nor the next therapy (a column newtx_date). Name the "
                        "columns with --columns last_assess_date=COL,newtx_date=COL, or take "
                        "--censoring ema",
                        demand->option, file);
    if (no_scans)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "%s cannot act: %s does not say when patients were scanned. Name the last "
                        "scan with --columns last_assess_date=COL, give all scans with --assess "
                        "FILE, or leave the rule out",
                        demand->option, file);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "%s cannot act: %s does not say when the next therapy began. Name the column "
                    "with --columns newtx_date=COL, or say --new-therapy ignore",
                    demand->option, file);
}

/* A rule whose columns the file lacks would judge all patients alike, or nobody: it is refused. */
static enum rwe_status check_rules(const struct raw *raw, struct rwe_error *error)
{
    static const char *const sets[] = {"--censoring ema", "--censoring fda-a", "--censoring fda-b",
                                       "--censoring fda-c"};
    const struct rwe_study_settings *study = raw->study;
    struct rwe_cohort_dates *about = &raw->dates->about;
    bool has_set = study->censoring > RWE_CENSORING_EMA, is_assessed = false;
    const struct demand demands[] = {
        {study->source.censoring == RWE_FROM_DEFAULT ? "--compat admiral"
                                                     : sets[has_set ? study->censoring : 0],
         has_set, has_set && about->rules.new_therapy != RWE_NEW_THERAPY_IGNORE},
        {"--death-window", isfinite(study->death_window), false},
        {"--visit-gap", isfinite(study->visit_gap), false},
        {"--unassessed start", study->unassessed == 0, false},
        {"--new-therapy", false, study->new_therapy > RWE_NEW_THERAPY_IGNORE},
    };
    about->knows_scans = is_told(raw, RWE_DATE_LAST_ASSESS);
    about->knows_progression = is_told(raw, RWE_DATE_PD);
    about->knows_therapy = is_told(raw, RWE_DATE_NEWTX);
    for (size_t d = 0; d < about->n_derived; d++)
        is_assessed = is_assessed || about->derived[d].definition.is_assessed;
    for (size_t d = 0; is_assessed && d < sizeof demands / sizeof *demands; d++) {
        bool no_scans = demands[d].scans && !about->knows_scans;
        bool no_therapy = demands[d].therapy && !about->knows_therapy;
        if (no_scans || no_therapy)
            return refuse(raw, &demands[d], no_scans, no_therapy, error);
    }
    return RWE_OK;
}

/* ---- patients ---- */

static enum rwe_status read_dates(struct raw *raw, struct rwe_patient_dates patient[],
                                  struct rwe_error *error)
{
    struct rwe_dated *column = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    struct rwe_date_style style = rwe_study_date_style(raw->study);
    if (column == NULL)
        return rwe_fail_memory(error);
    for (unsigned c = 0; c < raw->dates->n_columns; c++) {
        if (raw->dates->column[c] == RWE_NO_INDEX)
            continue;
        if (rwe_table_dated(raw->table, raw->dates->column[c], style, column, raw->complaints) !=
            RWE_OK)
            return rwe_fail_memory(error);
        for (size_t i = 0; i < raw->n_rows; i++)
            patient[i].date[c] = column[i];
    }
    return RWE_OK;
}

static bool has_word(const char *text, const char *const words[], size_t n)
{
    for (size_t w = 0; w < n; w++)
        if (strcasestr(text, words[w]) != NULL)
            return true;
    return false;
}

static uint8_t place_of(const char *text)
{
    static const char *const chest[] = {"lung",    "mediast",  "pleur", "thora", "in-field",
                                        "infield", "in_field", "肺",    "纵隔",  "胸"};
    static const char *const neck[] = {"neck", "nasoph", "np_", "np/", "鼻咽", "颈"};
    uint8_t place = 0;
    if (has_word(text, chest, sizeof chest / sizeof *chest))
        place |= RWE_PD_INTRATHORACIC;
    if (has_word(text, neck, sizeof neck / sizeof *neck) || strcasecmp(text, "np") == 0)
        place |= RWE_PD_LOCOREGIONAL;
    return place == 0 ? RWE_PD_ELSEWHERE : place;
}

static bool says_yes(const char *text)
{
    return rwe_chart_yes(text) == 1 || strcmp(text, "失访") == 0;
}

/* The cells of a role that is no date, NULL where the file does not have it. */
static enum rwe_status read_words(struct raw *raw, const char *role, const char ***words)
{
    size_t column = rwe_chart_column(raw->table, raw->study, role);
    *words = NULL;
    if (column == RWE_NO_INDEX)
        return RWE_OK;
    *words = RWE_NEW(raw->scratch, const char *, raw->n_rows);
    return *words == NULL ? RWE_NO_MEMORY
                          : rwe_table_strings(raw->table, column, raw->scratch, *words);
}

static enum rwe_status complain_undated_death(struct raw *raw, size_t row)
{
    size_t column = raw->dates->column[RWE_DATE_DEATH];
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = rwe_table_name(raw->table, column),
        .reason = N_("missing although the patient died"),
        .advice = N_("give the date of death; its month is enough"),
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

static enum rwe_status read_flags(struct raw *raw, struct rwe_patient_dates patient[])
{
    const char **lost, **place, **type, **death;
    if (read_words(raw, "ltfu", &lost) != RWE_OK || read_words(raw, "pd_site", &place) != RWE_OK ||
        read_words(raw, "pd_type", &type) != RWE_OK || read_words(raw, "death", &death) != RWE_OK)
        return RWE_NO_MEMORY;
    bool has_death_date = raw->dates->column[RWE_DATE_DEATH] != RWE_NO_INDEX;
    for (size_t i = 0; i < raw->n_rows; i++) {
        struct rwe_patient_dates *p = &patient[i];
        p->is_lost = lost != NULL && lost[i] != NULL && says_yes(lost[i]);
        p->pd_place = place == NULL || place[i] == NULL ? 0 : place_of(place[i]);
        p->pd_is_clinical = type != NULL && type[i] != NULL &&
                            (strcasestr(type[i], "clinic") || strstr(type[i], "临床"));
        bool dead = death != NULL && death[i] != NULL && says_yes(death[i]);
        if (dead && has_death_date && !rwe_dated_has_day(p->date[RWE_DATE_DEATH]) &&
            complain_undated_death(raw, i) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

static void take_number(double number, double *to)
{
    if (!isnan(number))
        *to = number;
}

/* The rules that the study asks for, the cut-off not among them. */
static struct rwe_endpoint_rules rules_of(const struct rwe_study_settings *study)
{
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(
        study->censoring < 0 ? RWE_CENSORING_EMA : (enum rwe_censoring)study->censoring);
    if (study->visit_every > 0)
        rwe_endpoint_rules_plan(&rules, study->visit_every);
    take_number(study->visit_every, &rules.visit_every);
    take_number(study->death_window, &rules.death_window);
    take_number(study->visit_gap, &rules.visit_gap);
    take_number(study->progression_blank, &rules.pd_blank);
    if (study->unassessed >= 0)
        rules.unassessed_at_zero = study->unassessed == 0;
    if (study->new_therapy >= 0)
        rules.new_therapy = (enum rwe_new_therapy)study->new_therapy;
    return rules;
}

static enum rwe_status read_cutoff(struct raw *raw, struct rwe_error *error)
{
    struct rwe_dated cutoff;
    raw->dates->about.rules = rules_of(raw->study);
    enum rwe_status status = rwe_study_cutoff(raw->study, &cutoff, error);
    raw->dates->about.rules.has_cutoff = status == RWE_OK && cutoff.kind == RWE_DATED_DAY;
    raw->dates->about.rules.cutoff = cutoff.day;
    return status;
}

static void set_unit(struct raw *raw)
{
    static const char *const names[] = {"days", "weeks", "months", "years"};
    enum rwe_time_unit unit = raw->study->time_unit;
    raw->dates->about.unit = names[unit == RWE_UNIT_NOT_SAID ? RWE_UNIT_MONTHS : unit];
    raw->dates->about.days_per_unit = rwe_study_days_per_unit(raw->study);
}

enum rwe_status rwe_raw_read_dates(struct raw *raw, struct rwe_error *error)
{
    if (!rwe_study_takes_dates(raw->study) && raw->assessments == NULL)
        return RWE_OK;
    struct raw_dates *dates = RWE_NEW(raw->scratch, struct raw_dates, 1);
    struct rwe_patient_dates *patient =
        RWE_NEW(raw->scratch, struct rwe_patient_dates, raw->n_rows);
    if (rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    raw->dates = dates;
    dates->about.patient = patient;
    set_unit(raw);
    name_roles(raw);
    enum rwe_status status = rwe_chart_columns_check(raw->table, raw->study, error);
    if (status == RWE_OK)
        status = read_cutoff(raw, error);
    if (status == RWE_OK)
        status = need(raw, RWE_DATE_INDEX, error);
    if (status == RWE_OK)
        status = read_definitions(raw, error);
    if (status == RWE_OK)
        status = check_rules(raw, error);
    if (status == RWE_OK)
        status = read_dates(raw, patient, error);
    if (status == RWE_OK)
        status = rwe_raw_read_visits(raw, patient, error);
    if (status == RWE_OK &&
        (read_flags(raw, patient) != RWE_OK || rwe_raw_settle_dates(raw, patient) != RWE_OK))
        status = rwe_fail_memory(error);
    return status == RWE_OK ? rwe_raw_find_best_responses(raw, patient, error) : status;
}
