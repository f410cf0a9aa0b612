/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dates of the simulated cohort, and the options that set its truth. */
#include "../../src/simulator/simulate_private.h"
#include "program.h"
#include "rwe/base/date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY 20000

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

/* ---- what a reader of the file finds ---- */

static char *written(const struct rwe_simulation *simulation)
{
    static struct {
        char *text; /* not on the stack: gcc 12 takes it for dangling, though the file is closed */
        size_t size;
    } memory;
    FILE *out = open_memstream(&memory.text, &memory.size);
    assert_non_null(out);
    assert_int_equal(rwe_simulate_write_cohort(simulation, out, NULL), RWE_OK);
    fclose(out);
    return memory.text;
}

/* The cell of `line` under `name`; no cell of cohort.csv is quoted. The buffer is the function's. */
static const char *cell(const char *header, const char *line, const char *name)
{
    static char text[64];
    size_t length = strlen(name);
    while (strncmp(header, name, length) != 0 || strchr(",\n", header[length]) == NULL) {
        header = strchr(header, ',') + 1;
        line = strchr(line, ',') + 1;
    }
    length = strcspn(line, ",\n");
    assert_true(length < sizeof text);
    memcpy(text, line, length);
    text[length] = '\0';
    return text;
}

static double number(const char *header, const char *line, const char *name)
{
    return strtod(cell(header, line, name), NULL);
}

static int date(const char *header, const char *line, const char *name)
{
    const char *text = cell(header, line, name);
    int32_t day = NO_DATE;
    if (*text != '\0')
        assert_true(rwe_date_parse(text, strlen(text), &day));
    return day;
}

/* Less than a day: two decimals of a month are finer than that. */
static void assert_same_time(int days, double months)
{
    assert_true(fabs(days - months * 30.4375) < 1);
}

static void times_recomputed_from_the_dates_are_those_of_the_file_to_a_day(void **state)
{
    (void)state;
    char *text = written(many);
    for (const char *line = strchr(text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        int index = date(text, line, "index_date"), pd = date(text, line, "pd_date");
        int death = date(text, line, "death_date"), last = date(text, line, "last_contact_date");
        int rt = date(text, line, "rt_start_date");
        int pfs = pd != NO_DATE ? pd : last;
        assert_same_time(last - index, number(text, line, "os_mo"));
        assert_same_time(pfs - index, number(text, line, "pfs_mo"));
        assert_int_equal(death != NO_DATE, number(text, line, "os_event"));
        assert_int_equal(death != NO_DATE, number(text, line, "death"));
        assert_int_equal(pd != NO_DATE || death != NO_DATE, number(text, line, "pfs_event"));
        assert_int_equal(rt != NO_DATE, *cell(text, line, "rt_start_mo") != '\0');
        if (rt != NO_DATE)
            assert_same_time(rt - index, number(text, line, "rt_start_mo"));
    }
    free(text);
}

static void the_disease_free_interval_recomputed_from_the_dates_is_that_of_the_file(void **state)
{
    (void)state;
    char *text = written(many);
    for (const char *line = strchr(text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        int from = date(text, line, "prim_rt_end_date"), to = date(text, line, "met_date");
        double months = (to - from) / 30.4375;
        assert_close(rint(10 * months) / 10, number(text, line, "dfi_mo"), 1e-12);
        assert_true(months > 6); /* who relapsed earlier is not eligible */
        assert_true(date(text, line, "dx_date") < from && to < date(text, line, "index_date"));
    }
    free(text);
}

/* ---- each chart ---- */

/* `day` does not exist, or lies between the others, which belong to it. */
static void assert_between(int first, int day, int last)
{
    if (day != NO_DATE)
        assert_true(first <= day && day <= last);
}

static void no_date_contradicts_another_or_lies_after_the_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        const struct rwe_simulated_patient *p = &many->patient[i];
        struct chart c;
        simulate_chart(many, i, &c);
        int until = c.progression != NO_DATE ? c.progression : c.last_contact + 1;
        assert_between(p->index_day + 3, c.last_contact, 20269); /* 2025-06-30 */
        assert_between(c.last_contact, c.death, c.last_contact);
        assert_between(p->index_day + 3, c.progression, c.last_contact);
        assert_between(p->index_day + 1, c.last_assessment, until - 1);
        assert_between(p->index_day + 1, c.response, c.last_contact);
        assert_between(c.response + 1, c.new_therapy, c.last_contact - 1);
        assert_between(p->index_day + 45, c.rt_start, until - 1);
        if (p->irradiated && c.response != c.progression)
            assert_true(c.response < c.rt_start);
        if (p->irradiated)
            assert_between(c.rt_start, c.rt_end, c.last_contact);
        if (p->responder)
            assert_true(c.response < until);
        if (c.lost)
            assert_true(c.death == NO_DATE && c.last_contact < 20269);
    }
}

