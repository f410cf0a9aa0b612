/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "immortal_words.h"

#include "figures.h"
#include "populations.h"
#include "rwe/analysis/caution.h"
#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/data/found_exposure.h"

#include <math.h>
#include <string.h>

/* ---- what answers instead ---- */

/* One name for all that is compared at a landmark, which the run there stands for. */
static bool is_named(const struct population *population)
{
    return population->run->from_zero == NULL || population->design == &population->run->design[0];
}

/* "Clones, grace 9; Landmark at 6 months": the populations of the run that may be read for the endpoint, or those that
 * may be with care, the best first; NULL: none. */
static const char *list_answers(const struct rwe_run *run, const struct populations *populations,
                                const struct rwe_endpoint *endpoint, bool with_care)
{
    const char *list = NULL;
    for (int rank = BEST_RANK; rank >= 0; rank--)
        for (size_t p = 0; p < populations->n; p++) {
            const struct population *population = &populations->item[p];
            enum rwe_caution_grade grade =
                rwe_run_caution(population->run, population->design, endpoint).grade;
            if (!is_named(population) || population->design->naive ||
                population_rank(population->design) != rank ||
                (with_care ? grade != RWE_CAUTION_CARE : grade >= RWE_CAUTION_CARE))
                continue;
            list = list == NULL
                       ? population->label
                       : rwe_arena_format(run->arena, rwe_text("%s; %s"), list, population->label);
        }
    return list;
}

/* What to read for one endpoint, as a clause. */
static const char *advice_of(const struct rwe_run *run, const struct populations *populations,
                             const struct rwe_endpoint *endpoint)
{
    const char *read = list_answers(run, populations, endpoint, false);
    if (read != NULL)
        return rwe_arena_format(run->arena, rwe_text("read %s"), read);
    if (run->cohort->exposure_start == NULL || endpoint->reach != RWE_REACH_UNKNOWN)
        return rwe_text(run->cohort->n_covariates > 0
                            ? N_("add --ccw, --landmark or --sequential")
                            : N_("add --covariates, and --ccw, --landmark or --sequential"));
    read = list_answers(run, populations, endpoint, true);
    return read == NULL
               ? rwe_text("say what closes exposure, as progression does (--exposure-until), and "
                          "add --ccw, --landmark or --sequential")
               : rwe_arena_format(run->arena,
                                  rwe_text("say what closes exposure, as progression does "
                                           "(--exposure-until); without it read with caution %s"),
                                  read);
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* "Instead read …." for all endpoints, or for each its own. */
static const char *advice(const struct rwe_run *run, const struct populations *populations)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char *sentences = NULL, *first = NULL;
    bool alike = true;
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const char *clause = advice_of(run, populations, &cohort->endpoint[e]);
        const char *sentence =
            rwe_arena_format(run->arena, rwe_text("For %s %s."), cohort->endpoint[e].name, clause);
        first = e == 0 ? clause : first;
        alike = alike && is_same(clause, first);
        sentences = sentences == NULL
                        ? sentence
                        : rwe_arena_format(run->arena, rwe_text("%s %s"), sentences, sentence);
    }
    return alike ? rwe_arena_format(
                       run->arena, rwe_text("Instead %s."),
                       first != NULL ? first : rwe_text("add --ccw, --landmark or --sequential"))
                 : sentences;
}

/* ---- how the start was found ---- */

static bool is_found(const struct rwe_run *run)
{
    return run->cohort->found != NULL && !run->cohort->found->is_declared;
}

/* How it is known that nobody declared it, and how to declare it; "" where it is declared. */
static const char *found_words(const struct rwe_run *run)
{
    const struct rwe_found_exposure *found = run->cohort->found;
    if (!is_found(run))
        return "";
    const char *how =
        rwe_arena_format(run->arena,
                         found->by_role ? rwe_text("Column \"%s\" tells when it begins.")
                                        : rwe_text("Column \"%s\" is taken for its start: it is "
                                                   "later than time zero, and filled in one arm "
                                                   "alone."),
                         found->column);
    const char *say = rwe_arena_format(
        run->arena,
        found->is_date ? rwe_text("Say --exposure-date %s, or --exposure-start COL with the time "
                                  "from time zero to it, and add --ccw, --landmark or "
                                  "--sequential, which can answer; say --rules-off W34 if it "
                                  "is no start of exposure.")
        : found->in_other_unit
            ? rwe_text("Say --exposure-start COL with the times of %s in the unit of the "
                       "endpoints, and add --ccw, --landmark or --sequential, which can answer; "
                       "say --rules-off W34 if it is no start of exposure.")
            : rwe_text("Say --exposure-start %s and add --ccw, --landmark or "
                       "--sequential, which can answer; say --rules-off W34 if it "
                       "is no start of exposure."),
        found->column);
    return rwe_arena_format(run->arena, rwe_text("%s %s"), how, say);
}

/* ---- what is said ---- */

