/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/simulator/simulate_private.h"
#include "../oracle/simulate_moments.h"
#include "check.h"
#include "rwe/base/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY 40000 /* the patients of the tests that compare shares */

static struct rwe_arena *arena;
static const struct rwe_simulation *many;

static const struct rwe_simulation *simulate(struct rwe_simulation_options options)
{
    struct rwe_simulation *simulation = NULL;
    struct rwe_error error = {0};
    assert_int_equal(rwe_simulate_cohort(&options, arena, &simulation, &error), RWE_OK);
    return simulation;
}

static int set_up(void **state)
{
    (void)state;
    arena = rwe_arena_new();
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = MANY;
    many = simulate(options);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rwe_arena_free(arena);
    return 0;
}

/* ---- the cohort against R ---- */

enum subset { EVERYBODY, IRRADIATED, NOT_IRRADIATED };

/* Kaplan-Meier curve of `many`; at least `level` of it is reached first at the time returned, or,
 * when `when` is given, its value then. */
static double kaplan_meier(bool os, bool reversed, enum subset subset, double level,
                           const double *when)
{
    double *time = RWE_NEW(arena, double, MANY), survival = 1;
    bool *event = RWE_NEW(arena, bool, MANY);
    uint32_t *order = RWE_NEW(arena, uint32_t, MANY);
    size_t n = 0;
    for (size_t i = 0; i < MANY; i++) {
        const struct rwe_simulated_patient *p = &many->patient[i];
        if (subset != EVERYBODY && p->irradiated != (subset == IRRADIATED))
            continue;
        time[n] = os ? p->os : p->pfs;
        event[n++] = (os ? p->os_event : p->pfs_event) != reversed;
    }
    assert_int_equal(rwe_sort_numbers(time, n, arena, order), RWE_OK);
    for (size_t k = 0; k < n; k++) {
        if (when != NULL && time[order[k]] > *when)
            return survival;
        if (event[order[k]])
            survival *= 1 - 1 / (double)(n - k);
        if (when == NULL && survival <= level)
            return time[order[k]];
    }
    return NAN;
}

static double curve_at(bool os, enum subset subset, double months)
{
    return kaplan_meier(os, false, subset, 0, &months);
}

