/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dates of a chart. They are made from the times of the model and never change them: what is
 * drawn here comes from a stream of its own, and the truth does not depend on it.
 *
 * A time becomes a day by one rule: what begins is rounded down and what ends up, so that
 * radiotherapy that starts before progression starts on an earlier day.
 */
#include "simulate_private.h"

#include "rwe/base/rng.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

/* What else can be in a chart. All of it is drawn for everybody, in this order, so that another
 * effect of radiotherapy finds the same. */
struct luck {
    double metastasis_to_index; /* days */
    double diagnosis_to_rt_end; /* days */
    bool treated_again;         /* new systemic therapy after progression ... */
    double until_treated_again; /* ... after so many days */
    bool switched;              /* new systemic therapy before progression ... */
    double switched_at;         /* ... after this share of the time that is left */
    bool wants_sbrt;
    int sbrt, conventional; /* prescriptions */
    bool pleura_too;
    int site, site_after_rt; /* of progression */
    bool knows_dose, knows_site;
};

static struct luck draw_luck(gsl_rng *r)
{
    struct luck luck = {0};
    luck.metastasis_to_index = 7 + fmin(gsl_ran_exponential(r, 20), 83);
    luck.diagnosis_to_rt_end = gsl_ran_flat(r, 60, 150);
    luck.treated_again = happens(r, 0.75);
    luck.until_treated_again = 7 + gsl_ran_exponential(r, 25);
    luck.switched = happens(r, 0.04);
    luck.switched_at = gsl_rng_uniform(r);
    luck.wants_sbrt = happens(r, 0.50);
    luck.sbrt = pick(r, (const int[]){50, 30, 20});
    luck.conventional = pick(r, (const int[]){40, 25, 15, 15, 5});
    luck.pleura_too = happens(r, 0.50);
    luck.site = pick(r, (const int[]){0, 60, 12, 28});
    luck.site_after_rt = pick(r, (const int[]){20, 35, 12, 33});
    luck.knows_dose = happens(r, 0.95);
    luck.knows_site = happens(r, 0.90);
    return luck;
}

static int beginning(double months)
{
    return (int)floor(months * SIMULATE_DAYS_PER_MONTH);
}

/* The data cut-off is a whole day, which its months give back with an error of rounding. */
static int end(double months)
{
    return (int)ceil(months * SIMULATE_DAYS_PER_MONTH - 1e-9);
}

/* The disease-free interval is that of the file, which has one decimal. */
static void date_history(const struct rwe_simulated_patient *p, const struct luck *luck,
                         struct chart *chart)
{
    double dfi = rint(10 * p->dfi) / 10;
    chart->metastasis = p->index_day - (int)luck->metastasis_to_index;
    chart->primary_rt_end = chart->metastasis - (int)rint(dfi * SIMULATE_DAYS_PER_MONTH);
    chart->diagnosis = chart->primary_rt_end - (int)luck->diagnosis_to_rt_end;
}

static void date_events(const struct rwe_simulated_patient *p, struct chart *chart)
{
    bool died_first = p->os_event && p->pfs == p->os;
    chart->last_contact = p->index_day + end(p->os);
    chart->death = p->os_event ? chart->last_contact : NO_DATE;
    chart->progression = p->pfs_event && !died_first ? p->index_day + end(p->pfs) : NO_DATE;
    chart->rt_start = p->irradiated ? p->index_day + beginning(p->rt_start) : NO_DATE;
    chart->lost = p->lost && chart->last_contact < SIMULATE_CUTOFF_DAY;
}

/* Progression, or the end of follow-up without it. */
static int progression_free_until(const struct chart *chart)
{
    return chart->progression != NO_DATE ? chart->progression : chart->last_contact;
}

/* The day of the evaluation whose result is `p->response`, when no planned scan came in time: half
 * way to what ended the waiting, and a week before radiotherapy. */
static int early_evaluation(const struct rwe_simulated_patient *p, const struct chart *chart)
{
    int half_way = p->index_day + (progression_free_until(chart) - p->index_day) / 2;
    int before_rt = chart->rt_start - 7;
    return chart->rt_start != NO_DATE && before_rt < half_way ? before_rt : half_way;
}

/*
 * The scans he had. The first evaluation is a scan without progression unless its result is "PD":
 * then the first thing known of him is the progression.
 */
