/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library's face: a job (rwe/analysis/job.h) behind a handle. Here stands what a contract needs beside it:
 * arguments are looked at, errors are kept, and the caller's process is left as it was. */
#include "rwe.h"

#include "rwe/analysis/job.h"
#include "rwe/base/language.h"
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct rwe_session {
    struct rwe_job job;
    bool has_run; /* well or not */
    struct rwe_error error;
    struct rwe_bytes rendered;
    struct {
        locale_t locale;
        struct rwe_languages languages;
    } callers; /* while the session is at work */
};

/* ---- at work ---- */

/* GSL's handler is the process's: off from the first session that begins to work until the last has ended. */
static struct {
    pthread_mutex_t lock;
    size_t n; /* sessions at work */
    gsl_error_handler_t *callers;
} gsl = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void silence_gsl(void)
{
    pthread_mutex_lock(&gsl.lock);
    if (gsl.n++ == 0)
        gsl.callers = gsl_set_error_handler_off();
    pthread_mutex_unlock(&gsl.lock);
}

static void give_gsl_back(void)
{
    pthread_mutex_lock(&gsl.lock);
    if (--gsl.n == 0)
        gsl_set_error_handler(gsl.callers);
    pthread_mutex_unlock(&gsl.lock);
}

/* Begins a call: no error yet, numbers in the C locale, errors in the language of the session. */
static enum rwe_status begin(struct rwe_session *session)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    session->error = (struct rwe_error){.status = RWE_OK};
    if (c == (locale_t)0)
        return rwe_fail_memory(&session->error);
    session->callers.locale = uselocale(c);
    session->callers.languages = rwe_languages_use(rwe_job_languages(&session->job));
    silence_gsl();
    return RWE_OK;
}

static enum rwe_status end(struct rwe_session *session, enum rwe_status status)
{
    give_gsl_back();
    rwe_languages_use(session->callers.languages);
    freelocale(uselocale(session->callers.locale));
    return status;
}

/* Begins a call that changes what is asked: RWE_USAGE once it was answered. */
static enum rwe_status begin_asking(struct rwe_session *session)
{
    if (session == NULL)
        return RWE_USAGE;
    enum rwe_status status = begin(session);
    if (status == RWE_OK && session->has_run)
        return end(session, rwe_fail(&session->error, RWE_USAGE, RWE_NO_INDEX,
                                     "the session has been run: make a new one for another "
                                     "question"));
    return status;
}

/* ---- a session ---- */

const char *rwe_version(void)
{
    return RWE_VERSION;
}

struct rwe_session *rwe_session_new(void)
{
    struct rwe_session *session = calloc(1, sizeof *session);
    if (session != NULL && rwe_job_init(&session->job, NULL, &session->error) != RWE_OK) {
        rwe_session_free(session);
        session = NULL;
    }
    return session;
}

void rwe_session_free(struct rwe_session *session)
{
    if (session == NULL)
        return;
    rwe_bytes_clear(&session->rendered);
    rwe_job_release(&session->job);
    free(session);
}

const char *rwe_session_error(const struct rwe_session *session)
{
    return session == NULL ? rwe_message("there is no session") : session->error.message;
}

/* ---- what is asked ---- */

static enum rwe_status fail_null(struct rwe_session *session, const char *what)
{
    return rwe_fail(&session->error, RWE_USAGE, RWE_NO_INDEX, "%s must not be NULL", what);
}

enum rwe_status rwe_session_set(struct rwe_session *session, const char *name, const char *value)
{
    enum rwe_status status = begin_asking(session);
    if (status != RWE_OK)
        return status;
    if (name == NULL)
        return end(session, fail_null(session, "name"));
    return end(session, rwe_job_set(&session->job, name, value, &session->error));
}

enum rwe_status rwe_session_set_study(struct rwe_session *session, const char *text, size_t size)
{
    enum rwe_status status = begin_asking(session);
    if (status != RWE_OK)
        return status;
    if (text == NULL)
        return end(session, fail_null(session, "text"));
    return end(session, rwe_job_set_study(&session->job, text, size, &session->error));
}

enum rwe_status rwe_session_set_cohort(struct rwe_session *session, const char *name)
{
    enum rwe_status status = begin_asking(session);
    if (status != RWE_OK)
        return status;
    if (name == NULL)
        return end(session, fail_null(session, "name"));
    session->job.cohort = rwe_arena_string(session->job.arena, name);
    return end(session, session->job.cohort == NULL ? rwe_fail_memory(&session->error) : RWE_OK);
}

static enum rwe_status add_column(struct rwe_session *session, const char *table,
                                  const struct rwe_column_values *column, size_t n)
{
    enum rwe_status status = begin_asking(session);
    if (status != RWE_OK)
        return status;
    if (table == NULL || column->info.name == NULL)
        return end(session, fail_null(session, table == NULL ? "table" : "column"));
    if (n > 0 && column->number == NULL && column->text == NULL)
        return end(session, fail_null(session, "values"));
    return end(session, rwe_given_add(&session->job.given, table, column, n, session->job.arena,
                                      &session->error));
}

enum rwe_status rwe_session_add_numbers(struct rwe_session *session, const char *table,
                                        const char *column, const double values[], size_t n)
{
    const struct rwe_column_values given = {.info.name = column, .number = values};
    return add_column(session, table, &given, n);
}

