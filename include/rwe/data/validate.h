/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Validation: rules that a table of patients must keep before anything is computed from it.
 *
 * The rules are one table (rwe_rules). Each names the columns that it tests by their role, which is the
 * column's usual name (index_date, pd_date, …) unless `--columns ROLE=COL` says otherwise; headers in
 * Chinese are known too. A rule whose columns the file lacks is not checked, and the report says so.
 *
 * An error (E) is a complaint on its row, which is treated as any other row that cannot be read
 * (--on-error). A warning (W) and a query (Q) stop nothing.
 */
#ifndef RWE_DATA_VALIDATE_H
#define RWE_DATA_VALIDATE_H

#include "rwe/data/complaints.h"
#include "rwe/data/study.h"
#include "rwe/data/table.h"

enum rwe_severity { RWE_SEVERITY_ERROR, RWE_SEVERITY_WARNING, RWE_SEVERITY_QUERY };

/** "E", "W", "Q". */
extern const char *const rwe_severity_code[3];

struct rwe_chart;   /* the columns by role */
struct rwe_finding; /* below */

struct rwe_rule {
    /** E01 … W34. The letter is part of the usual name; `severity` decides. A code may occur twice, as an
     * error and as a query. */
    const char *code;
    enum rwe_severity severity;
    /** Roles that the file must have, blanks between; `a|b`: at least one of them. @arm, @treated,
     * @endpoint, @covariates, @cutoff: what the study must say. */
    const char *needs;
    const char *about; /**< what the message is about: "death_date", or N_("any date") */
    /** One of these makes the test. For a row it returns the column at fault, or RWE_NO_INDEX; for the whole
     * file, whether there is a finding, which it fills. */
    size_t (*row)(const struct rwe_chart *chart, size_t row);
    size_t (*event)(const struct rwe_chart *events, size_t row); /**< of the adverse events */
    bool (*whole)(const struct rwe_chart *chart, struct rwe_finding *finding);
    const char *message; /**< what the value is: N_("earlier than the index date") */
    const char *action;  /**< what to do: N_(…) */
};

extern const struct rwe_rule rwe_rules[];
extern const size_t rwe_n_rules;

struct rwe_finding {
    const struct rwe_rule *rule;
    const char *file;
    size_t row;         /**< of the table, from 0; RWE_NO_INDEX: the file as a whole */
    size_t line;        /**< of the file; 0: the file as a whole */
    const char *id;     /**< or NULL */
    const char *column; /**< its header, or NULL */
    const char *value;  /**< as it stands in the file, or a number of the whole; NULL: missing */
};

struct rwe_validation {
    struct rwe_finding *finding; /**< by rule, then by row */
    size_t n;
    size_t *n_by_rule; /**< by rule */
    const char *
        *not_checked; /**< by rule: the missing columns ("rt_end_date"); NULL when it was checked */
};

struct rwe_validation_input {
    const struct rwe_table *patients;
    const struct rwe_table *events;   /**< adverse events, or NULL */
    struct rwe_strings event_columns; /**< of `events`: ID, TERM, GRADE; none: the usual ones */
    const struct rwe_study_settings *study;
    bool errors_only; /**< test only the rules of severity E */
};

/** Tests the rules. Findings live in `arena`; NULL where there are none. RWE_USAGE for a --columns that is not
 * of the form ROLE=COL; RWE_NO_COLUMN for a column that the file lacks. */
enum rwe_status rwe_validate(const struct rwe_validation_input *input, struct rwe_arena *arena,
                             struct rwe_validation *validation, struct rwe_error *error);

/** Adds a complaint for each finding of severity E, by which its row is left out or the run stops. A
 * duplicate identifier is left to the cohort where `--id` names the same column. */
enum rwe_status rwe_validation_complain(const struct rwe_validation *validation,
                                        const struct rwe_study_settings *study,
                                        struct rwe_complaints *complaints);

/**
 * Writes the data-query sheet: CSV in UTF-8 with the columns rule, severity, line, id, column, value,
 * message_en, message_zh, action_en, action_zh; one row a finding. RWE_IO.
 */
enum rwe_status rwe_validation_write(const struct rwe_validation *validation, const char *path,
                                     struct rwe_error *error);

/**
 * The column of a role: the one that --columns names, else the one of the role's own name, else of one of its
 * other headers (进展日期 of pd_date). RWE_NO_INDEX where the table has none.
 */
size_t rwe_chart_column(const struct rwe_table *table, const struct rwe_study_settings *study,
                        const char *role);

/** 1 for yes (1, Y, yes, true, 是, 有, √, 阳性, 死亡, died …), 0 for no (0, N, no, false, 否, 无, ×, 阴性, 存活, alive), −1
 * for neither and for NULL; the case of ASCII letters does not matter. */
int rwe_chart_yes(const char *text);

/** Checks that --columns has the form ROLE=COL throughout (RWE_USAGE), with columns that the table has
 * (RWE_NO_COLUMN). */
enum rwe_status rwe_chart_columns_check(const struct rwe_table *table,
                                        const struct rwe_study_settings *study,
                                        struct rwe_error *error);

/**
 * Whether a column is no baseline covariate (rule W33), since its values became known after time zero. Columns are
 * looked up by role, so that other names and Chinese headers count.
 */
bool rwe_post_baseline(const struct rwe_study_settings *study, const char *column);

/** The role of a column of that name (--columns, its own name, its other headers), or NULL. */
const char *rwe_chart_role(const struct rwe_study_settings *study, const char *column);

/**
 * Refuses a table that identifies people by a header with 姓名, 身份证, 住院号, 电话, 手机 or 住址, or by a cell
 * that is a resident identity number (18 characters with a correct check digit: GB 11643-1999) or a mobile
 * number of China. RWE_BAD_INPUT names the column, never the value, and says what to do.
 */
enum rwe_status rwe_privacy_check(const struct rwe_table *table, struct rwe_error *error);

#endif
