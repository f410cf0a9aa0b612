/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/job.h"

#include "cohort_report.h"
#include "figures.h"
#include "files.h"
#include "idle.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/compat.h"
#include "rwe/analysis/immortal.h"
#include "rwe/analysis/inputs.h"
#include "rwe/analysis/pipeline.h"
#include "rwe/analysis/plan.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/base/parallel.h"
#include "rwe/data/table_stack.h"
#include <string.h>

/* ---- options ---- */

struct job_settings {
    const char *study;         /* path */
    struct rwe_strings cohort; /* LEVEL=FILE */
    int style;                 /* −1: plain */
    const char *style_name;
    bool no_provenance;
};

static const struct rwe_option options[] = {
    {.name = "cohort",
     RWE_TEXTS_IN(struct job_settings, cohort),
     .section = RWE_SECTION_FILE,
     .argument = "LEVEL=FILE",
     .command_only = true,
     .help = N_(
         "In place of COHORT.csv: a file that holds one arm, LEVEL. Given once for each arm; the "
         "files are stacked by the names of their columns, LEVEL stands in a column \"arm\", "
         "and no identifier may be in two of them.")},
    {.name = "study",
     RWE_PATH_IN(struct job_settings, study),
     .section = RWE_SECTION_FILE,
     .argument = "FILE",
     .command_only = true,
     .help = N_("Study file (YAML). Its keys are these options; the command line overrides them. "
                "Without it, and without --arm and --endpoint, the built-in study of NCT07062484 "
                "says how the file reads.")},
    {.name = "style",
     RWE_CHOICE_IN(struct job_settings, style),
     RWE_WORD_IN(struct job_settings, style_name),
     .section = RWE_SECTION_OUTPUT,
     .argument = "STYLE",
     .choices = "plain|nejm|jama|lancet|cn",
     .help =
         N_("How tables and figures write numbers and p-values: plain (default), or as NEJM, JAMA, "
            "The Lancet or Chinese journals ask. json and csv keep every digit.")},
    {.name = "no-provenance",
     RWE_FLAG_IN(struct job_settings, no_provenance),
     .section = RWE_SECTION_OUTPUT,
     .command_only = true,
     .help = N_("Leave out version, command, settings and hashes of the inputs.")},
};

const struct rwe_options rwe_job_options = RWE_OPTIONS_IN(struct job_settings, options);

static const struct job_settings *settings_of(const struct rwe_job *job)
{
    return rwe_settings_of(job->settings, &rwe_job_options);
}

enum rwe_status rwe_job_init(struct rwe_job *job, const struct rwe_options *more,
                             struct rwe_error *error)
{
    const struct rwe_options *lists[RWE_MOST_OPTION_LISTS + 1];
    *job = (struct rwe_job){.arena = rwe_arena_new(), .document_arena = rwe_arena_new()};
    job->complaints.arena = job->arena;
    size_t n = 0;
    if (job->arena != NULL && job->document_arena != NULL)
        n = rwe_option_lists(job->arena, lists);
    if (n > 0 && more != NULL)
        lists[n++] = more;
    if (n > 0)
        job->settings = rwe_settings_new(job->arena, lists, n);
    return job->settings == NULL ? rwe_fail_memory(error) : RWE_OK;
}

void rwe_job_release(struct rwe_job *job)
{
    rwe_arena_free(job->document_arena);
    rwe_arena_free(job->arena);
    *job = (struct rwe_job){0};
}

enum rwe_status rwe_job_fail_unknown(struct rwe_job *job, const char *argument,
                                     struct rwe_error *error)
{
    struct rwe_options known = rwe_settings_options(job->settings);
    const char **names = RWE_NEW(job->arena, const char *, known.n);
    if (names == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < known.n; i++)
        names[i] = known.item[i].name;
    const char *near = rwe_text_nearest(argument + strspn(argument, "-"), names, known.n);
    if (near == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "unknown option %s; --help all lists the options", argument);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "unknown option %s: did you mean --%s?",
                    argument, near);
}

