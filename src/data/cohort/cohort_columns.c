/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cohort_private.h"

#include "rwe/base/number.h"
#include "rwe/data/derived.h"
#include "rwe/data/response.h"
#include "rwe/data/validate.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The first columns of a table, into `text`: ""a", "b", … (12 in all)". */
static void list_columns(const struct rwe_table *table, char *text, size_t size)
{
    enum { SHOWN = 8 };
    size_t n = rwe_table_columns(table);
    size_t used = 0;
    text[0] = '\0';
    for (size_t j = 0; j < n && j < SHOWN && used < size; j++)
        used += (size_t)snprintf(text + used, size - used, "%s\"%s\"", j == 0 ? "" : ", ",
                                 rwe_table_name(table, j));
    if (n > SHOWN && used < size)
        snprintf(text + used, size - used, rwe_message(", … (%zu in all)"), n);
}

/* A column whose name goes on behind a mark where this one ends. */
static const char *find_cut(const char *name, const char *const names[], size_t n)
{
    size_t length = strlen(name);
    for (size_t j = 0; length > 0 && j < n; j++)
        if (strncmp(names[j], name, length) == 0 && names[j][length] != '\0' &&
            strchr(",:;+=", names[j][length]) != NULL)
            return names[j];
    return NULL;
}

enum rwe_status rwe_cohort_column(const struct rwe_table *table, const char *option,
                                  const char *name, size_t *column, struct rwe_error *error)
{
    enum { MOST = 4096, LISTED = 400 };
    const char *names[MOST];
    char listed[LISTED];
    size_t n = rwe_table_columns(table) < MOST ? rwe_table_columns(table) : MOST;
    *column = rwe_table_find(table, name);
    if (*column != RWE_NO_INDEX)
        return RWE_OK;
    for (size_t j = 0; j < n; j++)
        names[j] = rwe_table_name(table, j);
    const char *whole = find_cut(name, names, n);
    if (whole != NULL)
        return rwe_fail(error, RWE_NO_COLUMN, RWE_NO_INDEX,
                        "%s has no column \"%s\" (%s): if \"%s\" is meant, hold it together with "
                        "double quotes within those of the shell: '\"%s\"'",
                        rwe_table_file(table), name, option, whole, whole);
    const char *near = rwe_text_nearest(name, names, n);
    if (near != NULL)
        return rwe_fail(error, RWE_NO_COLUMN, RWE_NO_INDEX,
                        "%s has no column \"%s\" (%s): did you mean \"%s\"?", rwe_table_file(table),
                        name, option, near);
    list_columns(table, listed, sizeof listed);
    return rwe_fail(error, RWE_NO_COLUMN, RWE_NO_INDEX,
                    "%s has no column \"%s\" (%s); its columns are %s", rwe_table_file(table), name,
                    option, listed);
}

enum rwe_status rwe_raw_complain(struct raw *raw, size_t row, size_t column, const char *value,
                                 const char *reason, const char *advice)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = rwe_table_name(raw->table, column),
        .value = value,
        .reason = reason,
        .advice = advice,
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

enum rwe_status rwe_raw_required_numbers(struct raw *raw, size_t column, const uint8_t absent[],
                                         double **numbers, struct rwe_error *error)
{
    *numbers = RWE_NEW(raw->scratch, double, raw->n_rows);
    uint8_t *told = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    size_t before = raw->complaints->n;
    if (rwe_arena_failed(raw->scratch) ||
        rwe_table_numbers(raw->table, column, *numbers, raw->complaints) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t c = before; c < raw->complaints->n; c++) {
        struct rwe_complaint *item = &raw->complaints->item[c];
        told[item->row] = 1;
        if (item->may_be_missing) /* where no value will not do */
            item->advice = N_("correct it: every subject needs one");
    }
    for (size_t i = 0; i < raw->n_rows; i++) {
        enum rwe_status status = RWE_OK;
        double value = (*numbers)[i];
        if (absent != NULL && absent[i])
            (*numbers)[i] = 0;
        else if (isnan(value) && !told[i])
            status = rwe_raw_complain(raw, i, column, NULL, N_("missing"),
                                      N_("every subject needs one"));
        else if (value < 0)
            status = rwe_raw_complain(
                raw, i, column, rwe_arena_format(raw->scratch, "%.15g", value), N_("negative"),
                N_("times count from time zero: check the dates behind it"));
        if (status != RWE_OK)
            return rwe_fail_memory(error);
    }
    return RWE_OK;
}

