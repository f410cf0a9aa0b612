/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cohort as CSV. Numbers are written by hand: a million patients are 65 million cells. */
#include "simulate_private.h"

#include "rwe/base/date.h"

#include <math.h>
#include <string.h>

/* Longer than any row: some 70 cells, of which the texts are short constants. */
struct row {
    char text[1024];
    size_t used;
};

static void put_char(struct row *row, char c)
{
    row->text[row->used++] = c;
}

/* A cell ends in a comma, the last one's becomes the end of the line. What is not known is empty.
 */
static void put_text(struct row *row, bool known, const char *text)
{
    bool quoted = known && strchr(text, ',') != NULL;
    if (quoted)
        put_char(row, '"');
    for (; known && *text != '\0'; text++)
        put_char(row, *text);
    if (quoted)
        put_char(row, '"');
    put_char(row, ',');
}

/* `value` with a point before its last `decimals` digits. */
static void put_scaled(struct row *row, bool known, double value, int decimals)
{
    char digit[24];
    int n = 0, least = decimals > 0 ? decimals + 2 : 1; /* 0.05, not .05 */
    unsigned long rest = known ? (unsigned long)value : 0;
    while (known && (rest > 0 || n < least)) {
        digit[n++] = (char)('0' + rest % 10);
        rest /= 10;
        if (n == decimals)
            digit[n++] = '.';
    }
    while (n > 0)
        put_char(row, digit[--n]);
    put_char(row, ',');
}

static void put_integer(struct row *row, bool known, double value)
{
    put_scaled(row, known, rint(value), 0);
}

static void put_flag(struct row *row, bool known, bool flag)
{
    put_scaled(row, known, flag, 0);
}

static void put_decimal(struct row *row, bool known, double value, int decimals)
{
    put_scaled(row, known, rint(value * (decimals == 1 ? 10 : 100)), decimals);
}

/* Beginnings are rounded down and ends up, so that what came first stays first. */
static void put_beginning(struct row *row, bool known, double months)
{
    put_scaled(row, known, known ? floor(100 * months) : 0, 2);
}

static void put_end(struct row *row, double months)
{
    put_scaled(row, true, ceil(100 * months), 2);
}

static void put_level(struct row *row, bool known, char letter, int level)
{
    const char text[] = {letter, (char)('0' + level), '\0'};
    put_text(row, known, text);
}

/* NO_DATE: empty. */
static void put_date(struct row *row, int day)
{
    char text[RWE_DATE_SIZE];
    if (day != NO_DATE)
        rwe_date_format(day, text);
    put_text(row, day != NO_DATE, text);
}

static void write_row(struct row *row, FILE *out)
{
    row->text[row->used - 1] = '\n';
    fwrite(row->text, 1, row->used, out);
    row->used = 0;
}

static enum rwe_status finish(FILE *out, const char *what, struct rwe_error *error)
{
    if (fflush(out) != 0 || ferror(out))
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "the simulated %s cannot be written: is the disk full?", what);
    return RWE_OK;
}

/* SYN-0001, wide enough that all identifiers of a cohort have the same length. */
static void write_id(const struct rwe_simulation *simulation, size_t i, struct row *row)
{
    int width = 4;
    for (size_t most = 9999; most < simulation->options.n; most = 10 * most + 9)
        width++;
    row->used = (size_t)snprintf(row->text, sizeof row->text, "SYN-%0*zu,", width, i + 1);
}

