/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rules of validation found. See validate.md. */
#include "validate.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/data/validate.h"

static const struct rwe_option options[] = {
    {.name = "queries",
     RWE_OUTPUT_IN(struct validate_settings, queries),
     .section = RWE_SECTION_OUTPUT,
     .argument = "FILE",
     .command_only = true,
     .help = N_("Write what the rules of validation found as a data-query sheet (CSV, English and "
                "Chinese), one row a finding; also when the run then stops.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct validate_settings, options);

const struct validate_settings *validate_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &option_list);
}

static const struct rwe_table_column columns[] = {
    {.heading = N_("rule")},
    {N_("found"), RWE_CELL_COUNT, "n"},
    {.heading = N_("not checked, for want of")},
};

static void present_rule(struct rwe_run *run, struct rwe_grid *grid, size_t r)
{
    const struct rwe_rule *rule = &rwe_rules[r];
    const struct rwe_validation *found = run->validation;
    struct rwe_key key = rwe_key_of("validate");
    key.term = rule->code;
    key.level = rwe_severity_code[rule->severity];
    rwe_grid_row(grid, 0, "%s %s %s: %s", rule->code, key.level, rwe_text(rule->about),
                 rwe_text(rule->message));
    if (found->not_checked[r] != NULL) {
        rwe_document_string(run->document, &key, "lacks", found->not_checked[r]);
        rwe_grid_empty(grid);
        rwe_grid_words(grid, "%s", found->not_checked[r]);
        return;
    }
    rwe_grid_put(grid, &key, (double)found->n_by_rule[r]);
    rwe_grid_empty(grid);
}

static enum rwe_status run_validate(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    (void)error;
    rwe_document_section(run->document, 1, "Validation");
    struct rwe_grid *grid = rwe_document_table(run->document, "Rules, and what was found");
    RWE_GRID_COLUMNS(grid, columns);
    for (size_t r = 0; r < rwe_n_rules; r++)
        present_rule(run, grid, r);
    rwe_grid_note(grid,
                  "E stops the record, W warns, Q asks the centre. --queries FILE writes each "
                  "finding with its line, value and what to do.");
    if (run->validation->n == 1)
        rwe_document_warning(run->document, "validation", "validate",
                             "1 finding of the rules of validation: see the table.");
    else if (run->validation->n > 1)
        rwe_document_warning(run->document, "validation", "validate",
                             "%zu findings of the rules of validation: see the table.",
                             run->validation->n);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_validate = {
    .name = "validate",
    .section = RWE_SECTION_FILE,
    .from_zero = true,
    .help =
        N_("Rules that charts must keep, E01 to W34: what was found, and what was not checked."),
    .implied_by = "queries",
    .options = &option_list,
    .run = run_validate,
};