enum rwe_status rwe_session_add_texts(struct rwe_session *session, const char *table,
                                      const char *column, const char *const values[], size_t n)
{
    const struct rwe_column_values given = {.info.name = column, .text = values};
    return add_column(session, table, &given, n);
}

enum rwe_status rwe_session_set_progress(struct rwe_session *session,
                                         void (*tell)(void *context, const char *what, size_t done,
                                                      size_t of),
                                         void *context)
{
    enum rwe_status status = begin_asking(session);
    if (status != RWE_OK)
        return status;
    session->job.progress = (struct rwe_progress){tell, context};
    return end(session, RWE_OK);
}

/* ---- running ---- */

enum rwe_status rwe_session_run(struct rwe_session *session)
{
    enum rwe_status status = begin_asking(session);
    if (status != RWE_OK)
        return status;
    session->has_run = true;
    return end(session, rwe_job_run(&session->job, &session->error));
}

/* ---- what came out ---- */

static const struct rwe_document *document_of(const struct rwe_session *session)
{
    return session == NULL ? NULL : session->job.document;
}

size_t rwe_session_n_facts(const struct rwe_session *session)
{
    const struct rwe_document *document = document_of(session);
    return document == NULL ? 0 : rwe_document_n_facts(document);
}

enum rwe_status rwe_session_get_fact(const struct rwe_session *session, size_t i,
                                     struct rwe_session_fact *fact)
{
    *fact = (struct rwe_session_fact){.time = NAN, .number = NAN};
    if (i >= rwe_session_n_facts(session))
        return RWE_USAGE;
    const struct rwe_fact_value *from = &rwe_document_facts(document_of(session))[i];
    *fact = (struct rwe_session_fact){
        .analysis = from->key.analysis,
        .endpoint = from->key.endpoint,
        .population = from->key.population,
        .model = from->key.model,
        .group = from->key.group,
        .term = from->key.term,
        .level = from->key.level,
        .time = from->key.time,
        .stat = from->stat,
        .text = from->text,
        .number = from->number,
    };
    return RWE_OK;
}

size_t rwe_session_n_warnings(const struct rwe_session *session)
{
    const struct rwe_document *document = document_of(session);
    return document == NULL ? 0 : rwe_document_n_warnings(document);
}

enum rwe_status rwe_session_get_warning(const struct rwe_session *session, size_t i,
                                        struct rwe_session_warning *warning)
{
    *warning = (struct rwe_session_warning){NULL, NULL, NULL};
    if (i >= rwe_session_n_warnings(session))
        return RWE_USAGE;
    const struct rwe_warning *from = &rwe_document_warnings(document_of(session))[i];
    *warning = (struct rwe_session_warning){from->code, from->analysis, from->message};
    return RWE_OK;
}

size_t rwe_session_n_complaints(const struct rwe_session *session)
{
    return session == NULL ? 0 : session->job.complaints.n;
}

enum rwe_status rwe_session_get_complaint(const struct rwe_session *session, size_t i,
                                          struct rwe_session_complaint *complaint)
{
    *complaint = (struct rwe_session_complaint){NULL, 0, NULL, NULL, NULL, NULL};
    if (i >= rwe_session_n_complaints(session))
        return RWE_USAGE;
    const struct rwe_complaint *from = &session->job.complaints.item[i];
    const struct rwe_language *language = rwe_job_languages(&session->job).messages;
    const char *reason = rwe_complaint_reason(from, language, session->job.arena);
    *complaint = (struct rwe_session_complaint){
        from->file,  from->line, from->column,
        from->value, reason,     rwe_language_text(language, from->advice)};
    return reason == NULL ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status fail_format(struct rwe_session *session, const char *name)
{
    struct rwe_arena *arena = session->job.arena;
    const char *names = "";
    for (const struct rwe_format *f = rwe_formats; names != NULL && f->name != NULL; f++)
        names = rwe_arena_format(arena, "%s%s%s", names, *names == '\0' ? "" : "|", f->name);
    if (names == NULL)
        return rwe_fail_memory(&session->error);
    return rwe_fail(&session->error, RWE_USAGE, RWE_NO_INDEX, "--%s %s: must be one of %s",
                    "format", name, names);
}

static enum rwe_status render(struct rwe_session *session, const char *name)
{
    const struct rwe_format *format = rwe_format_find(name);
    struct rwe_render_options options = rwe_job_render_options(&session->job);
    if (session->job.document == NULL)
        return rwe_fail(&session->error, RWE_USAGE, RWE_NO_INDEX,
                        "there are no results: run the session first");
    if (format == NULL)
        return fail_format(session, name);
    return rwe_render_bytes(session->job.document, format, &options, &session->rendered,
                            &session->error);
}

const char *rwe_session_render(struct rwe_session *session, const char *format, size_t *size)
{
    if (size != NULL)
        *size = 0;
    if (session == NULL || begin(session) != RWE_OK)
        return NULL;
    rwe_bytes_clear(&session->rendered);
    enum rwe_status status =
        format == NULL ? fail_null(session, "format") : render(session, format);
    if (end(session, status) != RWE_OK) {
        rwe_bytes_clear(&session->rendered);
        return NULL;
    }
    if (size != NULL)
        *size = session->rendered.n;
    return session->rendered.byte;
}
