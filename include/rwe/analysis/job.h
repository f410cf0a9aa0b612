/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The whole job, from options and files to a finished document: the command line and rwe.h both are thin
 * clients of it.
 *
 *     struct rwe_job job;
 *     status = rwe_job_init(&job, NULL, error);
 *     status = rwe_job_set(&job, "triangulation", NULL, error);
 *     job.cohort = "cohort.csv";
 *     status = rwe_job_run(&job, error);
 *     … job.document, job.complaints …
 *     rwe_job_release(&job);
 *
 * A job is run once.
 */
#ifndef RWE_ANALYSIS_JOB_H
#define RWE_ANALYSIS_JOB_H

#include "rwe/analysis/inputs.h"
#include "rwe/base/language.h"
#include "rwe/data/complaints.h"
#include "rwe/report/render.h"

struct rwe_job {
    struct rwe_arena *arena;          /**< of the run: settings, cohort and results */
    struct rwe_arena *document_arena; /**< of what is shown */
    struct rwe_settings *settings;
    struct rwe_strings command;   /**< the options that decide the results, for provenance */
    struct rwe_given given;       /**< tables in memory (rwe_given_add) */
    const char *cohort;           /**< path, "-", or a table in memory; borrowed */
    bool has_study;               /**< by rwe_job_set_study */
    bool assumes_study;           /**< the built-in one, since nothing says how the file reads */
    struct rwe_progress progress; /**< for long work; may be empty */
    struct rwe_complaints complaints; /**< about the files; also when the run fails */
    struct rwe_document *document;    /**< what came out; NULL before the run and when it failed */
};

/**
 * Options of the job itself: the study, and how results are shown. Further options that are not in
 * `rwe_option_lists` are the command line's own.
 */
extern const struct rwe_options rwe_job_options;

/** The study that holds where no other is given: sample_data/nct07062484.yaml. */
extern const char rwe_embedded_nct07062484_yaml[];
extern const size_t rwe_embedded_nct07062484_yaml_size;

/**
 * A job with every option at its default: those of the library, and the caller's own (`more`, or NULL).
 * RWE_NO_MEMORY or RWE_OK; release it whatever the status.
 */
enum rwe_status rwe_job_init(struct rwe_job *job, const struct rwe_options *more,
                             struct rwe_error *error);

/** Frees all that the job made, its document too. */
void rwe_job_release(struct rwe_job *job);

/**
 * Gives an option a value as on the command line (see rwe_settings_set); `text` is NULL for a flag and for
 * an argument left out. Of an unknown option the error says which one is like it.
 */
enum rwe_status rwe_job_set(struct rwe_job *job, const char *name, const char *text,
                            struct rwe_error *error);

/** RWE_USAGE: there is no option `argument`, which is named as the user wrote it. Says which is like it. */
enum rwe_status rwe_job_fail_unknown(struct rwe_job *job, const char *argument,
                                     struct rwe_error *error);

/** The study as the text of a study file, in place of --study. A wrong key, type or value is RWE_USAGE. */
enum rwe_status rwe_job_set_study(struct rwe_job *job, const char *text, size_t size,
                                  struct rwe_error *error);

/**
 * Loads the study, completes the options, reads the files, builds the cohort and the designs, and runs the
 * analyses that were asked for: those of the command line; without any, those of the study; without these
 * too, table1 and km.
 */
enum rwe_status rwe_job_run(struct rwe_job *job, struct rwe_error *error);

/**
 * The languages that the settings ask for. An option on the command line is for messages too, one of the study
 * for the report alone: messages stay as they are then.
 */
struct rwe_languages rwe_job_languages(const struct rwe_job *job);

/** The files of the cohort, one or one an arm (--cohort). RWE_USAGE where there are both or none. */
enum rwe_status rwe_job_cohort_files(const struct rwe_job *job, struct rwe_cohort_files *files,
                                     struct rwe_error *error);

/** Whether results say that an option was given, and --check may give it again: where results go, and how fast,
 * is no part of them. */
bool rwe_job_records(const struct rwe_option *option);

/** How the settings want a document rendered; figures of a folder left out. */
struct rwe_render_options rwe_job_render_options(const struct rwe_job *job);

#endif