static enum rwe_status add_word(struct rwe_job *job, const char *word, struct rwe_error *error)
{
    struct rwe_strings *command = &job->command;
    const char **longer = RWE_NEW(job->arena, const char *, command->n + 1);
    if (longer == NULL || word == NULL)
        return rwe_fail_memory(error);
    if (command->n > 0)
        memcpy(longer, command->item, command->n * sizeof *longer);
    longer[command->n] = word;
    *command = (struct rwe_strings){longer, command->n + 1};
    return RWE_OK;
}

bool rwe_job_records(const struct rwe_option *option)
{
    bool is_input =
        option->section == RWE_SECTION_FILE; /* study and cohort are the command's alone */
    return option->kind != RWE_OPTION_OUTPUT && option->section != RWE_SECTION_OUTPUT &&
           strcmp(option->name, "threads") != 0 && (!option->command_only || is_input);
}

/* An option as it is kept in the provenance; what only decides where results go is left out. */
static enum rwe_status record(struct rwe_job *job, const struct rwe_option *option,
                              const char *text, struct rwe_error *error)
{
    if (!rwe_job_records(option))
        return RWE_OK;
    return add_word(job,
                    text == NULL ? rwe_arena_format(job->arena, "--%s", option->name)
                                 : rwe_arena_format(job->arena, "--%s=%s", option->name, text),
                    error);
}

enum rwe_status rwe_job_set(struct rwe_job *job, const char *name, const char *text,
                            struct rwe_error *error)
{
    const struct rwe_option *option = rwe_settings_find(job->settings, name);
    if (option == NULL)
        return rwe_job_fail_unknown(job, name, error);
    enum rwe_status status = rwe_settings_set(job->settings, name, text, RWE_FROM_COMMAND, error);
    return status == RWE_OK ? record(job, option, text, error) : status;
}

static unsigned threads_of(const struct rwe_job *job)
{
    uint64_t threads = rwe_statistics_of(job->settings)->threads;
    return threads == 0 ? rwe_parallel_available() : (unsigned)threads;
}

struct rwe_render_options rwe_job_render_options(const struct rwe_job *job)
{
    const struct job_settings *settings = settings_of(job);
    return (struct rwe_render_options){
        .provenance = !settings->no_provenance,
        .threads = threads_of(job),
        .style = settings->style < 0 ? NULL : rwe_style_find(settings->style_name),
    };
}

struct rwe_languages rwe_job_languages(const struct rwe_job *job)
{
    const struct rwe_study_settings *study = rwe_study_of(job->settings);
    const struct rwe_language *report = rwe_language_find(study->lang_word);
    bool asked_for = study->source.lang == RWE_FROM_COMMAND;
    return (struct rwe_languages){report, asked_for ? report : rwe_languages_now().messages};
}

/* ---- the cohort ---- */

/* LEVEL=FILE. */
static enum rwe_status read_cohort_file(const struct rwe_job *job, const char *text,
                                        struct rwe_cohort_file *file, struct rwe_error *error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--cohort %s: write LEVEL=FILE, once for each arm, as in --cohort "
                        "GP=control.csv --cohort GP+RT=treated.csv",
                        text);
    file->level = rwe_arena_substring(job->arena, text, (size_t)(equals - text));
    file->path = equals + 1;
    return file->level == NULL ? rwe_fail_memory(error) : RWE_OK;
}

enum rwe_status rwe_job_cohort_files(const struct rwe_job *job, struct rwe_cohort_files *files,
                                     struct rwe_error *error)
{
    struct rwe_strings texts = settings_of(job)->cohort;
    struct rwe_cohort_file *item = RWE_NEW(job->arena, struct rwe_cohort_file, texts.n + 1);
    enum rwe_status status = item == NULL ? rwe_fail_memory(error) : RWE_OK;
    *files = (struct rwe_cohort_files){item, texts.n};
    if (status == RWE_OK && job->cohort == NULL && texts.n == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "no cohort was given");
    if (status == RWE_OK && job->cohort != NULL && texts.n > 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "the cohort is either one file, %s, or one an arm by --cohort: leave one "
                        "of the two out",
                        job->cohort);
    if (status == RWE_OK && job->cohort != NULL) {
        item[0] = (struct rwe_cohort_file){NULL, job->cohort};
        files->n = 1;
    }
    for (size_t i = 0; i < texts.n && status == RWE_OK; i++)
        status = read_cohort_file(job, texts.item[i], &item[i], error);
    for (size_t i = 1; i < texts.n && status == RWE_OK; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(item[i].level, item[k].level) == 0)
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                "--cohort names the arm %s twice: each file is an arm of its own",
                                item[i].level);
    return status;
}