enum rwe_status rwe_raw_required_factor(struct raw *raw, size_t column, const uint8_t absent[],
                                        struct rwe_factor *factor, struct rwe_error *error)
{
    if (rwe_table_factor(raw->table, column, raw->arena, factor) != RWE_OK ||
        rwe_table_check_formulas(raw->table, column, raw->complaints) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        if (factor->code[i] < 0 && (absent == NULL || !absent[i]) &&
            rwe_raw_complain(raw, i, column, NULL, N_("missing"), N_("every subject needs one")) !=
                RWE_OK)
            return rwe_fail_memory(error);
    return RWE_OK;
}

const char *rwe_raw_tell_levels(const struct raw *raw, const struct rwe_factor *factor)
{
    struct rwe_strings shown = {factor->level, factor->n_levels < 8 ? factor->n_levels : 8};
    const char *joined = rwe_text_join(raw->scratch, shown, ", ");
    if (joined != NULL && factor->n_levels > shown.n)
        joined = rwe_arena_format(raw->scratch, rwe_message("%s, … (%zu in all)"), joined,
                                  factor->n_levels);
    return joined == NULL ? "" : joined;
}

/* ---- covariates ---- */

static bool list_has(struct rwe_strings list, const char *name)
{
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.item[i], name) == 0)
            return true;
    return false;
}

/* A covariate with nearly as many categories as subjects is a name or a number, not a category. */
static enum rwe_status check_categories(const struct raw *raw, const char *option,
                                        const struct raw_variable *variable,
                                        struct rwe_error *error)
{
    enum { ALWAYS_ALLOWED = 20 };
    size_t levels = variable->factor.n_levels;
    if (levels <= ALWAYS_ALLOWED || levels <= raw->n_rows / 4)
        return RWE_OK;
    const char *shown = rwe_raw_tell_levels(raw, &variable->factor);
    if (strcmp(option, "--covariates") == 0)
        return rwe_fail(
            error, RWE_BAD_INPUT, RWE_NO_INDEX,
            "%s: covariate \"%s\" has %zu different texts in %zu rows (%s): it is no category; "
            "leave it out of the covariates or code it. Numbers with a decimal comma are read with "
            "--decimal comma, and words for a missing value named with --missing-tokens",
            rwe_table_file(raw->table), variable->name, levels, raw->n_rows, shown);
    return rwe_fail(
        error, RWE_BAD_INPUT, RWE_NO_INDEX,
        "%s: column \"%s\" has %zu different texts in %zu rows (%s): it is no category; leave it "
        "out of %s or code it. Numbers with a decimal comma are read with --decimal comma, and "
        "words for a missing value named with --missing-tokens",
        rwe_table_file(raw->table), variable->name, levels, raw->n_rows, shown, option);
}

/* A covariate that the file does not have, but what it follows from. */
static enum rwe_status derive_covariate(struct raw *raw, struct raw_variable *variable,
                                        struct rwe_error *error)
{
    variable->number = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (variable->number == NULL)
        return rwe_fail_memory(error);
    raw->reads_dates = true;
    return rwe_derived_read(raw->table, variable->name, rwe_study_date_style(raw->study),
                            raw->scratch, raw->complaints, variable->number, error);
}