static void who_is_not_lost_is_followed_to_death_or_to_the_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        struct chart c;
        simulate_chart(many, i, &c);
        if (!c.lost && c.death == NO_DATE)
            assert_int_equal(c.last_contact, 20269);
    }
}

/* Planned every 2 or 3 months, give or take 0.4 each, the first at 2. */
static void scans_keep_to_the_plan_and_end_with_the_progression_they_show(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        struct chart c;
        simulate_chart(many, i, &c);
        int until = c.progression != NO_DATE ? c.progression : c.last_contact;
        int seen = c.n_scans > 0 ? c.scan[c.n_scans - 1] : many->patient[i].index_day;
        assert_int_equal(c.seen_on_scan, c.n_scans > 0 && seen == c.progression);
        assert_true(until - seen <= (3.8 + 1.0 / 30) * 30.4375);
        for (int k = 1; k < c.n_scans; k++) {
            assert_true(c.scan[k] > c.scan[k - 1]);
            if (k > 1)
                assert_true(c.scan[k] - c.scan[k - 1] >= 1.2 * 30.4375 - 1);
        }
    }
}

/* 50 Gy in 5 … 60 Gy in 30; fewer only where follow-up ends in the course. */
static void doses_are_their_fractions_and_courses_last_as_long_as_they_take(void **state)
{
    (void)state;
    size_t known = 0, stereotactic = 0;
    for (size_t i = 0; i < MANY; i++) {
        struct chart c;
        simulate_chart(many, i, &c);
        assert_int_equal(c.rt_site != NULL, many->patient[i].irradiated);
        if (c.technique == NULL)
            continue;
        bool sbrt = strcmp(c.technique, "SBRT") == 0;
        double fraction = c.dose / c.fractions;
        assert_true(c.dose >= 8 && c.dose <= 60 && c.fractions <= 30);
        assert_true(sbrt ? fraction >= 7.5 && fraction <= 12 : fraction >= 2 && fraction <= 3);
        assert_true(c.rt_end - c.rt_start >= c.fractions - 1);
        assert_true(c.fractions >= (sbrt ? 4 : 10) || c.last_contact - c.rt_end <= 3);
        known++;
        stereotactic += sbrt;
    }
    assert_true(known > MANY / 3 && stereotactic > known / 8 && stereotactic < known / 2);
}

/* ---- what a chart depends on ---- */

static void assert_same_chart(const struct chart *a, const struct chart *b)
{
    assert_int_equal(a->diagnosis, b->diagnosis);
    assert_int_equal(a->rt_end, b->rt_end);
    assert_int_equal(a->progression, b->progression);
    assert_int_equal(a->new_therapy, b->new_therapy);
    assert_int_equal(a->last_contact, b->last_contact);
    assert_int_equal(a->n_scans, b->n_scans);
    for (int k = 0; k < a->n_scans; k++)
        assert_int_equal(a->scan[k], b->scan[k]);
}

static void a_chart_does_not_depend_on_how_many_there_are(void **state)
{
    (void)state;
    const struct rwe_simulation *few = simulate(rwe_simulation_options_default());
    for (size_t i = 0; i < few->options.n; i++) {
        struct chart a, b;
        simulate_chart(few, i, &a);
        simulate_chart(many, i, &b);
        assert_same_chart(&a, &b);
    }
}

static void another_effect_changes_no_chart_of_the_not_irradiated(void **state)
{
    (void)state;
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = 5000;
    options.hr_progression = options.hr_death = 1;
    const struct rwe_simulation *useless = simulate(options);
    size_t changed = 0;
    for (size_t i = 0; i < options.n; i++) {
        struct chart a, b;
        simulate_chart(useless, i, &a);
        simulate_chart(many, i, &b);
        assert_int_equal(a.diagnosis, b.diagnosis);
        assert_int_equal(a.rt_start, b.rt_start);
        if (!useless->patient[i].irradiated)
            assert_same_chart(&a, &b);
        changed += a.progression != b.progression;
    }
    assert_true(changed > options.n / 10);
}