/* Who is in which file makes the arm, whatever the study says of it. */
static enum rwe_status take_arm_of_files(struct rwe_job *job, struct rwe_error *error)
{
    const char *arm = rwe_study_of(job->settings)->arm;
    bool is_named = rwe_settings_source(job->settings, "arm") == RWE_FROM_COMMAND;
    if (settings_of(job)->cohort.n == 0 || (is_named && strcmp(arm, RWE_STACK_ARM) == 0))
        return RWE_OK;
    if (is_named)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--arm %s: with --cohort the files are the arms: leave --arm out", arm);
    return rwe_settings_set(job->settings, "arm", RWE_STACK_ARM, RWE_FROM_COMMAND, error);
}

/* ---- study ---- */

enum rwe_status rwe_job_set_study(struct rwe_job *job, const char *text, size_t size,
                                  struct rwe_error *error)
{
    job->has_study = true;
    return rwe_study_load_text(job->settings, text, size, rwe_message("study"), error);
}

static enum rwe_status load_builtin_study(struct rwe_settings *settings, struct rwe_error *error)
{
    enum rwe_status status = rwe_study_load_text(settings, rwe_embedded_nct07062484_yaml,
                                                 rwe_embedded_nct07062484_yaml_size,
                                                 rwe_message("built-in study NCT07062484"), error);
    /* Which file holds the adverse events only the user can say. */
    if (status == RWE_OK && rwe_settings_source(settings, "ae") == RWE_FROM_STUDY)
        rwe_settings_unset(settings, "ae");
    if (status == RWE_OK && !rwe_settings_has(settings, "ae"))
        rwe_settings_unset(settings, "toxicity");
    return status;
}

static enum rwe_status load_study(struct rwe_job *job, struct rwe_error *error)
{
    struct rwe_settings *settings = job->settings;
    const char *path = settings_of(job)->study;
    if (path != NULL)
        return job->has_study ? rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                         "--study %s: the study was given as text already", path)
                              : rwe_study_load(settings, path, error);
    job->assumes_study = !job->has_study && !rwe_settings_has(settings, "arm") &&
                         !rwe_settings_has(settings, "endpoint");
    return job->assumes_study ? load_builtin_study(settings, error) : RWE_OK;
}

/* A file that does not have the columns of the built-in study: say what was assumed. */
static void explain_builtin(const struct rwe_job *job, struct rwe_error *error)
{
    if (!job->assumes_study || error == NULL || error->status != RWE_NO_COLUMN)
        return;
    const struct rwe_error lacking = *error;
    rwe_error_set(error, lacking.status, lacking.index,
                  "%s. Since neither --study nor --arm and --endpoint say how the file reads, the "
                  "columns of the built-in study NCT07062484 are expected",
                  lacking.message);
}

/* ---- provenance ---- */

static struct rwe_setting_value value_of(const struct rwe_run *run, const struct rwe_option *option)
{
    struct rwe_setting_value value = {
        .name = option->name,
        .is_flag = option->kind == RWE_OPTION_FLAG,
        .is_number = option->kind == RWE_OPTION_NUMBER,
        .is_list = option->kind == RWE_OPTION_LIST || option->kind == RWE_OPTION_TEXTS ||
                   option->kind == RWE_OPTION_NUMBERS || option->kind == RWE_OPTION_ENDPOINTS ||
                   option->kind == RWE_OPTION_CRITERIA,
        .number = 1,
        .texts = rwe_settings_texts(run->settings, option->name, run->arena),
    };
    if (value.is_number && value.texts.n == 1)
        rwe_number_parse(value.texts.item[0], strlen(value.texts.item[0]), &value.number);
    return value;
}