enum rwe_status rwe_raw_read_variable(struct raw *raw, const char *option,
                                      struct raw_variable *variable, struct rwe_error *error)
{
    size_t column;
    if (rwe_table_find(raw->table, variable->name) == RWE_NO_INDEX &&
        rwe_derived_is(variable->name))
        return derive_covariate(raw, variable, error);
    enum rwe_status status = rwe_cohort_column(raw->table, option, variable->name, &column, error);
    if (status != RWE_OK)
        return status;
    struct rwe_column_summary summary = rwe_table_summary(raw->table, column);
    bool is_measured = false, is_declared = list_has(raw->study->categorical, variable->name) ||
                                            rwe_raw_is_shaped(raw, variable->name);
    variable->column = rwe_table_column(raw->table, column);
    if (!is_declared && summary.n_other > 0 &&
        rwe_raw_read_measured(raw, column, variable, &is_measured) != RWE_OK)
        return rwe_fail_memory(error);
    if (is_measured)
        return RWE_OK;
    variable->categorical = is_declared || summary.n_number < summary.n_date + summary.n_other;
    if (variable->categorical) {
        if (rwe_table_factor(raw->table, column, raw->arena, &variable->factor) != RWE_OK ||
            rwe_table_check_formulas(raw->table, column, raw->complaints) != RWE_OK)
            return rwe_fail_memory(error);
        status = rwe_raw_shape_levels(raw, variable, error);
        return status == RWE_OK ? check_categories(raw, option, variable, error) : status;
    }
    variable->number = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (variable->number == NULL ||
        rwe_table_numbers(raw->table, column, variable->number, raw->complaints) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

/* What a column is already declared as, or NULL. */
static const char *role_of(const struct rwe_study_settings *study, const char *column)
{
    const struct {
        const char *column, *role;
    } roles[] = {
        {study->id, N_("the identifier")},
        {study->arm, N_("the arm")},
        {study->exposure_start, N_("the start of the exposure")},
    };
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++)
        if (roles[r].column != NULL && strcmp(roles[r].column, column) == 0)
            return roles[r].role;
    for (size_t e = 0; e < study->endpoints.n; e++)
        if (strcmp(study->endpoints.item[e].time, column) == 0 ||
            strcmp(study->endpoints.item[e].event, column) == 0)
            return N_("part of an endpoint, which lies after time zero");
    return NULL;
}

static enum rwe_status check_role(const struct raw *raw, const char *covariate, bool is_late,
                                  struct rwe_error *error)
{
    const char *role = role_of(raw->study, covariate);
    if (role == NULL && (is_late || raw->study->i_know))
        return RWE_OK;
    if (role == NULL && rwe_post_baseline(raw->study, covariate))
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "\"%s\" cannot be a baseline covariate: it is known only after time zero, so the "
            "treatment may have changed it (W33). Leave it out of the covariates; "
            "--landmark-covariates takes it, and --i-know lets it pass",
            covariate);
    if (role == NULL && rwe_raw_is_treatment(raw, covariate))
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "\"%s\" cannot be a baseline covariate: it is among the treatment columns, which are "
            "known only after time zero. Leave it out of the covariates; --landmark-covariates "
            "takes it, and --i-know lets it pass",
            covariate);
    if (role == NULL)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "\"%s\" cannot be a covariate: it is %s. Leave it out of the covariates",
                    covariate, rwe_message(role));
}

static struct rwe_strings join_lists(struct rwe_arena *arena, struct rwe_strings first,
                                     struct rwe_strings second)
{
    struct rwe_strings both = {RWE_NEW(arena, const char *, first.n + second.n), 0};
    for (size_t i = 0; both.item != NULL && i < first.n + second.n; i++)
        both.item[both.n++] = i < first.n ? first.item[i] : second.item[i - first.n];
    return both;
}

static enum rwe_status check_categorical(const struct raw *raw, struct rwe_strings names,
                                         struct rwe_error *error)
{
    struct rwe_strings categorical = raw->study->categorical;
    for (size_t i = 0; i < categorical.n; i++)
        if (!list_has(names, categorical.item[i]) &&
            !rwe_raw_is_treatment(raw, categorical.item[i]))
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--categorical %s: it is not among the covariates",
                            categorical.item[i]);
    return RWE_OK;
}