static double median(bool os, enum subset subset)
{
    return kaplan_meier(os, false, subset, 0.5, NULL);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_rt_start(void)
{
    double *start = RWE_NEW(arena, double, MANY);
    size_t n = 0;
    for (size_t i = 0; i < MANY; i++)
        if (many->patient[i].irradiated)
            start[n++] = many->patient[i].rt_start;
    qsort(start, n, sizeof *start, ascending);
    return start[n / 2];
}

static void add_baseline(const struct rwe_simulated_patient *p, double sum[])
{
    sum[SITE_1] += p->site == 1;
    sum[SITE_4] += p->site == 4;
    sum[INDEX_DAY] += p->index_day;
    sum[INDEX_DAY_SD] += (p->index_day - 19300.0) * (p->index_day - 19300.0);
    sum[AGE] += p->age;
    sum[AGE_SD] += p->age * p->age;
    sum[MALE] += p->male;
    sum[SMOKER] += p->smoker;
    sum[SMOKER_MALE] += p->smoker && p->male;
    sum[KPS] += p->kps;
    sum[KPS_BELOW_80] += p->kps < 80;
    sum[KPS_FROM_90] += p->kps >= 90;
    sum[T_STAGE] += p->t_stage;
    sum[T4] += p->t_stage == 4;
    sum[N_STAGE] += p->n_stage;
    sum[N0] += p->n_stage == 0;
    sum[EBV_DETECTABLE] += p->ebv_dna > 0;
    sum[EBV_HIGH] += p->ebv_dna >= 4000;
    sum[EBV_LOG] += log10(p->ebv_dna + 1);
    sum[DFI_LOG] += log(p->dfi - 6);
    sum[DFI_SHORT] += p->dfi <= 12;
    sum[LUNG_METS] += p->n_lung_mets;
    sum[LUNG_METS_SD] += p->n_lung_mets * p->n_lung_mets;
    sum[SINGLE] += p->n_lung_mets == 1;
    sum[OLIGO] += p->oligo;
    sum[DIAMETER] += p->max_lung_mm;
    sum[BILATERAL] += p->bilateral;
    sum[PLEURAL] += p->pleural;
    sum[MEDIASTINAL] += p->mediastinal;
    sum[LIVER] += p->liver;
    sum[BONE] += p->bone;
    sum[LDH] += p->ldh;
    sum[LDH_HIGH] += p->ldh > 250;
    sum[NLR] += p->nlr;
    sum[ALB] += p->alb;
    sum[ALB_KPS] += p->alb * (p->kps < 80);
}

static void add_course(const struct rwe_simulated_patient *p, double sum[])
{
    sum[RESPONDER] += p->responder;
    sum[RESPONDER_OLIGO] += p->responder && p->oligo;
    sum[RT] += p->irradiated;
    sum[RT_OLIGO] += p->irradiated && p->oligo;
    sum[RT_LIVER] += p->irradiated && p->liver;
    sum[RT_BONE] += p->irradiated && p->bone;
    sum[RT_EBV] += p->irradiated && p->ebv_dna >= 4000;
    sum[RT_RESPONDER] += p->irradiated && p->responder;
    sum[RT_KPS] += p->irradiated && p->kps >= 90;
    sum[RT_2023] += p->irradiated && p->index_day >= 19358;
    sum[RT_SITE_4] += p->irradiated && p->site == 4;
    sum[RT_START_MEAN] += p->irradiated ? p->rt_start : 0;
    sum[PFS] += p->pfs;
    sum[PFS_EVENT] += p->pfs_event;
    sum[OS] += p->os;
    sum[OS_EVENT] += p->os_event;
    sum[LOST] += p->lost;
    sum[PFS_IS_OS] += p->os_event && p->pfs == p->os;
}

/* Within 4 standard errors, those of R's cohorts and of ours together. */
static void moments_agree_with_the_same_model_in_r(void **state)
{
    (void)state;
    double found[MOMENTS] = {0};
    for (size_t i = 0; i < MANY; i++) {
        struct chart chart;
        simulate_chart(many, i, &chart);
        add_baseline(&many->patient[i], found);
        add_course(&many->patient[i], found);
        found[PROGRESSION] += chart.progression != NO_DATE;
        found[PROGRESSION_SYMPTOMS] += chart.progression != NO_DATE && !chart.seen_on_scan;
    }
    for (int k = 0; k < MOMENTS; k++)
        found[k] /= MANY;
    found[AGE_SD] = sqrt(found[AGE_SD] - found[AGE] * found[AGE]);
    found[LUNG_METS_SD] = sqrt(found[LUNG_METS_SD] - found[LUNG_METS] * found[LUNG_METS]);
    found[INDEX_DAY_SD] = sqrt(found[INDEX_DAY_SD] - pow(found[INDEX_DAY] - 19300, 2));
    found[RT_START] = median_rt_start();
    found[PFS_3] = curve_at(false, EVERYBODY, 3);
    found[PFS_12] = curve_at(false, EVERYBODY, 12);
    found[PFS_24] = curve_at(false, EVERYBODY, 24);
    found[PFS_MEDIAN] = median(false, EVERYBODY);
    found[PFS_MEDIAN_RT] = median(false, IRRADIATED);
    found[PFS_MEDIAN_NO_RT] = median(false, NOT_IRRADIATED);
    found[OS_12] = curve_at(true, EVERYBODY, 12);
    found[OS_24] = curve_at(true, EVERYBODY, 24);
    found[OS_24_RT] = curve_at(true, IRRADIATED, 24);
    found[OS_MEDIAN] = median(true, EVERYBODY);
    found[FOLLOW_UP] = kaplan_meier(true, true, EVERYBODY, 0.5, NULL);

    double cohorts_of_ours = (double)MANY / ORACLE_PATIENTS;
    int wrong = 0;
    for (int k = 0; k < MOMENTS; k++) {
        double se = oracle[k].sd * sqrt(1 / cohorts_of_ours + 1.0 / ORACLE_COHORTS);
        double z = (found[k] - oracle[k].mean) / se;
        if (!(fabs(z) < 4)) {
            print_error("%s is %g, in R %g: z = %.1f\n", oracle[k].name, found[k], oracle[k].mean,
                        z);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---- what holds for each patient ---- */

static void radiotherapy_starts_before_any_event_and_progression_not_after_death(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        const struct rwe_simulated_patient *p = &many->patient[i];
        assert_int_equal(p->irradiated, !isnan(p->rt_start));
        if (p->irradiated)
            assert_true(p->rt_start >= 1.5 && p->rt_start <= 12 && p->rt_start < p->pfs);
        assert_true(p->pfs >= 0.07 && p->pfs <= p->os);
        assert_true(p->pfs_event || p->pfs == p->os); /* who is followed is followed for both */
        assert_false(p->lost && p->os_event);
        assert_true(p->os <= 60);
        if (strcmp(p->response, "PD") == 0)
            assert_true(!p->responder && p->pfs_event && p->pfs <= 2.4);
    }
}

static void a_patient_does_not_depend_on_how_many_there_are(void **state)
{
    (void)state;
    const struct rwe_simulation *few = simulate(rwe_simulation_options_default());
    for (size_t i = 0; i < few->options.n; i++) {
        const struct rwe_simulated_patient *a = &few->patient[i], *b = &many->patient[i];
        assert_true(a->ebv_dna == b->ebv_dna && a->dfi == b->dfi && a->missing == b->missing);
        assert_true(a->pfs == b->pfs && a->os == b->os && a->irradiated == b->irradiated);
        struct episode of_a[TOXICITY_EPISODES_MAX] = {0}, of_b[TOXICITY_EPISODES_MAX] = {0};
        assert_int_equal(toxicity_draw(few, i, of_a), toxicity_draw(many, i, of_b));
        assert_true(of_a[0].start == of_b[0].start && of_a[0].term == of_b[0].term);
    }
}

static void another_seed_gives_other_patients(void **state)
{
    (void)state;
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.seed++;
    const struct rwe_simulation *other = simulate(options);
    size_t same = 0;
    for (size_t i = 0; i < options.n; i++)
        same += other->patient[i].dfi == many->patient[i].dfi;
    assert_int_equal(same, 0);
}

static void the_effect_of_radiotherapy_reaches_only_the_irradiated(void **state)
{
    (void)state;
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = 5000;
    options.hr_progression = options.hr_death = 1;
    const struct rwe_simulation *useless = simulate(options);
    size_t changed = 0;
    for (size_t i = 0; i < options.n; i++) {
        const struct rwe_simulated_patient *a = &useless->patient[i], *b = &many->patient[i];
        assert_int_equal(a->irradiated, b->irradiated);
        if (!a->irradiated)
            assert_true(a->pfs == b->pfs && a->os == b->os);
        else
            assert_true(a->rt_start == b->rt_start);
        changed += a->pfs != b->pfs;
    }
    assert_true(changed > options.n / 5);
}

static void charts_are_thinner_elsewhere_and_earlier_and_four_in_five_are_complete(void **state)
{
    (void)state;
    double complete = 0, ebv = 0, n[2] = {0, 0}, lacking[2] = {0, 0};
    for (size_t i = 0; i < MANY; i++) {
        const struct rwe_simulated_patient *p = &many->patient[i];
        complete += (p->missing & ~(1u << CHART_RESPONSE)) == 0;
        ebv += !chart_has(p, CHART_EBV);
        bool worse = p->site != 1 && p->index_day < 18993; /* before 2022 */
        bool better = p->site == 1 && p->index_day >= 18993;
        if (worse || better) {
            n[worse]++;
            lacking[worse] += !chart_has(p, CHART_EBV);
        }
    }
    assert_in_range((uintmax_t)(1000 * complete / MANY), 750, 850);
    assert_in_range((uintmax_t)(1000 * ebv / MANY), 90, 120);
    /* thin charts 26% and 10%, EBV missing in 50% of them and 3% of others: 15.2% and 7.7% */
    assert_close(lacking[1] / n[1], 0.1522, 0.12);
    assert_close(lacking[0] / n[0], 0.0770, 0.12);
}

/* ---- adverse events ---- */

struct share {
    const char *term;
    double any[2], severe[2]; /* percent of patients without and with radiotherapy */
};

/* As the events were asked for; "any" and "irae": of patients with any event, any immune event. */
static const struct share shares[] = {
    {"Neutrophil count decreased", {72, 73}, {42, 44}},
    {"Lymphocyte count decreased", {25, 48}, {8, 22}},
    {"Anemia", {75, 76}, {22, 24}},
    {"Febrile neutropenia", {3, 3}, {3, 3}},
    {"Fatigue", {36, 42}, {2, 3}},
    {"Rash maculo-papular", {18, 18}, {2, 2}},
    {"Pneumonitis", {5, 28}, {1.5, 4}},
    {"Esophagitis", {1, 18}, {0, 1.5}},
    {"Dermatitis radiation", {0, 14}, {0, 0.5}},
    {"Lung infection", {8, 11}, {3, 4}},
};
#define SHARES (sizeof shares / sizeof shares[0])

static int worst_grade(const struct episode episode[], int n, const char *term)
{
    int worst = 0;
    for (int k = 0; k < n; k++)
        if (strcmp(toxicity_term(episode[k].term), term) == 0 && episode[k].grade > worst)
            worst = episode[k].grade;
    return worst;
}

static void assert_share(double found, double n, double percent)
{
    double p = percent / 100, se = sqrt(p * (1 - p) / n);
    if (fabs(found / n - p) > 4 * se)
        print_error("%.2f%% instead of %.2f%%\n", 100 * found / n, percent);
    assert_true(fabs(found / n - p) <= 4 * se);
}

static void shares_of_patients_with_each_adverse_event_are_those_asked_for(void **state)
{
    (void)state;
    double n[2] = {0}, any[2][SHARES] = {{0}}, severe[2][SHARES] = {{0}};
    for (size_t i = 0; i < MANY; i++) {
        struct episode episode[TOXICITY_EPISODES_MAX];
        int count = toxicity_draw(many, i, episode), arm = many->patient[i].irradiated;
        n[arm]++;
        for (size_t s = 0; s < SHARES; s++) {
            int worst = worst_grade(episode, count, shares[s].term);
            any[arm][s] += worst > 0;
            severe[arm][s] += worst >= 3;
        }
    }
    for (size_t s = 0; s < SHARES; s++)
        for (int arm = 0; arm < 2; arm++) {
            assert_share(any[arm][s], n[arm], shares[s].any[arm]);
            assert_share(severe[arm][s], n[arm], shares[s].severe[arm]);
        }
}

/* By the charts: any event 97%, grade >= 3 68 and 72%, immune-related 38 and 42%, serious 24 and
 * 28%. These follow from the frailty and are met to 3 points. */
static void shares_of_patients_with_any_adverse_event_are_plausible(void **state)
{
    (void)state;
    const double expected[2][4] = {{97, 68, 38, 24}, {97, 72, 42, 28}};
    double n[2] = {0}, found[2][4] = {{0}};
    for (size_t i = 0; i < MANY; i++) {
        struct episode episode[TOXICITY_EPISODES_MAX];
        int count = toxicity_draw(many, i, episode), arm = many->patient[i].irradiated;
        bool severe = false, immune = false, serious = false;
        for (int k = 0; k < count; k++) {
            severe |= episode[k].grade >= 3;
            immune |= episode[k].immune;
            serious |= episode[k].serious;
        }
        const bool has[] = {count > 0, severe, immune, serious};
        n[arm]++;
        for (int k = 0; k < 4; k++)
            found[arm][k] += has[k];
    }
    for (int arm = 0; arm < 2; arm++)
        for (int k = 0; k < 4; k++)
            assert_true(fabs(100 * found[arm][k] / n[arm] - expected[arm][k]) < 3);
}

static void check_course(const struct rwe_simulated_patient *p, const struct episode *e,
                         const struct episode_course *c)
{
    int last = p->index_day + (int)ceil(p->os * SIMULATE_DAYS_PER_MONTH);
    assert_int_equal(c->start, p->index_day + (int)floor(e->start * SIMULATE_DAYS_PER_MONTH));
    assert_true(c->end == NO_DATE || (c->end >= c->start && c->end <= last));
    assert_true(c->rel_rt == 0 || (p->irradiated && e->start >= p->rt_start));
    assert_true(!e->due_to_rt || c->rel_rt >= 2);
    assert_true(!e->immune || c->rel_pd1 >= 2);
    assert_int_equal(e->grade == 5, strcmp(c->outcome, "fatal") == 0);
    assert_true(e->grade < 5 || strcmp(c->action, "discontinue") == 0);
    assert_true(strcmp(c->outcome, "recovered") != 0 || c->end != NO_DATE);
    assert_true(e->grade > 1 || (!c->steroid && strcmp(c->action, "none") == 0));
}

/* And treatment is stopped for an adverse event in some 7 and 8% of the patients. */
static void what_charts_say_of_episodes_contradicts_nothing(void **state)
{
    (void)state;
    double n[2] = {0}, stopped[2] = {0};
    for (size_t i = 0; i < MANY; i++) {
        struct episode episode[TOXICITY_EPISODES_MAX];
        struct episode_course course[TOXICITY_EPISODES_MAX];
        const struct rwe_simulated_patient *p = &many->patient[i];
        int count = toxicity_draw(many, i, episode);
        bool stops = false;
        toxicity_courses(many, i, episode, count, course);
        for (int k = 0; k < count; k++) {
            check_course(p, &episode[k], &course[k]);
            stops |= strcmp(course[k].action, "discontinue") == 0;
        }
        n[p->irradiated]++;
        stopped[p->irradiated] += stops;
    }
    assert_true(fabs(100 * stopped[0] / n[0] - 7) < 1.5);
    assert_true(fabs(100 * stopped[1] / n[1] - 8.5) < 1.5);
}

static void episodes_are_ordered_within_follow_up_and_those_of_radiotherapy_after_it(void **state)
{
    (void)state;
    size_t due_to_rt = 0;
    for (size_t i = 0; i < MANY; i++) {
        const struct rwe_simulated_patient *p = &many->patient[i];
        struct episode episode[TOXICITY_EPISODES_MAX];
        int n = toxicity_draw(many, i, episode);
        for (int k = 0; k < n; k++) {
            assert_true(episode[k].start >= 0 && episode[k].start < p->os);
            assert_true(k == 0 || episode[k - 1].start <= episode[k].start);
            assert_true(!episode[k].due_to_rt || episode[k].start >= p->rt_start);
            due_to_rt += episode[k].due_to_rt;
            if (strcmp(toxicity_term(episode[k].term), "Dermatitis radiation") == 0)
                assert_true(episode[k].due_to_rt);
        }
    }
    assert_true(due_to_rt > MANY / 4);
}

/* Bounds of CTCAE 5.0. */
static void grades_keep_to_the_bounds_of_their_terms(void **state)
{
    (void)state;
    static const char *const no_grade4[] = {"Nausea", "Fatigue", "Pruritus", "Rash maculo-papular",
                                            "Cough",  "Tinnitus"};
    double fatal = 0, irradiated = 0;
    for (size_t i = 0; i < MANY; i++) {
        const struct rwe_simulated_patient *p = &many->patient[i];
        struct episode episode[TOXICITY_EPISODES_MAX];
        int n = toxicity_draw(many, i, episode);
        irradiated += p->irradiated;
        for (int k = 0; k < n; k++) {
            const char *term = toxicity_term(episode[k].term);
            assert_in_range(episode[k].grade, 1, 5);
            assert_true(episode[k].grade >= 3 || strcmp(term, "Febrile neutropenia") != 0);
            for (size_t j = 0; j < sizeof no_grade4 / sizeof no_grade4[0]; j++)
                assert_false(episode[k].grade > 3 && strcmp(term, no_grade4[j]) == 0);
            if (episode[k].grade == 5) {
                assert_string_equal(term, "Pneumonitis");
                assert_true(p->os_event && p->os - episode[k].start <= 1 && episode[k].serious);
                fatal++;
            }
        }
    }
    assert_close(fatal / irradiated, 0.003, 0.35);
}

/* ---- files ---- */

typedef enum rwe_status (*writer)(const struct rwe_simulation *, FILE *, struct rwe_error *);

static char *written(const struct rwe_simulation *simulation, writer write, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    assert_non_null(out);
    struct rwe_error error = {0};
    assert_int_equal(write(simulation, out, &error), RWE_OK);
    fclose(out);
    return text;
}

/* Text of a cell of `line` (no cell of cohort.csv is quoted), in a buffer of the function's own. */
static const char *cell(const char *line, int column)
{
    static char text[64];
    for (; column > 0; column--)
        line = strchr(line, ',') + 1;
    size_t length = strcspn(line, ",\n");
    assert_true(length < sizeof text);
    memcpy(text, line, length);
    text[length] = '\0';
    return text;
}

static int commas(const char *line)
{
    int n = 0;
    bool quoted = false;
    for (; *line != '\n'; line++) {
        quoted ^= *line == '"';
        n += *line == ',' && !quoted;
    }
    return n;
}

static int column_of(const char *header, const char *name)
{
    for (int column = 0; column <= commas(header); column++)
        if (strcmp(cell(header, column), name) == 0)
            return column;
    fail_msg("no column %s", name);
    return -1;
}

static void written_times_keep_their_order_in_two_decimals(void **state)
{
    (void)state;
    size_t size, n = 0;
    char *text = written(many, rwe_simulate_write_cohort, &size);
    int rt = column_of(text, "rt_start_mo"), pfs = column_of(text, "pfs_mo");
    int os = column_of(text, "os_mo"), arm = column_of(text, "arm");
    for (const char *line = strchr(text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        const struct rwe_simulated_patient *p = &many->patient[n++];
        assert_int_equal(commas(line), commas(text));
        double to_pfs = strtod(cell(line, pfs), NULL), to_os = strtod(cell(line, os), NULL);
        assert_true(to_pfs >= p->pfs - 1e-12 && to_pfs < p->pfs + 0.0100001);
        assert_true(to_pfs >= 0.07 && to_os >= to_pfs);
        if (p->irradiated)
            assert_true(strtod(cell(line, rt), NULL) < to_pfs);
        assert_string_equal(cell(line, arm), p->irradiated ? "GP+Tis+RT" : "GP+Tis");
        assert_int_equal(*cell(line, rt) == '\0', !p->irradiated);
    }
    assert_int_equal(n, MANY);
    free(text);
}

static void what_the_chart_does_not_say_is_an_empty_cell(void **state)
{
    (void)state;
    size_t size, n = 0;
    char *text = written(many, rwe_simulate_write_cohort, &size);
    int ebv = column_of(text, "ebv_dna"), kps = column_of(text, "kps");
    int stage = column_of(text, "t_stage"), alb = column_of(text, "alb");
    for (const char *line = strchr(text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        const struct rwe_simulated_patient *p = &many->patient[n++];
        assert_int_equal(*cell(line, ebv) != '\0', chart_has(p, CHART_EBV));
        assert_int_equal(*cell(line, stage) != '\0', chart_has(p, CHART_STAGE));
        if (chart_has(p, CHART_KPS))
            assert_int_equal(strtol(cell(line, kps), NULL, 10), p->kps);
        if (chart_has(p, CHART_BLOOD))
            assert_true(fabs(strtod(cell(line, alb), NULL) - p->alb) <= 0.0500001);
    }
    free(text);
}

static void identifiers_are_as_wide_as_the_cohort_needs(void **state)
{
    (void)state;
    struct rwe_simulation_options options = rwe_simulation_options_default();
    for (size_t n = 9999; n <= 10000; n++) {
        options.n = n;
        size_t size;
        char *text = written(simulate(options), rwe_simulate_write_cohort, &size);
        const char *first = strchr(text, '\n') + 1;
        assert_string_equal(cell(first, 0), n == 9999 ? "SYN-0001" : "SYN-00001");
        free(text);
    }
}

static void terms_with_a_comma_are_quoted(void **state)
{
    (void)state;
    size_t size;
    char *text = written(simulate(rwe_simulation_options_default()), rwe_simulate_write_ae, &size);
    assert_non_null(strstr(text, ",Cough,\"Respiratory, thoracic and mediastinal disorders\",1,"));
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_int_equal(commas(line), 15);
    free(text);
}

static void assert_file_holds(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *held = malloc(size + 1);
    assert_int_equal(fread(held, 1, size + 1, file), size);
    assert_memory_equal(held, text, size);
    free(held);
    fclose(file);
}

static void the_sample_data_are_what_the_defaults_write(void **state)
{
    (void)state;
    const struct rwe_simulation *simulation = simulate(rwe_simulation_options_default());
    size_t size;
    char *cohort = written(simulation, rwe_simulate_write_cohort, &size);
    assert_file_holds("sample_data/cohort.csv", cohort, size);
    char *scans = written(simulation, rwe_simulate_write_assessments, &size);
    assert_file_holds("sample_data/assess.csv", scans, size);
    free(scans);
    char *ae = written(simulation, rwe_simulate_write_ae, &size);
    assert_file_holds("sample_data/ae.csv", ae, size);
    free(cohort);
    free(ae);
}

/* ---- errors ---- */

static enum rwe_status refused(struct rwe_simulation_options options, struct rwe_error *error)
{
    struct rwe_simulation *simulation = NULL;
    struct rwe_arena *own = rwe_arena_new();
    enum rwe_status status = rwe_simulate_cohort(&options, own, &simulation, error);
    assert_null(simulation);
    rwe_arena_free(own);
    return status;
}

static void options_out_of_range_are_refused_with_their_value(void **state)
{
    (void)state;
    struct rwe_error error = {0};
    struct rwe_simulation_options good = rwe_simulation_options_default(), bad = good;
    bad.n = 0;
    assert_int_equal(refused(bad, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "0 patients"));
    bad = good;
    bad.hr_progression = -2;
    assert_int_equal(refused(bad, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "-2"));
    const double values[] = {0, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        bad = good;
        bad.hr_death = values[i];
        assert_int_equal(refused(bad, &error), RWE_USAGE);
    }
}

static void more_patients_than_memory_is_an_error_and_no_crash(void **state)
{
    (void)state;
    struct rwe_error error = {0};
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = SIZE_MAX / 2;
    assert_int_equal(refused(options, &error), RWE_NO_MEMORY);
}

static void a_stream_that_takes_nothing_is_an_io_error(void **state)
{
    (void)state;
    const struct rwe_simulation *simulation = simulate(rwe_simulation_options_default());
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    struct rwe_error error = {0};
    assert_int_equal(rwe_simulate_write_cohort(simulation, full, &error), RWE_IO);
    assert_non_null(strstr(error.message, "cohort"));
    assert_int_equal(rwe_simulate_write_assessments(simulation, full, &error), RWE_IO);
    assert_non_null(strstr(error.message, "assessments"));
    assert_int_equal(rwe_simulate_write_ae(simulation, full, &error), RWE_IO);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_agree_with_the_same_model_in_r),
        cmocka_unit_test(radiotherapy_starts_before_any_event_and_progression_not_after_death),
        cmocka_unit_test(a_patient_does_not_depend_on_how_many_there_are),
        cmocka_unit_test(another_seed_gives_other_patients),
        cmocka_unit_test(the_effect_of_radiotherapy_reaches_only_the_irradiated),
        cmocka_unit_test(charts_are_thinner_elsewhere_and_earlier_and_four_in_five_are_complete),
        cmocka_unit_test(shares_of_patients_with_each_adverse_event_are_those_asked_for),
        cmocka_unit_test(shares_of_patients_with_any_adverse_event_are_plausible),
        cmocka_unit_test(what_charts_say_of_episodes_contradicts_nothing),
        cmocka_unit_test(episodes_are_ordered_within_follow_up_and_those_of_radiotherapy_after_it),
        cmocka_unit_test(grades_keep_to_the_bounds_of_their_terms),
        cmocka_unit_test(written_times_keep_their_order_in_two_decimals),
        cmocka_unit_test(what_the_chart_does_not_say_is_an_empty_cell),
        cmocka_unit_test(identifiers_are_as_wide_as_the_cohort_needs),
        cmocka_unit_test(terms_with_a_comma_are_quoted),
        cmocka_unit_test(the_sample_data_are_what_the_defaults_write),
        cmocka_unit_test(options_out_of_range_are_refused_with_their_value),
        cmocka_unit_test(more_patients_than_memory_is_an_error_and_no_crash),
        cmocka_unit_test(a_stream_that_takes_nothing_is_an_io_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