/* What was in force. Threads are left out, since nothing depends on them; so is what the command
 * alone decides, as where results go. */
static enum rwe_status set_provenance(struct rwe_run *run, const struct rwe_job *job,
                                      struct rwe_error *error)
{
    struct rwe_options known = rwe_settings_options(run->settings);
    struct rwe_strings command = {RWE_NEW(run->arena, const char *, job->command.n + 2),
                                  job->command.n + 2};
    struct rwe_provenance *p = RWE_NEW(run->arena, struct rwe_provenance, 1);
    struct rwe_setting_value *study = RWE_NEW(run->arena, struct rwe_setting_value, known.n);
    struct rwe_input *inputs = RWE_NEW(run->arena, struct rwe_input, run->n_inputs);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    command.item[0] = "rwe-analyze";
    for (size_t i = 0; i < job->command.n; i++)
        command.item[i + 1] = job->command.item[i];
    command.item[command.n - 1] = job->cohort;
    command.n -= job->cohort == NULL; /* --cohort stands among the options */
    *p = (struct rwe_provenance){
        .version = RWE_VERSION,
        .command = command,
        .study = study,
        .inputs = inputs,
        .n_inputs = run->n_inputs,
        .seed = rwe_statistics_of(run->settings)->seed,
    };
    memcpy(inputs, run->input, run->n_inputs * sizeof *inputs);
    for (size_t i = 0; i < known.n; i++)
        if (!known.item[i].command_only && strcmp(known.item[i].name, "threads") != 0 &&
            rwe_settings_has(run->settings, known.item[i].name))
            study[p->n_study++] = value_of(run, &known.item[i]);
    rwe_document_set_provenance(run->document, p);
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

/* ---- running ---- */

/* What compares arms that immortal time makes different stands under that heading, each table too. */
static enum rwe_status run_analysis(struct rwe_run *run, const struct rwe_analysis *analysis,
                                    void *state, struct rwe_error *error)
{
    rwe_document_set_banner(run->document,
                            analysis->compares_arms ? rwe_immortal_section_banner(run) : NULL);
    enum rwe_status status = analysis->run(run, state, error);
    rwe_document_set_banner(run->document, NULL);
    return status;
}

static enum rwe_status run_analyses(struct rwe_run *run, const struct rwe_plan *plan, bool last,
                                    struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->last == last)
            status = run_analysis(run, rwe_analyses[a], plan->state[a], error);
    return status;
}

/* Each run within the run is a chapter of its own behind what is compared from time zero. */
static enum rwe_status run_subruns(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++) {
        struct rwe_run *subrun = run->subrun[i];
        subrun->bootstrap = run->bootstrap;
        subrun->estimates = run->estimates;
        rwe_document_chapter(run->document, "%s", rwe_design_title(subrun, &subrun->design[0]));
        status = run_analyses(subrun, subrun->plan, false, error);
    }
    rwe_document_chapter(run->document, NULL);
    return status;
}

/* Files are of what is compared from time zero. */
static enum rwe_status write_files(const struct rwe_run *run, const struct rwe_plan *plan,
                                   struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->write_files != NULL)
            status = rwe_analyses[a]->write_files(run, plan->state[a], error);
    return status;
}

/* More times than a curve is told at would be dropped without a word. */
static enum rwe_status check_times(const struct rwe_run *run, struct rwe_error *error)
{
    size_t n = rwe_statistics_of(run->settings)->times.n;
    if (n <= RWE_MOST_TIMES)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--times: %zu times; at most %d are told", n,
                    RWE_MOST_TIMES);
}

static void set_title(struct rwe_run *run, const struct rwe_job *job)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    rwe_document_set_title(run->document,
                           study->title == NULL ? rwe_text("Comparison of treatment arms")
                                                : study->title,
                           study->study_id != NULL ? study->study_id
                           : job->cohort != NULL   ? job->cohort
                                                   : rwe_text("one file an arm"));
}

