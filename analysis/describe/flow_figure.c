/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow diagram from the facts of the table. See flow_figure.h and flow.md. */
#include "flow_figure.h"

#include "rwe/analysis/pipeline.h"
#include "rwe/report/figure.h"
#include <string.h>

struct drawn {
    const struct rwe_run *run;
    struct rwe_figure *figure;
};

/* Whether a fact is a count of the table "Who is analysed" for that arm (NULL: for all). */
static bool is_count_of(const struct rwe_fact_value *fact, const char *group)
{
    const char *of = fact->key.group;
    return strcmp(fact->key.analysis, "flow") == 0 && strcmp(fact->stat, "n") == 0 &&
           fact->key.term != NULL &&
           (of == group || (of != NULL && group != NULL && strcmp(of, group) == 0));
}

/* The count of that step in the whole file or in an arm. */
static rwe_fact step(const struct drawn *d, const char *term, const char *group)
{
    struct rwe_key key = rwe_key_of("flow");
    key.term = term;
    key.group = group;
    return rwe_document_find(d->run->document, &key, "n");
}

/* Of a landmark its time and, but for all there, the label of the population. */
static const char *label_at(const struct rwe_landmark_run *landmark, size_t d,
                            struct rwe_arena *arena)
{
    const char *label = d == 0 ? rwe_arena_format(arena, "Landmark at %.10g", landmark->at.time)
                               : rwe_arena_format(arena, "Landmark at %.10g: %s", landmark->at.time,
                                                  landmark->run.design[d].label);
    return label == NULL ? "" : label;
}

/* How readers know a population: by its label, not by its name. */
static const char *population_label(const struct rwe_run *run, const char *name)
{
    for (size_t d = 0; d < run->n_designs; d++)
        if (strcmp(run->design[d].name, name) == 0)
            return run->design[d].label;
    for (size_t l = 0; l < run->n_landmarks; l++)
        for (size_t d = 0; d < run->landmark[l].run.n_designs; d++)
            if (strcmp(run->landmark[l].run.design[d].name, name) == 0)
                return label_at(&run->landmark[l], d, run->arena);
    return name;
}

/* What the terms of the table mean; NULL: how many are in the population. */
static const struct {
    const char *term, *label;
} terms[] = {
    {"matched", NULL},
    {"weighted", NULL},
    {"cloned", NULL},
    {"in", NULL},
    {"unmatched", "not in it"},
    {"out", "not in it"},
    {"event before", "had an event before"},
    {"censored before", "no longer followed"},
    {"analysed", "analysed, by exposure then"},
    {"exposed later", "… of them exposed later"},
    {"clones", "clones, one a strategy"},
    {"left", "left their strategy"},
};

static const char *term_label(const char *term)
{
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        if (strcmp(terms[i].term, term) == 0)
            return terms[i].label;
    return term;
}

/* Who is left out, by what: every step between the rows and those analysed. */
static void add_left_out(const struct drawn *d, rwe_box screened)
{
    rwe_box box = RWE_NO_BOX;
    for (rwe_fact f = 0; f < rwe_document_n_facts(d->run->document); f++) {
        const struct rwe_fact_value *fact = rwe_document_fact(d->run->document, f);
        if (!is_count_of(fact, NULL) || fact->key.population != NULL ||
            strcmp(fact->key.term, "screened") == 0 || strcmp(fact->key.term, "analysed") == 0)
            continue;
        if (box == RWE_NO_BOX) {
            box = rwe_figure_box(d->figure, screened, true);
            rwe_figure_box_line(d->figure, box, 0, "Left out", RWE_NO_FACT);
        }
        rwe_figure_box_line(d->figure, box, 1, fact->key.term, f);
    }
}

/* A line of a population: its name comes with how many are in it, or stands over what became of them. */
static void add_step(const struct drawn *d, rwe_box box, rwe_fact f, bool first)
{
    const struct rwe_key *key = &rwe_document_fact(d->run->document, f)->key;
    const char *what = term_label(key->term);
    if (first)
        rwe_figure_box_line(d->figure, box, 0, population_label(d->run, key->population),
                            what == NULL ? f : RWE_NO_FACT);
    if (what != NULL && key->endpoint != NULL)
        what = rwe_arena_format(d->run->arena, "%s: %s", what, key->endpoint);
    if (what != NULL)
        rwe_figure_box_line(d->figure, box, 0, what, f);
}

/* The populations, each a box, as far as people of this arm are in them. */
static void add_populations(const struct drawn *d, rwe_box arm, const char *group)
{
    rwe_box box = RWE_NO_BOX;
    const char *last = "";
    for (rwe_fact f = 0; f < rwe_document_n_facts(d->run->document); f++) {
        const struct rwe_fact_value *fact = rwe_document_fact(d->run->document, f);
        if (!is_count_of(fact, group) || fact->key.population == NULL)
            continue;
        bool first = strcmp(fact->key.population, last) != 0;
        if (first)
            box = rwe_figure_box(d->figure, arm, false);
        add_step(d, box, f, first);
        last = fact->key.population;
    }
}

void rwe_flow_figure(struct rwe_run *run)
{
    if (rwe_document_failed(run->document)) /* the facts may not be whole */
        return;
    struct drawn d = {
        run, rwe_document_figure(run->document, RWE_FIGURE_FLOW, "flow", "Flow of patients")};
    rwe_figure_describe(d.figure,
                        "From the rows of the file, past those left out and why, to the subjects "
                        "analysed, then by arm who is in each population. The numbers are those of "
                        "the table Who is analysed.");
    if (run->n_landmarks > 0)
        rwe_figure_note(d.figure,
                        "Who is lost before a landmark counts in the arm of the end, who is "
                        "analysed there in that of the exposure by then.");
    rwe_box screened = rwe_figure_box(d.figure, RWE_NO_BOX, false);
    rwe_figure_box_line(d.figure, screened, 0, "Rows in the file", step(&d, "screened", NULL));
    add_left_out(&d, screened);
    rwe_box analysed = rwe_figure_box(d.figure, screened, false);
    rwe_figure_box_line(d.figure, analysed, 0, "Subjects analysed", step(&d, "analysed", NULL));
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const char *level = run->cohort->arm_level[a];
        rwe_box arm = rwe_figure_box(d.figure, analysed, false);
        rwe_figure_box_line(d.figure, arm, 0, level, step(&d, "analysed", level));
        add_populations(&d, arm, level);
    }
}
