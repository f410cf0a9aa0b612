/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was derived from dates, and which date decided: counts, and a file. See endpoints.md. */
#include "rwe/analysis/present.h"
#include "rwe/base/date.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

struct settings {
    const char *export_file; /* NULL: none */
};

static const struct rwe_option options[] = {
    {.name = "export-endpoints",
     RWE_OUTPUT_IN(struct settings, export_file),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "FILE",
     .help = N_("Write every derived row as CSV: dates, days, months, event, the code of its "
                "censoring (ADTTE's CNSR), and the column that decided it.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct settings, options);

struct counts {
    size_t n, imputed, off_15th, moved, at_zero;
    size_t unassessed, scan_not_known, gap_not_known;
    size_t cnsr[RWE_N_CNSR];
};

/* Whether a month was known, and its day was set to another than the 15th. */
static bool is_off_15th(const struct rwe_cohort_dates *dates, size_t subject, unsigned column)
{
    if (column >= RWE_MOST_DATES)
        return false;
    const struct rwe_dated *date = &dates->patient[subject].date[column];
    return date->kind == RWE_DATED_MONTH && date->day != rwe_dated_middle(date->day);
}

static struct counts count(const struct rwe_cohort *cohort,
                           const struct rwe_derived_endpoint *derived)
{
    struct counts counts = {0};
    for (size_t i = 0; i < cohort->n; i++) {
        const struct rwe_endpoint_outcome *outcome = &derived->outcome[i];
        if (outcome->fault != RWE_DATES_SOUND)
            continue;
        counts.n++;
        counts.cnsr[outcome->cnsr]++;
        counts.imputed += outcome->start_imputed || outcome->end_imputed;
        counts.off_15th += is_off_15th(cohort->dates, i, derived->definition.start) ||
                           is_off_15th(cohort->dates, i, outcome->column);
        counts.unassessed += outcome->unassessed;
        counts.scan_not_known += outcome->scan_not_known;
        counts.gap_not_known += outcome->gap_not_known;
        counts.moved += outcome->end_moved;
        counts.at_zero += outcome->end == outcome->start;
    }
    return counts;
}

static const struct rwe_table_column endpoint_columns[] = {
    {.heading = N_("endpoint")},
    {N_("n"), RWE_CELL_COUNT, "n"},
    /* by the code of censoring, CNSR */
    {N_("event"), RWE_CELL_COUNT, "n.event"},
    {N_("alive"), RWE_CELL_COUNT, "n.alive"},
    {N_("lost"), RWE_CELL_COUNT, "n.lost"},
    {N_("new\ntherapy"), RWE_CELL_COUNT, "n.new-therapy"},
    {N_("not\nassessed"), RWE_CELL_COUNT, "n.unassessed"},
    {N_("missed\nvisits"), RWE_CELL_COUNT, "n.missed"},
    {N_("competing"), RWE_CELL_COUNT, "n.competing"},
    {N_("day\nimputed"), RWE_CELL_COUNT, "n.imputed"},
    {N_("day\nmoved"), RWE_CELL_COUNT, "n.moved"},
    {N_("time\n0"), RWE_CELL_COUNT, "n.time-zero"},
};

static struct counts present_endpoint(const struct rwe_run *run, struct rwe_grid *grid,
                                      const struct rwe_derived_endpoint *derived)
{
    struct counts counts = count(run->cohort, derived);
    struct rwe_key key = rwe_key_of("endpoints");
    key.endpoint = derived->definition.name;
    rwe_grid_row(grid, 0, "%s", derived->definition.name);
    rwe_grid_put(grid, &key, (double)counts.n);
    for (size_t c = 0; c < RWE_N_CNSR; c++)
        rwe_grid_put(grid, &key, (double)counts.cnsr[c]);
    rwe_grid_put(grid, &key, (double)counts.imputed);
    rwe_grid_put(grid, &key, (double)counts.moved);
    rwe_grid_put(grid, &key, (double)counts.at_zero);
    if (derived->definition.is_assessed)
        rwe_document_number(run->document, &key, "n.never-scanned", (double)counts.unassessed);
    return counts;
}

/* What a rule could not see; said once, of the first endpoint that it concerns. */
static void warn_of_unknown(struct rwe_run *run, const struct counts counts[])
{
    const struct rwe_cohort_dates *dates = run->cohort->dates;
    size_t scan = 0, gap = 0;
    while (scan < dates->n_derived && counts[scan].scan_not_known == 0)
        scan++;
    while (gap < dates->n_derived && counts[gap].gap_not_known == 0)
        gap++;
    if (scan < dates->n_derived)
        rwe_document_warning(run->document, "scan-by-cutoff-unknown", "endpoints",
                             "%s: of %zu subjects the only scan in the data is later than the "
                             "cut-off, so that the last one by then is not known; they are "
                             "censored at the cut-off. --assess tells every scan.",
                             dates->derived[scan].definition.name, counts[scan].scan_not_known);
    if (gap < dates->n_derived)
        rwe_document_warning(run->document, "visits-before-progression-unknown", "endpoints",
                             "%s: of %zu subjects no scan before the progression is known, so that "
                             "visits missed before it cannot be judged; it counts. --assess tells "
                             "every scan.",
                             dates->derived[gap].definition.name, counts[gap].gap_not_known);
}

static void note_of_unassessed(const struct rwe_run *run, struct rwe_grid *grid,
                               const struct rwe_derived_endpoint *derived,
                               const struct counts *counts)
{
    if (counts->unassessed == 0)
        return;
    rwe_grid_note(grid,
                  run->cohort->dates->rules.unassessed_at_zero
                      ? N_("%s: never scanned after time zero and without an event, censored there "
                           "(--unassessed start): %zu.")
                      : N_("%s: never scanned after time zero and without an event, followed to "
                           "the last contact (--unassessed contact): %zu."),
                  derived->definition.name, counts->unassessed);
}

/* What was done so that the dates of a patient agree, with the count. */
static void note_of_deeds(const struct rwe_run *run, struct rwe_grid *grid)
{
    static const char *const told[RWE_N_DATES_DEEDS] = {
        [RWE_DATES_PD_LISTED] =
            N_("Progression that --assess alone tells, an event on the day of the scan: %zu."),
        [RWE_DATES_SCAN_LATER] =
            N_("Scanned after the last assessment of their row; the later scan, of --assess, is "
               "taken: %zu."),
        [RWE_DATES_CONTACT_OLDER] =
            N_("Seen alive (scan, progression, therapy, response) after their last contact; the "
               "later day is taken: %zu."),
        [RWE_DATES_RESPONSE_VOID] =
            N_("A response before time zero, after progression or, where that matters, after new "
               "therapy, which does not count: %zu."),
        [RWE_DATES_NO_CUTOFF] =
            N_("\"Ongoing\" (至今) in place of the last contact or assessment, which tells no day "
               "without --cutoff: %zu."),
    };
    const struct rwe_cohort *cohort = run->cohort;
    size_t n[RWE_N_DATES_DEEDS] = {0};
    for (size_t i = 0; i < cohort->n; i++)
        for (unsigned d = 0; d < RWE_N_DATES_DEEDS; d++)
            n[d] += RWE_DATES_DID(&cohort->dates->settled[i], d);
    for (unsigned d = 0; d < RWE_N_DATES_DEEDS; d++)
        if (n[d] > 0 && told[d] != NULL)
            rwe_grid_note(grid, told[d], n[d]);
    if (n[RWE_DATES_PD_DENIED] > 0)
        rwe_document_warning(
            run->document, "progression-denied", "endpoints",
            "The file dates progression on a day whose assessment in --assess says "
            "response or stable disease, of %zu subjects; the progression counts. "
            "Correct the one that is wrong.",
            n[RWE_DATES_PD_DENIED]);
    if (n[RWE_DATES_PD_EARLIER] > 0)
        rwe_document_warning(run->document, "progression-dated-twice", "endpoints",
                             "Progression is dated twice, earlier in --assess than in pd_date; the "
                             "earlier day is taken, of %zu subjects (%s). Correct the one that is "
                             "wrong.",
                             n[RWE_DATES_PD_EARLIER], cohort->dates->earlier_pd);
}

static void note_of_days(struct rwe_grid *grid, const struct rwe_cohort_dates *dates,
                         const struct counts *all)
{
    rwe_grid_note(
        grid,
        "Times are days from time zero, whose own day is 0, in %s of %g days. Censored: "
        "alive (CNSR 1), lost to follow-up (2), new therapy (3), not assessed after time "
        "zero (4), event after missed visits (5), competing event first (6). Day moved: a "
        "progression between planned assessments, to the next.",
        rwe_text(dates->unit), dates->days_per_unit);
    if (all->imputed > 0 && all->off_15th == 0)
        rwe_grid_note(grid, "Day imputed: a month was known, its 15th is taken.");
    else if (all->imputed > 0)
        rwe_grid_note(grid,
                      "Day imputed: a month was known; its 15th is taken, or where another date of "
                      "that month forbids it (%zu of %zu rows) the day of that one.",
                      all->off_15th, all->imputed);
}

static void present_endpoints(struct rwe_run *run)
{
    const struct rwe_cohort_dates *dates = run->cohort->dates;
    struct counts counts[RWE_MOST_DERIVED], all = {0};
    if (dates->n_derived == 0)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Endpoints from dates");
    RWE_GRID_COLUMNS(grid, endpoint_columns);
    for (size_t d = 0; d < dates->n_derived; d++) {
        counts[d] = present_endpoint(run, grid, &dates->derived[d]);
        all.imputed += counts[d].imputed;
        all.off_15th += counts[d].off_15th;
    }
    note_of_days(grid, dates, &all);
    for (size_t d = 0; d < dates->n_derived; d++)
        note_of_unassessed(run, grid, &dates->derived[d], &counts[d]);
    note_of_deeds(run, grid);
    warn_of_unknown(run, counts);
    if (dates->n_visits_unknown > 0)
        rwe_document_warning(run->document, "assessments-unknown", "endpoints",
                             "%zu rows of --assess are of nobody in the file of patients, and were "
                             "passed over: are the identifiers written alike?",
                             dates->n_visits_unknown);
}

/* ---- exposure ---- */

static const struct rwe_table_column exposure_columns[] = {
    {.heading = N_("start of the treatment")},
    {N_("n"), RWE_CELL_COUNT, "n"},
};

/* Where the arms are made from exposure they are unexposed; else only what goes by starts takes them so. */
static void warn_recoded(struct rwe_run *run, size_t recoded, size_t after_event)
{
    const struct rwe_cohort_dates *dates = run->cohort->dates;
    if (recoded == 0)
        return;
    if (dates->arm_is_exposure)
        rwe_document_warning(
            run->document, "exposure-recoded", "endpoints",
            "%zu of %zu patients began the treatment but count as unexposed: it was "
            "not what tells the arms apart (%zu of them after progression or "
            "death).",
            recoded, run->cohort->n, after_event);
    else
        rwe_document_warning(
            run->document, "exposure-recoded", "endpoints",
            "%zu of %zu patients began the treatment, but their start does not count (%zu of them "
            "began after progression or death). Clones, trials, landmarks and time-dependent "
            "exposure take them as unexposed; curves, tests and models of the arms keep them where "
            "column %s puts them.",
            recoded, run->cohort->n, after_event, rwe_study_of(run->settings)->arm);
}

static void present_exposure(struct rwe_run *run)
{
    const struct rwe_cohort_dates *dates = run->cohort->dates;
    size_t n[RWE_N_EXPOSURE_CLASSES] = {0};
    if (dates->exposure == NULL)
        return;
    for (size_t i = 0; i < run->cohort->n; i++)
        n[dates->exposure[i]]++;
    struct rwe_grid *grid = rwe_document_table(run->document, "Exposure from dates");
    RWE_GRID_COLUMNS(grid, exposure_columns);
    for (size_t c = 0; c < RWE_N_EXPOSURE_CLASSES; c++) {
        struct rwe_key key = rwe_key_of("endpoints");
        key.term = rwe_exposure_words((enum rwe_exposure_class)c);
        if (n[c] == 0 && c > RWE_EXPOSED)
            continue;
        rwe_grid_row(grid, 0, "%s", rwe_text(key.term));
        rwe_grid_put(grid, &key, (double)n[c]);
    }
    size_t recoded = run->cohort->n - n[RWE_EXPOSURE_NEVER] - n[RWE_EXPOSED];
    if (dates->arm_is_exposure)
        rwe_grid_note(grid,
                      "Only the exposed count as such; the others are as if they had never begun.");
    else
        rwe_grid_note(grid,
                      "Only the starts of the exposed count. The arms are those of column %s, and "
                      "keep their patients, whatever their starts.",
                      rwe_study_of(run->settings)->arm);
    if (!dates->knows_progression)
        rwe_grid_note(grid, "The file does not date progression: a start after it counts too.");
    warn_recoded(run, recoded, n[RWE_EXPOSURE_AFTER_EVENT]);
}

static enum rwe_status run_endpoints(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    if (run->cohort->dates == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--endpoints tells what was derived from dates: say --derive NAME,… or "
                        "--endpoint-dates");
    rwe_document_section(run->document, 1, "Endpoints and exposure from dates");
    present_endpoints(run);
    present_exposure(run);
    return RWE_OK;
}

/* ---- the file ---- */

static void write_date(FILE *out, int32_t day)
{
    char text[RWE_DATE_SIZE];
    rwe_date_format(day, text);
    fprintf(out, "%s,", text);
}

static void write_row(FILE *out, const struct rwe_cohort *cohort,
                      const struct rwe_derived_endpoint *derived, size_t subject)
{
    const struct rwe_endpoint_outcome *outcome = &derived->outcome[subject];
    int32_t days = outcome->end - outcome->start;
    rwe_csv_write_text(out, cohort->id[subject]);
    fputc(',', out);
    rwe_csv_write_text(out, derived->definition.name);
    fputc(',', out);
    write_date(out, outcome->start);
    write_date(out, outcome->end);
    fprintf(out, "%d,%.17g,%d,%d,", days, days / RWE_DAYS_PER_MONTH, outcome->cause, outcome->cnsr);
    rwe_csv_write_text(out, cohort->dates->column[outcome->column]);
    fprintf(out, ",%s,%s\n", rwe_cnsr_words((enum rwe_cnsr)outcome->cnsr),
            outcome->start_imputed && outcome->end_imputed ? "both"
            : outcome->start_imputed                       ? "start"
            : outcome->end_imputed                         ? "end"
            : outcome->end_moved                           ? "moved"
                                                           : "");
}

static void write_rows(FILE *out, const void *context)
{
    const struct rwe_cohort *cohort = context;
    const struct rwe_cohort_dates *dates = cohort->dates;
    fputs("id,endpoint,start_date,end_date,days,months,event,cnsr,column,reason,imputed\n", out);
    for (size_t d = 0; d < dates->n_derived; d++)
        for (size_t i = 0; i < cohort->n; i++)
            if (dates->derived[d].outcome[i].fault == RWE_DATES_SOUND)
                write_row(out, cohort, &dates->derived[d], i);
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    (void)state;
    const struct settings *settings = rwe_settings_of(run->settings, &option_list);
    return settings->export_file == NULL
               ? RWE_OK
               : rwe_file_write(settings->export_file, write_rows, run->cohort, error);
}

const struct rwe_analysis rwe_analysis_endpoints = {
    .name = "endpoints",
    .section = RWE_SECTION_ENDPOINTS,
    .from_zero = true,
    .help = N_("What --derive, --endpoint-dates and --exposure-date made of the dates: events, "
               "censorings by reason, days imputed, starts of treatment that do not count."),
    .implied_by = "derive endpoint-dates exposure-date export-endpoints",
    .options = &option_list,
    .run = run_endpoints,
    .write_files = write_files,
};