static bool wants_rules(const struct rwe_plan *plan)
{
    bool wanted = false;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        wanted = wanted || (plan->wanted[a] && strcmp(rwe_analyses[a]->name, "validate") == 0);
    return wanted;
}

/* From the designs on, reasons of failures become warnings of the report: messages are in its language. */
static void speak_as_the_report(void)
{
    const struct rwe_language *report = rwe_languages_now().report;
    rwe_languages_use((struct rwe_languages){report, report});
}

static enum rwe_status run_all(struct rwe_run *run, const struct rwe_job *job,
                               struct rwe_error *error)
{
    struct rwe_plan plan = rwe_plan_make(run->settings);
    set_title(run, job);
    rwe_document_set_words(run->document, rwe_time_unit_suffix(run), rwe_conf_level_text(run));
    enum rwe_status status = check_times(run, error);
    if (status == RWE_OK)
        status = rwe_bootstrap_check(run->settings, error);
    if (status == RWE_OK)
        status = rwe_run_read_cohort(run, job->settings, wants_rules(&plan), error);
    if (status == RWE_OK)
        status = rwe_run_note_study(run, settings_of(job)->study, error);
    speak_as_the_report();
    if (status == RWE_OK)
        status = rwe_pipeline_designs(run, &plan, error);
    if (status == RWE_OK)
        status = rwe_cohort_report(run, error);
    rwe_compat_report(run);
    if (status == RWE_OK)
        status = rwe_bootstrap_run(run, &plan, error);
    if (status == RWE_OK)
        status = run_analyses(run, &plan, false, error);
    if (status == RWE_OK)
        status = run_subruns(run, error);
    if (status == RWE_OK)
        status = run_analyses(run, &plan, true, error);
    if (status == RWE_OK)
        status = write_files(run, &plan, error);
    if (status == RWE_OK)
        rwe_bootstrap_report(run);
    if (status == RWE_OK)
        status = set_provenance(run, job, error);
    if (status == RWE_OK && rwe_document_failed(run->document))
        status = rwe_fail_memory(error);
    return status;
}

static enum rwe_status run_completed(struct rwe_job *job, struct rwe_cohort_files cohort,
                                     struct rwe_error *error)
{
    struct rwe_run *run = RWE_NEW(job->arena, struct rwe_run, 1);
    struct rwe_document *document = rwe_document_new(job->document_arena);
    struct rwe_estimates *estimates = rwe_estimates_new(job->document_arena);
    if (run == NULL || document == NULL || estimates == NULL)
        return rwe_fail_memory(error);
    *run = (struct rwe_run){
        .settings = job->settings,
        .document = document,
        .estimates = estimates,
        .complaints = &job->complaints,
        .given = &job->given,
        .files = cohort,
        .progress = job->progress,
        .arena = job->arena,
        .threads = threads_of(job),
    };
    enum rwe_status status = run_all(run, job, error);
    rwe_document_finish(document);
    if (status == RWE_OK)
        job->document = document;
    else
        explain_builtin(job, error);
    return status;
}

enum rwe_status rwe_job_run(struct rwe_job *job, struct rwe_error *error)
{
    struct rwe_cohort_files cohort;
    enum rwe_status status = rwe_job_cohort_files(job, &cohort, error);
    if (status == RWE_OK)
        status = load_study(job, error);
    if (status == RWE_OK)
        status = take_arm_of_files(job, error);
    if (status == RWE_OK)
        status = rwe_compat_apply(job->settings, error);
    if (status == RWE_OK)
        status = rwe_plan_complete(job->settings, error);
    if (status == RWE_OK)
        status = rwe_idle_check(job->settings, error);
    if (status == RWE_OK)
        status = rwe_files_check(job, cohort, error);
    if (status != RWE_OK)
        return status;
    struct rwe_languages callers = rwe_languages_use(rwe_job_languages(job));
    status = run_completed(job, cohort, error);
    rwe_languages_use(callers);
    return status;
}