/* Whether a measurement lies below its limit of detection, as a covariate of its own. */
static enum rwe_status add_flag(struct raw *raw, const struct raw_variable *of,
                                struct raw_variable *flag)
{
    *flag = (struct raw_variable){
        .name = rwe_arena_format(raw->arena, "%s_below", of->name),
        .number = RWE_NEW(raw->scratch, double, raw->n_rows),
    };
    for (size_t i = 0; flag->number != NULL && i < raw->n_rows; i++)
        flag->number[i] = isnan(of->number[i]) ? (double)NAN : of->below[i];
    return flag->name == NULL || flag->number == NULL ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status read_covariate(struct raw *raw, struct rwe_strings names, size_t j,
                                      struct rwe_error *error)
{
    bool is_late = j >= raw->study->covariates.n;
    struct raw_variable *variable = &raw->covariate[raw->n_covariates++];
    variable->name = names.item[j];
    if (list_has((struct rwe_strings){names.item, j}, names.item[j]))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "covariate \"%s\" is listed twice",
                        names.item[j]);
    enum rwe_status status = check_role(raw, names.item[j], is_late, error);
    if (status == RWE_OK)
        status = rwe_raw_read_variable(raw, "--covariates", variable, error);
    raw->n_late += is_late;
    if (status != RWE_OK || variable->below == NULL)
        return status;
    raw->n_late += is_late;
    return add_flag(raw, variable, &raw->covariate[raw->n_covariates++]) == RWE_OK
               ? RWE_OK
               : rwe_fail_memory(error);
}