static void put_baseline(struct row *row, const struct rwe_simulated_patient *p)
{
    static const int first_of_year[] = {18628, 18993, 19358, 19723}; /* 2021 to 2024 */
    int year = 2020;
    for (int k = 0; k < 4; k++)
        year += p->index_day >= first_of_year[k];
    bool lung = chart_has(p, CHART_LUNG), chest = chart_has(p, CHART_CHEST);
    bool stage = chart_has(p, CHART_STAGE), distant = chart_has(p, CHART_DISTANT);
    bool ebv = chart_has(p, CHART_EBV), blood = chart_has(p, CHART_BLOOD);

    put_level(row, true, 'S', p->site);
    put_integer(row, true, year);
    put_integer(row, true, p->age);
    put_text(row, true, p->male ? "M" : "F");
    put_flag(row, chart_has(p, CHART_SMOKING), p->smoker);
    put_integer(row, chart_has(p, CHART_KPS), p->kps);
    put_level(row, stage, 'T', p->t_stage);
    put_level(row, stage, 'N', p->n_stage);
    put_decimal(row, true, p->dfi, 1);
    put_integer(row, lung, p->n_lung_mets);
    put_flag(row, lung, p->oligo);
    put_integer(row, lung, p->max_lung_mm);
    put_flag(row, lung, p->bilateral);
    put_flag(row, chest, p->pleural);
    put_flag(row, chest, p->mediastinal);
    put_flag(row, distant, p->liver);
    put_flag(row, distant, p->bone);
    put_integer(row, ebv, p->ebv_dna);
    put_decimal(row, ebv, log10(p->ebv_dna + 1), 2);
    put_integer(row, blood, p->ldh);
    put_decimal(row, blood, p->nlr, 2);
    put_decimal(row, blood, p->alb, 1);
}

static void put_course(struct row *row, const struct rwe_simulated_patient *p)
{
    put_text(row, chart_has(p, CHART_RESPONSE), p->response);
    put_text(row, true, p->irradiated ? "GP+Tis+RT" : "GP+Tis");
    put_beginning(row, p->irradiated, p->rt_start);
    put_end(row, p->pfs);
    put_flag(row, true, p->pfs_event);
    put_end(row, p->os);
    put_flag(row, true, p->os_event);
    put_text(row, true, "synthetic");
}

static bool responded(const struct rwe_simulated_patient *p)
{
    return chart_has(p, CHART_RESPONSE) && p->responder;
}

/* Responses do not deepen in this model, so the best one is the first. */
static const char *known_response(const struct rwe_simulated_patient *p)
{
    return chart_has(p, CHART_RESPONSE) ? p->response : "NE";
}

static void put_radiotherapy(struct row *row, const struct chart *chart)
{
    bool dose_known = chart->technique != NULL;
    put_date(row, chart->rt_start);
    put_date(row, chart->rt_end);
    put_text(row, chart->rt_site != NULL, chart->rt_site);
    put_text(row, dose_known, chart->technique);
    put_integer(row, dose_known, chart->dose);
    put_integer(row, dose_known, chart->fractions);
}

static void put_chart(struct row *row, const struct rwe_simulated_patient *p,
                      const struct chart *chart)
{
    bool progressed = chart->progression != NO_DATE;
    put_date(row, p->index_day);
    put_date(row, chart->metastasis);
    put_date(row, chart->diagnosis);
    put_date(row, chart->primary_rt_end);
    put_radiotherapy(row, chart);
    put_date(row, chart->progression);
    put_text(row, progressed, chart->seen_on_scan ? "imaging" : "clinical");
    put_text(row, chart->progression_site != NULL, chart->progression_site);
    put_date(row, chart->last_assessment);
    put_date(row, chart->new_therapy);
    put_flag(row, true, p->os_event);
    put_date(row, chart->death);
    put_date(row, chart->last_contact);
    put_flag(row, true, chart->lost);
    put_text(row, true, known_response(p));
    put_date(row, responded(p) ? chart->response : NO_DATE);
}

/* The criteria of the registry that no other column tells. Who is in the cohort meets them. */
#define ELIGIBILITY_COLUMNS                                                                        \
    ",histology_ok,measurable,organ_ok,crt_suitable,prior_ici,recurrent,prior_met_chemo,cns_symp," \
    "pneumonitis_steroid,autoimmune,serious_disease,other_trial_3mo,judged_unsuitable"
static void put_eligibility(struct row *row)
{
    const int must_be = 4, must_not_be = 9;
    for (int k = 0; k < must_be + must_not_be; k++)
        put_flag(row, true, k < must_be);
}

/* "begun-9", so that files of several strategies can be put below each other and compared. */
static void put_strategy(struct row *row, const struct rwe_simulation_options *options)
{
    static const char *const name[] = {[RWE_STRATEGY_BEGUN] = "begun",
                                       [RWE_STRATEGY_NONE] = "none",
                                       [RWE_STRATEGY_NEVER] = "never"};
    char text[40];
    if (options->strategy == RWE_STRATEGY_NEVER)
        snprintf(text, sizeof text, "%s", name[options->strategy]);
    else
        snprintf(text, sizeof text, "%s-%g", name[options->strategy], options->grace);
    put_text(row, true, text);
}