/* The largest share of all endpoints. */
static struct rwe_immortal_share worst_share(const struct rwe_cohort *cohort)
{
    struct rwe_immortal_share worst = {0, 0};
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        struct rwe_immortal_share share = rwe_immortal_share_of(cohort, &cohort->endpoint[e]);
        if (!(share.percent <= worst.percent)) /* NaN: not known */
            worst = share;
    }
    return worst;
}

/* Who begins late, and how much of the arm's time that is. */
static const char *extent(const struct rwe_run *run, size_t n_late, double median)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_immortal_share share = worst_share(cohort);
    if (n_late == 0)
        return rwe_arena_format(
            run->arena,
            rwe_text("The treatment that tells the arms apart has a start of its own in %zu of %zu "
                     "subjects; how long after time zero cannot be reckoned without the date of "
                     "time zero (--index-date) and --time-unit."),
            cohort->found->n_late, cohort->n);
    const char *who = rwe_arena_format(
        run->arena,
        rwe_text("In %zu of %zu subjects the treatment that tells the arms apart starts after "
                 "time zero (median %.1f%s)"),
        n_late, cohort->n, median, rwe_time_unit_word(run));
    if (cohort->n_endpoints == 0)
        return rwe_arena_format(run->arena, rwe_text("%s."), who);
    return rwe_arena_format(run->arena,
                            rwe_text("%s; %.3g%% of the time at risk in %s lies before it."), who,
                            share.percent, cohort->arm_level[share.arm]);
}

static void say(struct rwe_run *run, const struct populations *populations, const char *extent)
{
    const char *words = rwe_immortal_words(run->design[0].immortal);
    if (words == NULL) {
        rwe_document_paragraph(run->document,
                               "%s Less than 1%% is a note and no more: the arms are compared as "
                               "they stand. %s",
                               extent, found_words(run));
        return;
    }
    rwe_document_warning(
        run->document, "immortal-time", NULL,
        "%s. %s Until it started they could not have failed, or they would be in the other arm; "
        "so every comparison of the arms as they stand favours the treatment, matched or weighted "
        "or not. %s",
        words, extent, is_found(run) ? found_words(run) : advice(run, populations));
}

void immortal_warn_arms(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t n_without = 0, n_with = 0;
    for (size_t i = 0; cohort->exposure_start != NULL && i < cohort->n; i++) {
        n_without += cohort->arm[i] == 1 && isnan(cohort->exposure_start[i]);
        n_with += cohort->arm[i] == 0 && !isnan(cohort->exposure_start[i]);
    }
    if (cohort->n_arms == 2 && n_without + n_with > 0)
        rwe_document_warning(
            run->document, "arm-and-exposure", NULL,
            "Arms and starts of exposure do not go together: %zu subjects of arm \"%s\" have no "
            "start that counts, and %zu of arm \"%s\" have one. What compares the arms goes by "
            "the arm; clones, trials, landmarks and time-dependent exposure go by the start.",
            n_without, cohort->arm_level[1], n_with, cohort->arm_level[0]);
}

enum rwe_status immortal_say(struct rwe_run *run, size_t n_late, double median,
                             struct rwe_error *error)
{
    struct populations populations = {0};
    enum rwe_status status = populations_of(run, &populations, error);
    if (status != RWE_OK)
        return status;
    const char *how_much = extent(run, n_late, median);
    if (how_much == NULL)
        return rwe_fail_memory(error);
    say(run, &populations, how_much);
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

/* ---- the banner of a section ---- */

/* "Clones, grace 9" where it may be read for all endpoints, else "Clones, grace 9 for pfs"; NULL: for none. */
static const char *label_of_answers(const struct rwe_run *run, const struct rwe_design *design)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char *names = NULL;
    size_t n = 0;
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct rwe_endpoint *endpoint = &cohort->endpoint[e];
        if (rwe_run_caution(run, design, endpoint).grade >= RWE_CAUTION_CARE)
            continue;
        names = n++ == 0 ? endpoint->name
                         : rwe_arena_format(run->arena, rwe_text("%s, %s"), names, endpoint->name);
        if (names == NULL)
            return NULL;
    }
    return n == cohort->n_endpoints ? design->label
           : n == 0                 ? NULL
                    : rwe_arena_format(run->arena, rwe_text("%s for %s"), design->label, names);
}

const char *rwe_immortal_section_banner(const struct rwe_run *run)
{
    const char *banner = rwe_immortal_words(run->design[0].immortal), *labels = NULL;
    if (banner == NULL)
        return NULL;
    for (size_t d = rwe_run_n_disjoint(run); d < run->n_designs; d++) {
        const char *label = label_of_answers(run, &run->design[d]);
        if (label != NULL)
            labels = labels == NULL
                         ? label
                         : rwe_arena_format(run->arena, rwe_text("%s and %s"), labels, label);
    }
    const char *excepted =
        labels == NULL ? NULL
                       : rwe_arena_format(run->arena, rwe_text("%s (but for: %s)"), banner, labels);
    return excepted == NULL ? banner : excepted;
}