static enum rwe_status read_covariates(struct raw *raw, struct rwe_error *error)
{
    struct rwe_strings names =
        join_lists(raw->scratch, raw->study->covariates, raw->study->landmark_covariates);
    raw->covariate = RWE_NEW(raw->scratch, struct raw_variable, 2 * names.n);
    if (rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    enum rwe_status status = check_categorical(raw, names, error);
    for (size_t j = 0; j < names.n && status == RWE_OK; j++)
        status = read_covariate(raw, names, j, error);
    return status == RWE_OK ? rwe_raw_check_shaped(raw, error) : status;
}

/* ---- identifier, strata, cluster, exposure ---- */

static enum rwe_status read_id(struct raw *raw, struct rwe_error *error)
{
    size_t column;
    const char *name = raw->study->id;
    if (name == NULL)
        return RWE_OK;
    enum rwe_status status = rwe_cohort_column(raw->table, "--id", name, &column, error);
    if (status != RWE_OK)
        return status;
    raw->id = RWE_NEW(raw->arena, const char *, raw->n_rows);
    if (raw->id == NULL || rwe_table_strings(raw->table, column, raw->arena, raw->id) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        if (raw->id[i] == NULL &&
            rwe_raw_complain(raw, i, column, NULL, N_("missing"),
                             N_("every subject needs an identifier")) != RWE_OK)
            return rwe_fail_memory(error);
    struct rwe_column_summary summary = rwe_table_summary(raw->table, column);
    if (summary.n_date + summary.n_other > 0)
        return RWE_OK;
    raw->id_value = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (raw->id_value == NULL ||
        rwe_table_numbers(raw->table, column, raw->id_value, raw->complaints) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

static enum rwe_status read_strata(struct raw *raw, struct rwe_error *error)
{
    raw->strata = raw->study->strata;
    raw->stratum = RWE_NEW(raw->scratch, struct rwe_factor, raw->strata.n);
    if (raw->stratum == NULL)
        return rwe_fail_memory(error);
    for (size_t s = 0; s < raw->strata.n; s++) {
        size_t column;
        enum rwe_status status =
            rwe_cohort_column(raw->table, "--strata", raw->strata.item[s], &column, error);
        if (status == RWE_OK)
            status = rwe_raw_required_factor(raw, column, NULL, &raw->stratum[s], error);
        if (status != RWE_OK)
            return status;
    }
    return RWE_OK;
}

static enum rwe_status read_cluster(struct raw *raw, struct rwe_error *error)
{
    size_t column;
    const char *name = raw->study->cluster;
    raw->has_cluster = name != NULL;
    if (name == NULL)
        return RWE_OK;
    enum rwe_status status = rwe_cohort_column(raw->table, "--cluster", name, &column, error);
    return status == RWE_OK ? rwe_raw_required_factor(raw, column, NULL, &raw->cluster, error)
                            : status;
}

static enum rwe_status read_exposure(struct raw *raw, struct rwe_error *error)
{
    size_t column;
    const char *name = raw->study->exposure_start;
    bool is_derived = raw->exposure_start != NULL;
    if (is_derived && name != NULL &&
        raw->study->source.exposure_start >= raw->study->source.exposure_date)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--exposure-start and --exposure-date both say when exposure began: leave "
                        "one of them out");
    if (name == NULL || is_derived)
        return RWE_OK;
    enum rwe_status status =
        rwe_cohort_column(raw->table, "--exposure-start", name, &column, error);
    if (status != RWE_OK)
        return status;
    raw->exposure_start = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (raw->exposure_start == NULL ||
        rwe_table_numbers(raw->table, column, raw->exposure_start, raw->complaints) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

/* Responses of a factor's levels; what is none is told of each row that has it. */
static enum rwe_status code_responses(struct raw *raw, size_t column,
                                      const struct rwe_factor *factor)
{
    raw->response = RWE_NEW(raw->scratch, int32_t, raw->n_rows);
    if (raw->response == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++) {
        const char *level = factor->code[i] < 0 ? NULL : factor->level[factor->code[i]];
        int response = level == NULL ? -1 : rwe_response_parse(level);
        raw->response[i] = rwe_response_of_patient(response);
        if (level != NULL && response < 0 &&
            rwe_raw_complain(raw, i, column, level, N_("no response"),
                             N_("it is CR, PR, SD, PD or NE")) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* One study file serves many files: what only it names may be missing until it is asked for. */
static enum rwe_status read_response(struct raw *raw, struct rwe_error *error)
{
    size_t column;
    struct rwe_factor factor;
    const char *name = raw->study->response_column;
    if (name == NULL || (rwe_table_find(raw->table, name) == RWE_NO_INDEX &&
                         raw->study->source.response_column == RWE_FROM_STUDY))
        return RWE_OK;
    enum rwe_status status =
        rwe_cohort_column(raw->table, "--response-column", name, &column, error);
    if (status != RWE_OK)
        return status;
    if (rwe_table_factor(raw->table, column, raw->arena, &factor) != RWE_OK ||
        code_responses(raw, column, &factor) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

/* Who comes under observation at or after the end of it was never observed. */
static enum rwe_status check_entries(struct raw *raw, size_t column, struct rwe_error *error)
{
    for (size_t i = 0; i < raw->n_rows; i++)
        for (size_t e = 0; e < raw->n_endpoints; e++) {
            const uint8_t *absent = raw->endpoint[e].absent;
            if (!(raw->entry[i] >= raw->endpoint[e].time[i]) || (absent != NULL && absent[i]))
                continue;
            if (rwe_raw_complain(
                    raw, i, column, rwe_arena_format(raw->scratch, "%.15g", raw->entry[i]),
                    N_("not before the end of follow-up"),
                    rwe_arena_format(raw->arena,
                                     rwe_message("the subject must enter before its time of %s"),
                                     raw->endpoint[e].spec->name)) != RWE_OK)
                return rwe_fail_memory(error);
            break;
        }
    return RWE_OK;
}

static enum rwe_status read_entry(struct raw *raw, struct rwe_error *error)
{
    size_t column;
    const char *name = raw->study->entry;
    if (name == NULL)
        return RWE_OK;
    enum rwe_status status = rwe_cohort_column(raw->table, "--entry", name, &column, error);
    if (status == RWE_OK)
        status = rwe_raw_required_numbers(raw, column, NULL, &raw->entry, error);
    return status == RWE_OK ? check_entries(raw, column, error) : status;
}

enum rwe_status rwe_raw_read(struct raw *raw, struct rwe_error *error)
{
    static enum rwe_status (*const steps[])(struct raw *, struct rwe_error *) = {
        read_id,
        rwe_raw_read_dates,
        rwe_raw_read_arm,
        rwe_raw_read_endpoints,
        read_covariates,
        read_strata,
        read_cluster,
        read_exposure,
        rwe_raw_read_until,
        read_entry,
        read_response,
        rwe_raw_read_described,
        rwe_raw_read_eligibility,
    };
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        enum rwe_status status = steps[s](raw, error);
        if (status != RWE_OK)
            return status;
    }
    return RWE_OK;
}