enum rwe_status rwe_simulate_write_cohort(const struct rwe_simulation *simulation, FILE *out,
                                          struct rwe_error *error)
{
    bool counterfactual = simulation->options.strategy != RWE_STRATEGY_NATURAL;
    fputs("usubjid,siteid,index_year,age,sex,smoke,kps,t_stage,n_stage,dfi_mo,n_lung_mets,oligo,"
          "max_lung_mm,lung_bilat,pleural,mediast_ln,liver_met,bone_met,ebv_dna,ebv_log10,ldh,nlr,"
          "alb,resp_m3,arm,rt_start_mo,pfs_mo,pfs_event,os_mo,os_event,data_source,index_date,"
          "met_date,dx_date,prim_rt_end_date,rt_start_date,rt_end_date,rt_site,rt_tech,rt_dose_gy,"
          "rt_fx,pd_date,pd_type,pd_site,last_assess_date,newtx_date,death,death_date,"
          "last_contact_date,ltfu,bor,resp_first_date" ELIGIBILITY_COLUMNS,
          out);
    fputs(counterfactual ? ",strategy\n" : "\n", out);
    struct chart chart;
    struct row row;
    for (size_t i = 0; i < simulation->options.n; i++) {
        write_id(simulation, i, &row);
        put_baseline(&row, &simulation->patient[i]);
        put_course(&row, &simulation->patient[i]);
        simulate_chart(simulation, i, &chart);
        put_chart(&row, &simulation->patient[i], &chart);
        put_eligibility(&row);
        if (counterfactual)
            put_strategy(&row, &simulation->options);
        write_row(&row, out);
    }
    return finish(out, "cohort", error);
}

static void put_episode(struct row *row, const struct episode *e)
{
    put_text(row, true, toxicity_term(e->term));
    put_text(row, true, toxicity_soc(e->term));
    put_integer(row, true, e->grade);
    put_beginning(row, true, e->start);
    put_flag(row, true, e->serious);
    put_flag(row, true, e->immune);
}

static void put_episode_course(struct row *row, const struct episode_course *c)
{
    put_date(row, c->start);
    put_date(row, c->end);
    put_integer(row, true, c->rel_chemo);
    put_integer(row, true, c->rel_pd1);
    put_integer(row, true, c->rel_rt);
    put_text(row, true, c->action);
    put_text(row, true, c->outcome);
    put_flag(row, true, c->steroid);
}

enum rwe_status rwe_simulate_write_ae(const struct rwe_simulation *simulation, FILE *out,
                                      struct rwe_error *error)
{
    fputs("usubjid,ae_seq,ae_term,ae_soc,ae_grade,ae_start_mo,ae_serious,ae_immune,ae_start_date,"
          "ae_end_date,ae_rel_chemo,ae_rel_pd1,ae_rel_rt,ae_action,ae_outcome,ae_steroid\n",
          out);
    struct episode episode[TOXICITY_EPISODES_MAX];
    struct episode_course course[TOXICITY_EPISODES_MAX];
    struct row row;
    for (size_t i = 0; i < simulation->options.n; i++) {
        int n = toxicity_draw(simulation, i, episode);
        toxicity_courses(simulation, i, episode, n, course);
        for (int k = 0; k < n; k++) {
            write_id(simulation, i, &row);
            put_integer(&row, true, k + 1);
            put_episode(&row, &episode[k]);
            put_episode_course(&row, &course[k]);
            write_row(&row, out);
        }
    }
    return finish(out, "adverse events", error);
}

enum rwe_status rwe_simulate_write_assessments(const struct rwe_simulation *simulation, FILE *out,
                                               struct rwe_error *error)
{
    fputs("usubjid,assess_date,overall_resp\n", out);
    struct chart chart;
    struct row row;
    for (size_t i = 0; i < simulation->options.n; i++) {
        simulate_chart(simulation, i, &chart);
        for (int k = 0; k < chart.n_scans; k++) {
            bool shows_progression = chart.scan[k] == chart.progression;
            write_id(simulation, i, &row);
            put_date(&row, chart.scan[k]);
            put_text(&row, true,
                     shows_progression ? "PD" : known_response(&simulation->patient[i]));
            write_row(&row, out);
        }
    }
    return finish(out, "assessments", error);
}
