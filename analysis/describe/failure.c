/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the disease failed first, by arm. See failure.md. */
#include "described.h"
#include "table1.h"

#include "rwe/base/language.h"

static enum rwe_status run_failure(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct described list = {.arena = run->arena, .cohort = run->cohort};
    const struct rwe_variable *site =
        rwe_cohort_described(run->cohort, rwe_study_of(run->settings)->failure_column);
    if (site == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--failure needs the site of the first failure: say --failure-column COL");
    double *failed = RWE_NEW(run->arena, double, run->cohort->n);
    for (size_t i = 0; failed != NULL && i < run->cohort->n; i++)
        failed[i] = site->categorical ? site->code[i] >= 0 : site->number[i] == site->number[i];
    if (described_add_numbers(&list, "failure with a known site",
                              rwe_text("failure with a known site"), failed) != RWE_OK ||
        described_add_column(&list, site) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_document_section(run->document, 1, "Pattern of failure");
    return table1_present(
        run,
        &(struct table1){
            .analysis = "failure",
            .title = rwe_text("Site of the first failure, by arm"),
            .heading = rwe_text("site"),
            .variable = list.item,
            .label = list.label,
            .n_variables = list.n,
            .missing = rwe_text("no failure, or its site not known"),
            .blank = true,
            .note = rwe_text("Sites are shares of the failures whose site is known, not of "
                             "patients: follow-up of different length, and death before "
                             "failure, are not accounted for. For risks see --cuminc.")},
        error);
}

const struct rwe_analysis rwe_analysis_failure = {
    .name = "failure",
    .section = RWE_SECTION_ENDPOINTS,
    .compares_arms = true,
    .help = N_("Where the disease failed first, n (%) by arm. Needs --failure-column."),
    .run = run_failure,
};