static void date_scans(const struct rwe_simulated_patient *p, const double planned[SIMULATE_SCANS],
                       struct chart *chart)
{
    bool primary_progression = strcmp(p->response, "PD") == 0;
    int until = progression_free_until(chart);
    int n = 0;
    for (int k = 0; k < SIMULATE_SCANS && planned[k] <= p->pfs && !primary_progression; k++) {
        int day = p->index_day + end(planned[k]);
        if (day < until || chart->progression == NO_DATE)
            chart->scan[n++] = day;
    }
    bool too_late = n == 0 || (chart->rt_start != NO_DATE && chart->scan[0] >= chart->rt_start);
    if (too_late && !primary_progression) {
        chart->scan[0] = early_evaluation(p, chart);
        n += n == 0;
    }
    chart->last_assessment = n > 0 ? chart->scan[n - 1] : NO_DATE;
    for (int k = 0; k < SIMULATE_SCANS; k++)
        chart->seen_on_scan |= chart->progression != NO_DATE && planned[k] == p->pfs;
    if (chart->seen_on_scan)
        chart->scan[n++] = chart->progression;
    chart->n_scans = n;
    chart->response = primary_progression ? chart->progression : chart->scan[0];
}

static const struct prescription {
    const char *technique;
    double fraction; /* Gy */
    int fractions;
    bool every_other_day; /* else five a week */
} sbrt[] = {{"SBRT", 10, 5, true}, {"SBRT", 7.5, 8, true}, {"SBRT", 12, 4, true}},
  conventional[] = {{"IMRT", 2, 30, false},
                    {"VMAT", 2, 30, false},
                    {"IMRT", 2, 25, false},
                    {"VMAT", 3, 15, false},
                    {"3DCRT", 3, 10, false}};

static int days_of_course(const struct prescription *given, int fractions)
{
    int after_first = fractions - 1;
    return given->every_other_day ? 2 * after_first : after_first + 2 * (after_first / 5);
}

/* A few small metastases can have stereotactic radiotherapy. The course stops with the follow-up. */
static void date_radiotherapy(const struct rwe_simulated_patient *p, const struct luck *luck,
                              struct chart *chart)
{
    if (!p->irradiated)
        return;
    bool few_and_small = p->n_lung_mets <= 3 && p->max_lung_mm <= 50;
    const struct prescription *given =
        few_and_small && luck->wants_sbrt ? &sbrt[luck->sbrt] : &conventional[luck->conventional];
    int fractions = given->fractions;
    while (fractions > 1 &&
           chart->rt_start + days_of_course(given, fractions) > chart->last_contact)
        fractions--;
    static const char *const sites[2][2] = {{"lung", "lung;pleura"},
                                            {"lung;mediast", "lung;mediast;pleura"}};
    chart->rt_end = chart->rt_start + days_of_course(given, fractions);
    chart->rt_site = sites[p->mediastinal][p->pleural && luck->pleura_too];
    bool broken_off_at_once = fractions * given->fraction < 8; /* no chart calls that a dose */
    if (luck->knows_dose && !broken_off_at_once) {
        chart->technique = given->technique;
        chart->fractions = fractions;
        chart->dose = fractions * given->fraction;
    }
}

/* New therapy has no effect in this model. */
static void date_new_therapy(const struct luck *luck, struct chart *chart)
{
    int until = progression_free_until(chart);
    int from = chart->rt_end != NO_DATE ? chart->rt_end : chart->response;
    if (luck->switched && from + 1 < until) {
        chart->new_therapy = from + 1 + (int)(luck->switched_at * (until - from - 1));
        return;
    }
    int again = until + (int)luck->until_treated_again;
    if (chart->progression != NO_DATE && luck->treated_again && again < chart->last_contact)
        chart->new_therapy = again;
}

void simulate_chart(const struct rwe_simulation *simulation, size_t i, struct chart *chart)
{
    static const char *const sites[] = {"infield", "lung_outfield", "np_neck", "distant"};
    const struct rwe_simulated_patient *p = &simulation->patient[i];
    struct rwe_rng rng;
    struct luck luck =
        draw_luck(rwe_rng_start(&rng, simulation->options.seed, RWE_RNG_SIMULATE_CHARTS, i));
    double planned[SIMULATE_SCANS];
    simulate_scans(simulation, i, planned);
    *chart = (struct chart){.rt_end = NO_DATE, .new_therapy = NO_DATE};
    date_history(p, &luck, chart);
    date_events(p, chart);
    date_scans(p, planned, chart);
    date_radiotherapy(p, &luck, chart);
    date_new_therapy(&luck, chart);
    /* Only who was irradiated can fail within the field. */
    if (chart->progression != NO_DATE && luck.knows_site)
        chart->progression_site = sites[p->irradiated ? luck.site_after_rt : luck.site];
}