/* ---- the program ---- */

static char *file_of(const char *folder, const char *name)
{
    char *path = program_format("%s/%s", folder, name);
    char *text = program_read_file(path, NULL);
    free(path);
    return text;
}

/* Runs the program with `arguments` and checks that it wrote what `options` draw. */
static void assert_simulates(const char *arguments, double hr_progression, double hr_death)
{
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = 200;
    options.hr_progression = hr_progression;
    options.hr_death = hr_death;
    char *expected = written(simulate(options));
    char *folder = program_new_folder();
    struct program_run run = program_run("--simulate 200 --output %s %s", folder, arguments);
    assert_code(run, 0);
    char *truth = program_format("200 synthetic|seed 20250731|progression %.2f,|progression %.2f\n",
                                 hr_progression, hr_death);
    assert_says(run.err, truth);
    char *found = file_of(folder, "cohort.csv");
    assert_string_equal(found, expected);
    assert_int_equal(program_count_files(folder), 3);
    free(found);
    free(truth);
    free(expected);
    program_clear(&run);
    program_remove_folder(folder);
}

static void the_truth_asked_for_is_simulated_and_told_on_standard_error(void **state)
{
    (void)state;
    assert_simulates("", 0.70, 0.90);
    assert_simulates("--effect 0.5", 0.50, 0.90);
    assert_simulates("--null", 1, 1);
    assert_simulates("--effect 1", 1, 1);
    assert_simulates("--effect 1 --effect-after 0.8", 1, 0.80);
    assert_simulates("--effect-after 0.5", 0.70, 0.50);
    assert_simulates("--effect 0.6 --effect-after 1", 0.60, 1);
}

static void quiet_tells_nothing(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    struct program_run run = program_run("--simulate 5 --null --quiet --output %s", folder);
    assert_code(run, 0);
    assert_string_equal(run.err, "");
    program_clear(&run);
    program_remove_folder(folder);
}

static void a_truth_that_cannot_be_is_refused_before_anything_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        {"--simulate 5 --effect 0", "--effect 0|between 0.01 and 100"},
        {"--simulate 5 --effect -0.7", "--effect -0.7|between"},
        {"--simulate 5 --effect nan", "--effect nan"},
        {"--simulate 5 --effect 0.7 --null", "--effect|--null|contradict"},
        {"--simulate 5 --effect-after 1 --null", "--effect-after|--null|contradict"},
        {"--simulate 5 --effect-after 0", "--effect-after 0|between 0.01 and 100"},
        {"--effect-after 0.7", "--effect-after|--simulate N"},
        {"--effect 0.7", "--effect|--simulate N"},
        {"--null", "--null|--simulate N"},
    };
    char *folder = program_new_folder();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct program_run run = program_run("%s --output %s", bad[i].arguments, folder);
        assert_code(run, 2);
        assert_says(run.err, bad[i].says);
        assert_int_equal(program_count_files(folder), 0);
        program_clear(&run);
    }
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_recomputed_from_the_dates_are_those_of_the_file_to_a_day),
        cmocka_unit_test(the_disease_free_interval_recomputed_from_the_dates_is_that_of_the_file),
        cmocka_unit_test(no_date_contradicts_another_or_lies_after_the_cut_off),
        cmocka_unit_test(who_is_not_lost_is_followed_to_death_or_to_the_cut_off),
        cmocka_unit_test(scans_keep_to_the_plan_and_end_with_the_progression_they_show),
        cmocka_unit_test(doses_are_their_fractions_and_courses_last_as_long_as_they_take),
        cmocka_unit_test(a_chart_does_not_depend_on_how_many_there_are),
        cmocka_unit_test(another_effect_changes_no_chart_of_the_not_irradiated),
        cmocka_unit_test(the_truth_asked_for_is_simulated_and_told_on_standard_error),
        cmocka_unit_test(quiet_tells_nothing),
        cmocka_unit_test(a_truth_that_cannot_be_is_refused_before_anything_is_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
