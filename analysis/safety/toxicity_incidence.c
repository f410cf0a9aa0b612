/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative incidence of an adverse event, death competing. See toxicity.md. */
#include "estimates/cuminc.h"
#include "toxicity_rates.h"

#include "rwe/analysis/times.h"
#include "rwe/base/sort.h"

#include <math.h>
#include <string.h>

/* A term at a level, as asked for. */
struct question {
    const char *name;
    size_t level;
    struct rwe_toxicity_row row;
};

/* ---- what is asked ---- */

/* "any:3" is any at grade 3 or more. */
static enum rwe_status take_apart(const struct rwe_run *run, const char *text,
                                  struct question *question, struct rwe_error *error)
{
    size_t length = strlen(text);
    bool severe = length > 2 && strcmp(text + length - 2, ":3") == 0;
    char *name = rwe_arena_format(run->arena, "%.*s", (int)(severe ? length - 2 : length), text);
    if (name == NULL)
        return rwe_fail_memory(error);
    question->name = name;
    question->level = severe ? RWE_TOXICITY_SEVERE : RWE_TOXICITY_ANY;
    return RWE_OK;
}

static enum rwe_status no_such_term(const struct rwe_run *run, const char *name,
                                    struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = run->toxicity;
    const char **known = RWE_NEW(run->arena, const char *, toxicity->n_rows);
    if (known == NULL)
        return rwe_fail_memory(error);
    for (size_t r = 0; r < toxicity->n_rows; r++)
        known[r] = toxicity->row[r].name;
    const char *near = rwe_text_nearest(name, known, toxicity->n_rows);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--ae-incidence %s: the file has no such term%s%s%s", name,
                    near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                    near == NULL ? "" : "\"?");
}

/* The row of the term; of pneumonitis all its terms together. */
static enum rwe_status find_row(const struct rwe_run *run, struct question *question,
                                struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = run->toxicity;
    uint8_t *mark = RWE_NEW(run->arena, uint8_t, toxicity->events.n_terms);
    const struct rwe_toxicity_filter filter = {.terms = mark};
    struct rwe_toxicity_list list;
    if (mark == NULL)
        return rwe_fail_memory(error);
    if (strcasecmp(question->name, "pneumonitis") == 0 &&
        rwe_toxicity_mark_pneumonitis(&toxicity->events, mark)) {
        question->row.name = "pneumonitis";
        bool done =
            rwe_toxicity_select(toxicity, &toxicity->all, &filter, run->arena, &list) == RWE_OK &&
            rwe_toxicity_collect(toxicity, &list, run->arena, &question->row) == RWE_OK;
        return done ? RWE_OK : rwe_fail_memory(error);
    }
    for (size_t r = 0; r < toxicity->n_rows; r++)
        if (strcasecmp(toxicity->row[r].name, question->name) == 0) {
            question->row = toxicity->row[r];
            return RWE_OK;
        }
    return no_such_term(run, question->name, error);
}

/* Those of --ae-incidence; without it any of grade 3 or more and, where there is one, pneumonitis. */
static enum rwe_status ask(const struct rwe_run *run, struct question **questions, size_t *n,
                           struct rwe_error *error)
{
    const char *usual[] = {"any:3", "pneumonitis"};
    struct rwe_strings asked = toxicity_settings_of(run->settings)->incidence;
    if (asked.n == 0)
        asked = (struct rwe_strings){usual, rwe_toxicity_has_pneumonitis(run) ? 2 : 1};
    struct question *question = RWE_NEW(run->arena, struct question, asked.n);
    enum rwe_status status = question == NULL ? rwe_fail_memory(error) : RWE_OK;
    *n = 0;
    for (size_t k = 0; k < asked.n && status == RWE_OK; k++) {
        status = take_apart(run, asked.item[k], &question[*n], error);
        if (status == RWE_OK)
            status = find_row(run, &question[*n], error);
        bool twin = false;
        for (size_t q = 0; q < *n; q++)
            twin = twin || (strcmp(question[q].row.name, question[*n].row.name) == 0 &&
                            question[q].level == question[*n].level);
        *n += !twin;
    }
    *questions = question;
    return status;
}

/* ---- curves ---- */

