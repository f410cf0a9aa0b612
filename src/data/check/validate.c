/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "validate_private.h"

#include "input/intern_private.h"
#include "rwe/base/file.h"
#include <string.h>

const char *const rwe_severity_code[3] = {"E", "W", "Q"};

struct search {
    const struct rwe_validation_input *input;
    struct rwe_chart patients;
    struct rwe_chart events;
    struct rwe_arena *arena; /* of the findings */
    struct rwe_validation *validation;
    size_t capacity;
};

/* ---- charts ---- */

/* By event: the patient's row. */
static enum rwe_status join_events(struct search *s)
{
    struct rwe_intern ids = {.arena = s->patients.arena};
    uint32_t *row_of = RWE_NEW(s->patients.arena, uint32_t, s->patients.n + s->events.n);
    uint32_t *patient = RWE_NEW(s->patients.arena, uint32_t, s->events.n);
    if (row_of == NULL || patient == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < s->patients.n + s->events.n; i++) {
        bool is_patient = i < s->patients.n;
        size_t e = i - s->patients.n;
        const char *id = is_patient ? rwe_chart_text(&s->patients, ROLE_usubjid, i)
                                    : rwe_chart_text(&s->events, ROLE_usubjid, e);
        size_t known = ids.n;
        uint32_t number = id == NULL ? 0 : rwe_intern_number(&ids, id, strlen(id));
        if (number == RWE_INTERN_FAILED)
            return RWE_NO_MEMORY;
        if (id != NULL && number == known)
            row_of[number] = is_patient ? (uint32_t)i : UINT32_MAX;
        if (!is_patient)
            patient[e] = id == NULL ? UINT32_MAX : row_of[number];
    }
    s->events.patient = patient;
    return RWE_OK;
}

/* The cohort finds duplicate identifiers itself; without a sheet of queries that is enough. */
static bool repeats_are_told(const struct rwe_validation_input *input)
{
    return input->errors_only && input->study->id != NULL;
}

