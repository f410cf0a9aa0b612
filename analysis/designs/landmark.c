/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cohort at a landmark: who is compared there, and who is not. The comparisons themselves are those
 * of the other analyses, in runs of their own (pipeline.c). See landmark.md. */
#include "rwe/analysis/pipeline.h"
#include "rwe/analysis/present.h"

static const struct rwe_option times = {
    .kind = RWE_OPTION_NUMBERS,
    .argument = "T,T,…",
    .low = 1e-6,
    .high = 1e300,
    .bare = "6",
};

static void count(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                  const char *stat, size_t n)
{
    rwe_grid_cell(grid, RWE_CELL_COUNT, rwe_document_number(run->document, key, stat, (double)n),
                  RWE_NO_FACT, RWE_NO_FACT);
}

/* Losses by what a subject was exposed to in the end; those analysed by what it was at the landmark. */
static void present_arms(struct rwe_run *run, struct rwe_grid *grid,
                         const struct rwe_landmark_run *landmark)
{
    const struct rwe_landmark *at = &landmark->at;
    struct rwe_key key = rwe_key_run(&landmark->run, "landmark");
    static const char *const labels[] = {"had an event before", "no longer followed"};
    static const char *const stats[] = {"n.event.before", "n.censored.before"};
    rwe_grid_row(grid, 0, "%g", at->time);
    for (size_t a = 0; a < 2; a++)
        rwe_grid_empty(grid);
    for (size_t row = 0; row < 2; row++) {
        rwe_grid_row(grid, 1, "%s", labels[row]);
        for (size_t a = 0; a < 2; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            count(run, grid, &arm, stats[row], row == 0 ? at->n_event[a] : at->n_censored[a]);
        }
    }
    rwe_grid_row(grid, 1, "analysed");
    for (size_t a = 0; a < 2; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        count(run, grid, &arm, "n", at->cohort->arm_size[a]);
    }
    rwe_grid_row(grid, 1, "… of them exposed later");
    count(run, grid, &key, "n.later", at->n_later);
    rwe_grid_empty(grid);
}

static enum rwe_status run_landmark(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    (void)error;
    rwe_document_section(run->document, 1, "Landmarks");
    struct rwe_grid *grid = rwe_document_table(run->document, "Who is compared at each landmark");
    rwe_grid_column(grid, "landmark%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s", run->cohort->arm_level[a]);
    for (size_t i = 0; i < run->n_landmarks; i++)
        present_arms(run, grid, &run->landmark[i]);
    rwe_grid_note(grid,
                  "Losses by what patients were exposed to in the end, those analysed by what "
                  "they had been exposed to by then. Who is exposed later stays where he was. "
                  "Times count from the landmark. The comparisons are at the end of the "
                  "report.");
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_landmark = {
    .name = "landmark",
    .flag = &times,
    .help = "Landmark analysis (default at 6): those still event-free then, by whether exposure "
            "(--exposure-start) had begun; every analysis that is asked for runs on them too, with "
            "matching or weights made anew.",
    .brings = "table1 cox",
    .from_zero = true,
    .run = run_landmark,
};
