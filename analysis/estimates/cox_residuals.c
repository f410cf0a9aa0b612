/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --residuals: those of the Cox models, by subject, as a file; and who moves the arms' ratio most. */
#include "cox_more.h"

#include "rwe/base/file.h"
#include "rwe/stats/cox_residuals.h"

#include "rwe/base/language.h"
#include <math.h>

enum { MOST_INFLUENTIAL = 10 };

/* The model whose residuals are wanted: the adjusted one where there is one. */
static enum rwe_cox_model_kind kind_of(const struct rwe_run *run)
{
    bool adjusted = run->cohort->n_covariates > 0 && cox_settings_of(run->settings)->asked;
    return adjusted ? RWE_COX_ADJUSTED : RWE_COX_ARM;
}

/* ---- who moves the arms' ratio ---- */

/* The rows of greatest |dfbeta| of the column, greatest first. Returns how many. */
static size_t find_greatest(const struct rwe_cox_residuals *r, size_t column, size_t greatest[])
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        double size = fabs(r->dfbeta[i * r->p + column]);
        size_t place = n < MOST_INFLUENTIAL ? n++ : MOST_INFLUENTIAL;
        for (; place > 0 && size > fabs(r->dfbeta[greatest[place - 1] * r->p + column]); place--)
            if (place < MOST_INFLUENTIAL)
                greatest[place] = greatest[place - 1];
        if (place < MOST_INFLUENTIAL)
            greatest[place] = i;
    }
    return n;
}

static void present_greatest(struct rwe_grid *grid, const struct rwe_cox_request *request,
                             const struct rwe_cox_model *model, const struct rwe_cox_residuals *r,
                             const struct rwe_cox_term *term)
{
    struct rwe_run *run = request->run;
    const struct rwe_cohort *cohort = run->cohort;
    const double *V = model->fit.robust != NULL ? model->fit.robust : model->fit.covariance;
    size_t greatest[MOST_INFLUENTIAL] = {0}, j = term->column;
    size_t n = find_greatest(r, j, greatest);
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model->name;
    key.term = term->name;
    rwe_grid_row(grid, 0, "%s, %s, %s: %s", request->endpoint->name, request->design->label,
                 request->kind == RWE_COX_ARM ? rwe_text("arm alone") : rwe_text("adjusted"),
                 term->name);
    for (size_t c = 0; c < 4; c++)
        rwe_grid_empty(grid);
    for (size_t k = 0; k < n; k++) {
        size_t i = greatest[k], subject = model->subject[i];
        double dfbeta = r->dfbeta[i * r->p + j];
        key.level = cohort->id[subject];
        rwe_fact moved = rwe_document_number(run->document, &key, "dfbeta", dfbeta);
        rwe_fact in_errors =
            rwe_document_number(run->document, &key, "dfbetas", dfbeta / sqrt(V[j * r->p + j]));
        rwe_fact martingale =
            rwe_document_number(run->document, &key, "martingale", r->martingale[i]);
        rwe_grid_row(grid, 1, "%s", cohort->id[subject]);
        rwe_grid_words(grid, "%s", cohort->arm_level[cohort->arm[subject]]);
        rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, moved, RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, in_errors, RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, martingale, RWE_NO_FACT, RWE_NO_FACT);
    }
}

struct rwe_grid *rwe_cox_influence_table(struct rwe_run *run)
{
    if (cox_settings_of(run->settings)->residuals == NULL)
        return NULL;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Subjects that move the arms' hazard ratio most");
    static const struct rwe_table_column columns[] = {
        {.heading = N_("model and subject")},
        {.heading = N_("arm")},
        {.heading = N_("dfbeta")},
        {.heading = N_("in std.\nerrors")},
        {.heading = N_("martingale\nresidual")},
    };
    RWE_GRID_COLUMNS(grid, columns);
    rwe_grid_note(grid, "dfbeta: how far the log hazard ratio would fall if the subject were left "
                        "out, in first order. Influence is no reason to leave anybody out.");
    return grid;
}

enum rwe_status rwe_cox_influence(struct rwe_grid *grid, const struct rwe_cox_request *request,
                                  const struct rwe_cox_model *model, struct rwe_error *error)
{
    struct rwe_run *run = request->run;
    struct rwe_cox_residuals residuals;
    if (grid == NULL || request->kind != kind_of(run) || model->failure.status != RWE_OK ||
        model->options.ties == RWE_COX_EXACT || !request->design->disjoint_arms)
        return RWE_OK;
    enum rwe_status status = rwe_cox_residuals(&model->data, model->matrix.x, &model->fit,
                                               &model->options, run->arena, &residuals, error);
    for (size_t a = 0; status == RWE_OK && a + 1 < run->cohort->n_arms; a++)
        present_greatest(grid, request, model, &residuals, &model->term[a]);
    return status;
}

/* ---- the file ---- */

/* A model's residuals, in the subjects' order. */
struct part {
    struct rwe_cox_request request;
    struct rwe_cox_model model;
    struct rwe_cox_residuals residuals;
    uint32_t *row_of; /* by subject: row of the model; UINT32_MAX: none */
    size_t *event_of; /* by row: place among the Schoenfeld residuals */
};