static enum rwe_status read_charts(struct search *s, struct rwe_arena *scratch,
                                   struct rwe_error *error)
{
    const struct rwe_validation_input *input = s->input;
    s->patients = (struct rwe_chart){.table = input->patients,
                                     .study = input->study,
                                     .arena = scratch,
                                     .wants_repeats = !repeats_are_told(input)};
    enum rwe_status status = rwe_chart_read(&s->patients, error);
    if (status != RWE_OK || input->events == NULL)
        return status;
    s->events = (struct rwe_chart){.table = input->events,
                                   .study = input->study,
                                   .event_columns = input->event_columns,
                                   .arena = scratch,
                                   .patients = &s->patients};
    status = rwe_chart_read(&s->events, error);
    if (status == RWE_OK && join_events(s) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}

/* ---- rules ---- */

static enum rwe_status add(struct search *s, size_t rule, const struct rwe_finding *finding)
{
    struct rwe_validation *v = s->validation;
    struct rwe_finding *item =
        rwe_arena_grow(s->arena, v->finding, &s->capacity, v->n + 1, sizeof *item);
    if (item == NULL)
        return RWE_NO_MEMORY;
    v->finding = item;
    item += v->n++;
    *item = *finding;
    item->rule = &rwe_rules[rule];
    item->id = finding->id == NULL ? NULL : rwe_arena_string(s->arena, finding->id);
    item->column = finding->column == NULL ? NULL : rwe_arena_string(s->arena, finding->column);
    item->value = finding->value == NULL ? NULL : rwe_arena_string(s->arena, finding->value);
    v->n_by_rule[rule]++;
    return rwe_arena_failed(s->arena) ? RWE_NO_MEMORY : RWE_OK;
}

static const char *cell_of(const struct rwe_chart *chart, size_t row, size_t column)
{
    for (int r = 0; r < N_ROLES; r++)
        if (chart->column[r] == column)
            return chart->text[r][row];
    return column == chart->arm ? chart->arm_text[row] : NULL;
}

static enum rwe_status test_rows(struct search *s, size_t rule, const struct rwe_chart *chart)
{
    bool events = rwe_rules[rule].event != NULL;
    for (size_t i = 0; i < chart->n; i++) {
        size_t column = events ? rwe_rules[rule].event(chart, i) : rwe_rules[rule].row(chart, i);
        if (column == RWE_NO_INDEX)
            continue;
        struct rwe_finding finding = {
            .file = rwe_table_file(chart->table),
            .row = i,
            .line = rwe_table_line(chart->table, i),
            .id = rwe_chart_text(chart, ROLE_usubjid, i),
            .column = rwe_table_name(chart->table, column),
            .value = cell_of(chart, i, column),
        };
        if (add(s, rule, &finding) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

static enum rwe_status test_whole(struct search *s, size_t rule)
{
    struct rwe_finding finding = {.file = rwe_table_file(s->patients.table), .row = RWE_NO_INDEX};
    if (!rwe_rules[rule].whole(&s->patients, &finding))
        return RWE_OK;
    return add(s, rule, &finding);
}

/* What the rule lacks, among the patients for what events alone cannot say. */
static const char *lacks(const struct search *s, const struct rwe_rule *rule)
{
    if (rule->event == NULL)
        return rwe_chart_lacks(&s->patients, rule->needs, s->arena);
    if (s->input->events == NULL)
        return "--ae";
    struct rwe_strings all = rwe_text_split(s->arena, rule->needs, ' ');
    if (rwe_chart_lacks(&s->events, "usubjid", s->arena) != NULL)
        return "usubjid";
    for (size_t i = 0; i < all.n; i++)
        if (rwe_chart_lacks(&s->events, all.item[i], s->arena) != NULL &&
            rwe_chart_lacks(&s->patients, all.item[i], s->arena) != NULL)
            return all.item[i];
    return NULL;
}

static enum rwe_status test_rule(struct search *s, size_t rule)
{
    const struct rwe_rule *r = &rwe_rules[rule];
    const char **lack = &s->validation->not_checked[rule];
    *lack = rwe_study_rule_is_off(s->input->study, r->code) ? "--rules-off" : lacks(s, r);
    if (rwe_arena_failed(s->arena))
        return RWE_NO_MEMORY;
    if (*lack != NULL)
        return RWE_OK;
    if (r->whole != NULL)
        return test_whole(s, rule);
    return test_rows(s, rule, r->event != NULL ? &s->events : &s->patients);
}

static enum rwe_status check_off(const struct rwe_study_settings *study, struct rwe_error *error)
{
    struct rwe_strings off = study->rules_off;
    for (size_t i = 0; i < off.n; i++) {
        bool known = false;
        for (size_t r = 0; r < rwe_n_rules; r++)
            known = known || strcasecmp(off.item[i], rwe_rules[r].code) == 0;
        if (!known)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--rules-off %s: there is no such rule; they are E01 to W34",
                            off.item[i]);
    }
    return RWE_OK;
}

static bool is_wanted(const struct rwe_validation_input *input, const struct rwe_rule *rule)
{
    if (!input->errors_only)
        return true;
    return rule->severity == RWE_SEVERITY_ERROR &&
           !(strcmp(rule->code, "E06") == 0 && repeats_are_told(input));
}

enum rwe_status rwe_validate(const struct rwe_validation_input *input, struct rwe_arena *arena,
                             struct rwe_validation *validation, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    struct search s = {.input = input, .arena = arena, .validation = validation};
    *validation = (struct rwe_validation){
        .n_by_rule = RWE_NEW(arena, size_t, rwe_n_rules),
        .not_checked = RWE_NEW(arena, const char *, rwe_n_rules),
    };
    enum rwe_status status = scratch == NULL || rwe_arena_failed(arena)
                                 ? rwe_fail_memory(error)
                                 : check_off(input->study, error);
    if (status == RWE_OK)
        status = read_charts(&s, scratch, error);
    for (size_t r = 0; r < rwe_n_rules && status == RWE_OK; r++)
        if (is_wanted(input, &rwe_rules[r]) &&
            (test_rule(&s, r) != RWE_OK || rwe_arena_failed(scratch)))
            status = rwe_fail_memory(error);
    rwe_arena_free(scratch);
    return status;
}

/* ---- what becomes of findings ---- */

/* A duplicate identifier, and a time zero that is no date at all: the cohort, which needs both, says so better. */
static bool is_told_by_cohort(const struct rwe_finding *finding,
                              const struct rwe_study_settings *study)
{
    struct rwe_dated dated;
    if (strcmp(finding->rule->code, "E06") == 0)
        return study->id != NULL && strcmp(study->id, finding->column) == 0;
    return strcmp(finding->rule->code, "E01") == 0 && finding->value != NULL &&
           rwe_study_takes_dates(study) &&
           !rwe_dated_parse(finding->value, strlen(finding->value), rwe_study_date_style(study),
                            &dated);
}

enum rwe_status rwe_validation_complain(const struct rwe_validation *validation,
                                        const struct rwe_study_settings *study,
                                        struct rwe_complaints *complaints)
{
    for (size_t f = 0; f < validation->n; f++) {
        const struct rwe_finding *finding = &validation->finding[f];
        const struct rwe_rule *rule = finding->rule;
        if (rule->severity != RWE_SEVERITY_ERROR || is_told_by_cohort(finding, study))
            continue;
        struct rwe_complaint complaint = {
            .file = finding->file,
            .line = finding->line,
            .row = finding->row,
            .column = finding->column,
            .value = finding->value,
            .reason = rule->message,
            .rule = rule->code,
            .advice = rule->action,
        };
        if (rwe_complaints_add(complaints, &complaint) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

static void write_cells(FILE *out, const char *const cell[], size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (k > 0)
            fputc(',', out);
        rwe_csv_write_text(out, cell[k] == NULL ? "" : cell[k]);
    }
}

static void write_sheet(FILE *out, const void *context)
{
    const struct rwe_validation *v = context;
    const struct rwe_language *chinese = rwe_language_find("zh");
    fputs("rule,severity,line,id,column,value,message_en,message_zh,action_en,action_zh\n", out);
    for (size_t f = 0; f < v->n; f++) {
        const struct rwe_finding *finding = &v->finding[f];
        const struct rwe_rule *rule = finding->rule;
        fprintf(out, "%s,%s,", rule->code, rwe_severity_code[rule->severity]);
        if (finding->line > 0)
            fprintf(out, "%zu", finding->line);
        fputc(',', out);
        const char *const cells[] = {finding->id,
                                     finding->column,
                                     finding->value,
                                     rule->message,
                                     rwe_language_text(chinese, rule->message),
                                     rule->action,
                                     rwe_language_text(chinese, rule->action)};
        write_cells(out, cells, sizeof cells / sizeof cells[0]);
        fputc('\n', out);
    }
}

enum rwe_status rwe_validation_write(const struct rwe_validation *validation, const char *path,
                                     struct rwe_error *error)
{
    return rwe_file_write(path, write_sheet, validation, error);
}