/* The term is cause 1, death without it cause 2. */
static enum rwe_status make_endpoint(const struct rwe_toxicity_view *view,
                                     const struct question *question, struct rwe_endpoint *endpoint)
{
    static const char *const causes[] = {"event", "death"};
    struct rwe_arena *arena = view->run->arena;
    const struct rwe_endpoint *follow_up = view->toxicity->follow_up;
    size_t n = view->run->cohort->n;
    const struct rwe_first_events first = {RWE_NEW(arena, double, n), RWE_NEW(arena, uint8_t, n)};
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    rwe_toxicity_first(view->toxicity, &question->row, question->level, first);
    for (size_t i = 0; i < n; i++) {
        bool died = first.event[i] == RWE_FIRST_NONE && follow_up->event[i] > 0;
        first.event[i] = first.event[i] == RWE_FIRST_KNOWN ? 1 : died ? 2 : 0;
    }
    *endpoint = (struct rwe_endpoint){.name = question->row.name,
                                      .time = first.time,
                                      .event = first.event,
                                      .order = order,
                                      .n_causes = 2,
                                      .cause_name = causes};
    return rwe_sort_numbers(first.time, n, arena, order);
}

static enum rwe_status fit(const struct rwe_toxicity_view *view,
                           const struct rwe_endpoint *endpoint, struct rwe_aalen_johansen curve[],
                           struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new(); /* the event table need not outlive its curves */
    enum rwe_status status =
        scratch == NULL ? rwe_fail_memory(error)
                        : rwe_cuminc_fit(view->run, endpoint, view->design, scratch, curve, error);
    rwe_arena_free(scratch);
    return status;
}

/* ---- presenting ---- */

static struct rwe_key key_of(const struct rwe_toxicity_view *view, const struct question *question)
{
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    key.model = "cuminc";
    key.term = question->row.name;
    key.level = rwe_toxicity_level[question->level].name;
    return key;
}

static void put_point(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                      const struct rwe_key *key, const struct rwe_aalen_johansen *curve)
{
    struct rwe_document *document = view->run->document;
    struct rwe_aalen_johansen_point point = rwe_aalen_johansen_at(curve, 1, key->time);
    rwe_fact value = rwe_document_number(document, key, "estimate", point.incidence);
    rwe_document_number(document, key, "std.error", point.std_error);
    rwe_fact low = rwe_document_number(document, key, "conf.low", point.conf_low);
    rwe_fact high = rwe_document_number(document, key, "conf.high", point.conf_high);
    rwe_document_number(document, key, "n.risk", point.at_risk);
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
}

static void add_series(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                       const struct rwe_aalen_johansen *c)
{
    static const char *const columns[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                          "estimate", "std.error", "conf.low", "conf.high"};
    const double *const values[] = {c->time,      c->at_risk,   c->events,   c->censored,
                                    c->incidence, c->std_error, c->conf_low, c->conf_high};
    rwe_document_series(view->run->document, key, "step", c->n_points, 8, columns, values);
}

static enum rwe_status present_question(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                        const struct question *question, struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    struct rwe_times times = rwe_times_of(run, view->toxicity->follow_up);
    struct rwe_endpoint endpoint;
    struct rwe_aalen_johansen *curve =
        RWE_NEW(run->arena, struct rwe_aalen_johansen, run->cohort->n_arms);
    if (curve == NULL || make_endpoint(view, question, &endpoint) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status = fit(view, &endpoint, curve, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = key_of(view, question);
    bool is_group = strcmp(question->row.name, "pneumonitis") == 0;
    rwe_grid_row(grid, 0, "%s, %s",
                 is_group ? "Pneumonitis of any cause" : rwe_toxicity_row_label(&question->row),
                 question->level == RWE_TOXICITY_ANY ? "any grade" : "grade ≥3");
    for (size_t t = 0; t < times.n; t++) {
        rwe_grid_row(grid, 1, "%g", times.at[t]);
        key.time = times.at[t];
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            put_point(view, grid, &arm, &curve[a]);
        }
    }
    key.time = NAN;
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        rwe_document_number(run->document, &arm, "n.event", curve[a].n_events[0]);
        rwe_document_number(run->document, &arm, "n.competing", curve[a].n_events[1]);
        add_series(view, &arm, &curve[a]);
    }
    return RWE_OK;
}

enum rwe_status rwe_toxicity_incidence(const struct rwe_toxicity_view *view,
                                       struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    struct question *question;
    size_t n;
    enum rwe_status status = ask(run, &question, &n, error);
    if (status != RWE_OK)
        return status;
    struct rwe_grid *grid = rwe_toxicity_table(view, "Cumulative incidence of adverse events");
    rwe_grid_column(grid, "event and time%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\n(%s CI)", run->cohort->arm_level[a], rwe_conf_level_text(run));
    for (size_t q = 0; q < n && status == RWE_OK; q++)
        status = present_question(view, grid, &question[q], error);
    rwe_grid_note(grid,
                  "First event since time zero, death without it competing: Aalen–Johansen; "
                  "limits on the log-log scale; variance: %s. Who had an event of unknown onset "
                  "is censored at time zero.",
                  rwe_variance_words(run, view->design, RWE_VARIANCE_OF_ARM, "Aalen's"));
    return status;
}