struct parts {
    struct part *item;
    size_t n;
};

/* Long: one residual a line, since models differ in their columns. */
static void write_value(FILE *out, const struct part *part, size_t row, const char *type,
                        const char *term, double value)
{
    const struct rwe_cohort *cohort = part->request.run->cohort;
    uint32_t subject = part->model.subject[row];
    rwe_csv_write_text(out, cohort->id[subject]);
    putc(',', out);
    rwe_csv_write_text(out, cohort->arm_level[cohort->arm[subject]]);
    putc(',', out);
    rwe_csv_write_text(out, part->request.endpoint->name);
    fprintf(out, ",%s,%s,%.17g,%u,%s,", part->request.design->name, part->model.name,
            part->model.data.time[row], (unsigned)part->model.data.event[row], type);
    rwe_csv_write_text(out, term);
    fprintf(out, ",%.17g\n", value);
}

/* Of each column; those of a spline are told apart by number. */
static void write_columns(FILE *out, const struct part *part, size_t row, const char *type,
                          const double value[])
{
    for (size_t t = 0; t < part->model.n_terms; t++) {
        const struct rwe_cox_term *term = &part->model.term[t];
        for (size_t c = 0; term->column != RWE_NO_INDEX && c < term->n_columns; c++) {
            char name[256];
            if (term->n_columns > 1)
                snprintf(name, sizeof name, "%s[%zu]", term->name, c + 1);
            else
                snprintf(name, sizeof name, "%s", term->name);
            write_value(out, part, row, type, name, value[term->column + c]);
        }
    }
}

static void write_subject(FILE *out, const struct part *part, size_t row)
{
    const struct rwe_cox_residuals *r = &part->residuals;
    write_value(out, part, row, "martingale", "", r->martingale[row]);
    write_value(out, part, row, "deviance", "", r->deviance[row]);
    write_columns(out, part, row, "score", r->score + row * r->p);
    write_columns(out, part, row, "dfbeta", r->dfbeta + row * r->p);
    if (part->model.data.event[row] == 0)
        return;
    write_columns(out, part, row, "schoenfeld", r->schoenfeld + part->event_of[row] * r->p);
    write_columns(out, part, row, "scaled.schoenfeld",
                  r->scaled_schoenfeld + part->event_of[row] * r->p);
}

static void write_parts(FILE *out, const void *context)
{
    const struct parts *parts = context;
    fputs("id,arm,endpoint,population,model,time,event,residual,term,value\n", out);
    for (size_t k = 0; k < parts->n; k++) {
        const struct part *part = &parts->item[k];
        for (size_t i = 0; i < part->request.run->cohort->n; i++)
            if (part->row_of[i] != UINT32_MAX)
                write_subject(out, part, part->row_of[i]);
    }
}

static enum rwe_status index_rows(struct part *part, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    size_t n = part->request.run->cohort->n;
    part->row_of = RWE_NEW(arena, uint32_t, n);
    part->event_of = RWE_NEW(arena, size_t, part->model.data.n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++)
        part->row_of[i] = UINT32_MAX;
    for (size_t k = 0; k < part->model.data.n; k++)
        part->row_of[part->model.subject[k]] = (uint32_t)k;
    for (size_t e = 0; e < part->residuals.n_events; e++)
        part->event_of[part->residuals.event_row[e]] = e;
    return RWE_OK;
}

/* Fits again, as the arena has given the models back; adds nothing where there is no fit. */
static enum rwe_status add_part(const struct rwe_cox_request *request, struct parts *parts,
                                struct rwe_error *error)
{
    struct part *part = &parts->item[parts->n];
    struct rwe_arena *arena = request->run->arena;
    part->request = *request;
    enum rwe_status status = rwe_cox_model_fit(request, &part->model, error);
    if (status == RWE_OK)
        status = rwe_cox_model_limits(request, &part->model, error);
    const struct rwe_cox_model *model = &part->model;
    if (status != RWE_OK || model->failure.status != RWE_OK || model->options.ties == RWE_COX_EXACT)
        return status;
    status = rwe_cox_residuals(&model->data, model->matrix.x, &model->fit, &model->options, arena,
                               &part->residuals, error);
    if (status == RWE_OK)
        status = index_rows(part, arena, error);
    parts->n += status == RWE_OK;
    return status;
}

enum rwe_status rwe_cox_write_residuals(const struct rwe_run *run, const void *state,
                                        struct rwe_error *error)
{
    (void)state;
    const char *path = cox_settings_of(run->settings)->residuals;
    const struct rwe_cohort *cohort = run->cohort;
    if (path == NULL)
        return RWE_OK;
    struct rwe_run again = *run; /* models are asked for by a run that may be written to */
    struct parts parts = {
        RWE_NEW(run->arena, struct part, cohort->n_endpoints * rwe_run_n_disjoint(run)), 0};
    enum rwe_status status = parts.item == NULL ? rwe_fail_memory(error) : RWE_OK;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++) {
            struct rwe_cox_request request = {&again, &cohort->endpoint[e], &again.design[d],
                                              kind_of(run), 0};
            status = add_part(&request, &parts, error);
        }
    return status == RWE_OK ? rwe_file_write(path, write_parts, &parts, error) : status;
}
