/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --psm promises its user: one result for any order of rows, files that hold it all, reasons for
 * what it refuses; and the defects of other programs that it must not have. */
#include "csv_variant.h"
#include "program.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = CHECK_REPEATS(200) };

#define ROTTERDAM                                                                                  \
    "tests/oracle/data/rotterdam.csv --id pid --arm hormon --covariates "                          \
    "age,meno,size,grade,nodes,pgr,er,chemo,year --quiet"

struct fixture {
    struct rwe_arena *arena;
    struct design_csv gbsg;
    char *folder;
};

static int set_up(void **state)
{
    gsl_set_error_handler_off();
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = rwe_arena_new();
    f->gbsg = design_csv_read("tests/oracle/data/gbsg.csv", f->arena);
    f->folder = program_new_folder();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    rwe_arena_free(f->arena);
    free(f);
    return 0;
}

/* ---- the order of rows ---- */

static const char *age_in_decades(const char *column, const char *text, char room[CSV_VARIANT_CELL])
{
    if (strcmp(column, "age") != 0)
        return text;
    snprintf(room, CSV_VARIANT_CELL, "%.0f", 10 * round(atof(text) / 10));
    return room;
}

static const char *const methods[] = {
    "--psm",
    "--psm --match-order random --distance ps",
    "--psm --ratio 2",
    "--psm --replace --ratio 2",
    "--psm --exact grade --estimand atc",
    "--psm --distance mahalanobis",
    "--psm=optimal",
    "--psm=optimal --ratio 2",
    "--psm=optimal --distance robust-mahalanobis",
    "--psm=full",
    "--psm=full --distance mahalanobis",
};
enum { N_METHODS = sizeof methods / sizeof methods[0] };

/* All that the program says and the file of matched subjects, as one text. `identified`: with
 * identifiers; without them they are numbers of rows, so there is no file. */
static char *result_of(const struct fixture *f, const char *path, const char *method,
                       bool identified)
{
    char *pairs = program_format("%s/pairs.csv", f->folder);
    char *export = program_format("--id pid --export-matched %s", pairs);
    struct program_run run = program_run(
        "%s --arm hormon --endpoint rfs=rfstime,status --covariates age,meno,grade --cox %s %s "
        "--quiet --no-provenance --format json",
        path, identified ? export : "", method);
    assert_code(run, 0);
    char *file = identified ? program_read_file(pairs, NULL) : strdup("");
    assert_non_null(file);
    char *result = program_format("%s%s", run.out, file);
    free(file);
    free(export);
    free(pairs);
    program_clear(&run);
    return result;
}

/* Age in decades, menopause and grade: some forty different scores for 686 patients. Each order goes through
 * `n_methods` of the methods, which take turns. */
static void check_shuffles(const struct fixture *f, bool identified, uint64_t n_shuffles,
                           size_t n_methods)
{
    char *expected[N_METHODS];
    for (uint64_t seed = 0; seed <= n_shuffles; seed++) {
        struct csv_variant variant = {.cell = age_in_decades};
        uint32_t *order = csv_variant_shuffle(f->gbsg.n_rows, seed);
        variant.order = seed == 0 ? NULL : order;
        char *path = csv_variant_write(&variant, &f->gbsg, f->folder);
        for (size_t m = 0; seed == 0 && m < N_METHODS; m++)
            expected[m] = result_of(f, path, methods[m], identified);
        for (size_t k = 0; seed > 0 && k < n_methods; k++) {
            size_t m = (seed * n_methods + k) % N_METHODS;
            char *result = result_of(f, path, methods[m], identified);
            assert_string_equal(result, expected[m]);
            free(result);
        }
        remove(path);
        free(path);
        free(order);
    }
    for (size_t m = 0; m < N_METHODS; m++)
        free(expected[m]);
}

/* D4: elsewhere the order of rows decides ties, and with it the hazard ratio and its p. */
static void d4_two_hundred_orders_of_rows_give_the_same_bytes(void **state)
{
    check_shuffles(*state, true, SHUFFLES, 2);
}

static void d4_orders_of_rows_without_identifier_give_the_same_bytes(void **state)
{
    check_shuffles(*state, false, 40, 2);
}

/* ---- the file of matched subjects ---- */

struct exported {
    struct design_csv csv;
    double *pair, *weight, *ps, *logit;
};

static struct exported export_of(const struct fixture *f, const char *arguments)
{
    char *path = program_format("%s/pairs.csv", f->folder);
    struct program_run run = program_run("%s --export-matched %s", arguments, path);
    assert_code(run, 0);
    struct exported e = {.csv = design_csv_read(path, f->arena)};
    e.pair = design_csv_numbers(&e.csv, "pair");
    e.weight = design_csv_numbers(&e.csv, "weight");
    e.ps = design_csv_numbers(&e.csv, "ps");
    e.logit = design_csv_numbers(&e.csv, "logit_ps");
    program_clear(&run);
    free(path);
    return e;
}

static bool is_treated(const struct exported *e, size_t row)
{
    return strcmp(design_csv_text(&e->csv, row, "arm"), "1") == 0;
}

static void the_file_has_a_row_for_each_time_that_a_subject_is_matched(void **state)
{
    const struct fixture *f = *state;
    struct exported e = export_of(f, ROTTERDAM " --psm --replace --ratio 2");
    struct program_facts facts = program_facts_of(ROTTERDAM " --psm --replace --ratio 2");
    double sum[2] = {0}, n_treated = 0, total = 0, logit = 0;
    for (size_t r = 0; r < e.csv.n_rows; r++) {
        bool treated = is_treated(&e, r);
        if (treated) { /* begins its set; its controls follow */
            assert_close(e.pair[r], ++n_treated, 0);
            assert_close(e.weight[r], 1, 0);
            logit = e.logit[r];
        } else {
            total += fabs(e.logit[r] - logit);
        }
        sum[treated] += e.weight[r];
        assert_close(e.ps[r], 1 / (1 + exp(-e.logit[r])), 1e-12);
    }
    assert_close(n_treated, program_facts_number(&facts, "psm n.matched.treated"), 0);
    double n_controls = program_facts_number(&facts, "psm n.matched.control");
    assert_close(sum[0], n_controls, 1e-12);
    assert_true((double)e.csv.n_rows - n_treated > n_controls); /* some are there twice */
    assert_close(total, program_facts_number(&facts, "psm distance.total"), 1e-9);
    program_facts_clear(&facts);
}

static void the_file_keeps_every_digit(void **state)
{
    const struct fixture *f = *state;
    struct exported e = export_of(f, ROTTERDAM " --psm=full");
    for (size_t r = 0; r < e.csv.n_rows; r++) {
        char *again = program_format("%.17g", e.logit[r]);
        assert_string_equal(design_csv_text(&e.csv, r, "logit_ps"), again);
        free(again);
        again = program_format("%.17g", e.weight[r]);
        assert_string_equal(design_csv_text(&e.csv, r, "weight"), again);
        free(again);
    }
}

/* A set of full matching has one treated subject or one control. */
static void sets_of_full_matching_are_stars_of_likes(void **state)
{
    const struct fixture *f = *state;
    struct exported e = export_of(f, ROTTERDAM " --psm=full --exact meno");
    double caliper = 0.32807528494911753; /* tests/oracle/psm_variants.csv */
    for (size_t begin = 0, end; begin < e.csv.n_rows; begin = end) {
        size_t n[2] = {0};
        double low = INFINITY, high = -INFINITY;
        for (end = begin; end < e.csv.n_rows && e.pair[end] == e.pair[begin]; end++) {
            n[is_treated(&e, end)]++;
            low = fmin(low, e.logit[end]);
            high = fmax(high, e.logit[end]);
        }
        assert_true(n[0] == 1 || n[1] == 1);
        assert_true(n[0] >= 1 && n[1] >= 1);
        assert_true(high - low <= 2 * caliper * (1 + 1e-6));
    }
}

/* ---- defects of others ---- */

/* D0: MatchIt 4.5.1 ignores the caliper and finds 335 pairs where there are 301. */
static void d0_the_caliper_holds_for_every_pair_and_leaves_301(void **state)
{
    const struct fixture *f = *state;
    struct exported e = export_of(f, ROTTERDAM " --psm --match-order largest");
    assert_int_equal(e.csv.n_rows, 2 * 301);
    for (size_t r = 0; r < e.csv.n_rows; r += 2)
        assert_true(fabs(e.logit[r] - e.logit[r + 1]) <= 0.32807528494911753 * (1 + 1e-6));
}

/* SD of the score, pooled within arms or of everybody, from the file of a matching of all. */
static double spread_of(const struct exported *e, const double score[], bool pooled)
{
    double n[3] = {0}, sum[3] = {0}, squares[3] = {0};
    for (size_t r = 0; r < e->csv.n_rows; r++)
        for (int g = 0; g < 3; g++)
            if (g == 2 || g == is_treated(e, r)) {
                n[g]++;
                sum[g] += score[r];
            }
    for (size_t r = 0; r < e->csv.n_rows; r++)
        for (int g = 0; g < 3; g++)
            if (g == 2 || g == is_treated(e, r))
                squares[g] += pow(score[r] - sum[g] / n[g], 2);
    return pooled ? sqrt((squares[0] / (n[0] - 1) + squares[1] / (n[1] - 1)) / 2)
                  : sqrt(squares[2] / (n[2] - 1));
}

/* D5: MatchIt's 0.2 is of the probability, and of the SD over both arms together. */
static void d5_a_caliper_is_in_sd_within_arms_of_the_scale_that_is_matched(void **state)
{
    const struct fixture *f = *state;
#define LUNG "tests/oracle/data/lung.csv --arm sex --covariates age,ph.ecog --quiet"
    struct exported all = export_of(f, LUNG " --psm=full --caliper 1000");
    assert_int_equal(all.csv.n_rows, 227);
    for (size_t r = 0; r < all.csv.n_rows; r++) /* arms of this file are 1 and 2 */
        if (strcmp(all.csv.field[r * all.csv.n_columns + 1], "2") == 0)
            all.csv.field[r * all.csv.n_columns + 1] = "1";
        else
            all.csv.field[r * all.csv.n_columns + 1] = "0";
    struct program_facts logit = program_facts_of(LUNG " --psm");
    struct program_facts ps = program_facts_of(LUNG " --psm --distance ps");
    double on_logit = program_facts_number(&logit, "psm caliper");
    double on_ps = program_facts_number(&ps, "psm caliper");
    assert_close(on_logit, 0.2 * spread_of(&all, all.logit, true), 1e-9);
    assert_close(on_ps, 0.2 * spread_of(&all, all.ps, true), 1e-9);
    assert_true(fabs(on_ps / (0.2 * spread_of(&all, all.ps, false)) - 1) > 1e-3);
    program_facts_clear(&logit);
    program_facts_clear(&ps);
}

/* Treated at 0 and 1.9, controls at 1 and 2.9; the caliper is 0.8 × 1.3435 = 1.07 in these units. Who
 * takes the closest pair (1, 1.9) first has no other left. */
static char *chain(const struct fixture *f)
{
    return program_write_file(f->folder, "chain.csv", "id,arm,x\na,1,0\nb,0,1\nc,1,1.9\nd,0,2.9\n");
}

/* D17: optmatch gives sets that are not optimal, and calls a caliper "infeasible". */
static void d17_optimal_matches_more_than_greedy_and_nothing_is_infeasible(void **state)
{
    const struct fixture *f = *state;
    char *path = chain(f);
    struct program_facts greedy =
        program_facts_of("%s --id id --arm arm --covariates x --psm --caliper 0.8 --quiet", path);
    struct program_facts optimal = program_facts_of(
        "%s --id id --arm arm --covariates x --psm=optimal --caliper 0.8 --quiet", path);
    assert_close(program_facts_number(&greedy, "psm n.sets"), 1, 0);
    assert_close(program_facts_number(&optimal, "psm n.sets"), 2, 0);
    program_facts_clear(&greedy);
    program_facts_clear(&optimal);
    remove(path);
    free(path);
    for (int narrow = 0; narrow < 3; narrow++) {
        const char *caliper = (const char *const[]){"0.2", "0.01", "0.0001"}[narrow];
        greedy = program_facts_of(ROTTERDAM " --psm --caliper %s", caliper);
        optimal = program_facts_of(ROTTERDAM " --psm=optimal --caliper %s", caliper);
        double more = program_facts_number(&optimal, "psm n.sets") -
                      program_facts_number(&greedy, "psm n.sets");
        assert_true(more >= 0);
        if (more == 0) /* then at no greater distance */
            assert_true(program_facts_number(&optimal, "psm distance.total") <=
                        program_facts_number(&greedy, "psm distance.total") + 1e-7);
        program_facts_clear(&greedy);
        program_facts_clear(&optimal);
    }
}

/* ---- words ---- */

static void says(const char *arguments, const char *words)
{
    struct program_run run = program_run("%s", arguments);
    char *line = run.out; /* notes are broken into lines */
    assert_code(run, 0);
    for (char *c = line; *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    assert_says(run.out, words);
    program_clear(&run);
}

static void the_estimand_is_said_in_words_and_moves_with_who_is_left_out(void **state)
{
    (void)state;
    says(ROTTERDAM " --psm",
         "about: 281 of the 339 treated (83%)|without a partner: 58 of 339 (17%)");
    says(ROTTERDAM " --psm --caliper 1000", "Whom the effect is about: the treated (ATT).");
    says(ROTTERDAM " --psm --estimand atc",
         "about: 281 of the 2643 controls (11%)|Fewer than half of the controls");
    says(ROTTERDAM " --psm=full --estimand ate --caliper 1000",
         "Whom the effect is about: everybody (ATE).");
    says(ROTTERDAM " --psm=full --estimand ate", "of 2982 subjects (|without a partner: ");
    says(ROTTERDAM " --psm=optimal --exact size,meno",
         "Optimal 1:1 matching|is left out|Partners are equal in size, meno");
    says(ROTTERDAM " --psm=optimal --ratio 2",
         "Optimal up to 2:1 matching|partner, then the most partners");
    says(ROTTERDAM " --psm --ratio 2 --balance", "Matched up to 2:1|Greedy up to 2:1");
    says(ROTTERDAM " --psm --replace", "Matched 1:1 with replacement|with replacement; ties");
    struct program_facts facts = program_facts_of(ROTTERDAM " --psm=full --estimand atc");
    assert_string_equal(json_string_value(program_facts_find(&facts, "psm estimand")), "atc");
    assert_string_equal(json_string_value(program_facts_find(&facts, "psm method")), "full");
    program_facts_clear(&facts);
}

static void refuses(const char *arguments, int code, const char *words)
{
    struct program_run run = program_run("%s", arguments);
    assert_code(run, code);
    assert_says(run.err, words);
    assert_string_equal(run.out, "");
    program_clear(&run);
}

static void what_contradicts_itself_is_refused_with_the_way_out(void **state)
{
    const struct fixture *f = *state;
    refuses(ROTTERDAM " --psm --estimand ate", 2, "--estimand ate|--psm=full|--iptw=ate");
    refuses(ROTTERDAM " --psm=optimal --estimand ate", 2, "--estimand ate: optimal");
    refuses(ROTTERDAM " --psm=optimal --replace", 2, "--replace: optimal|--psm=nearest");
    refuses(ROTTERDAM " --psm=full --replace", 2, "--replace: full");
    refuses(ROTTERDAM " --psm=full --ratio 2", 2, "--ratio: full matching|sizes");
    refuses(ROTTERDAM " --psm=optimal --match-order largest", 2, "--match-order: optimal");
    refuses(ROTTERDAM " --psm --ratio 0", 2, "--ratio 0|between");
    refuses(ROTTERDAM " --psm --distance euclid", 2, "--distance euclid|mahalanobis");
    refuses(ROTTERDAM " --psm --exact siize", 2,
            "--exact: \"siize\" is not one of the covariates|mean \"size\"");
    refuses(ROTTERDAM " --psm --exact rtime", 2,
            "--exact: \"rtime\" is not one of the covariates|--covariates");
    char *path = chain(f);
    char *arguments =
        program_format("%s --id id --arm arm --covariates x --psm --exact x --caliper 5", path);
    refuses(arguments, 1, "no treated subject has a control|with the same x|do not overlap");
    free(arguments);
    arguments = program_format(
        "%s --id id --arm arm --covariates x --psm --estimand atc --caliper 0.0001", path);
    refuses(arguments, 1, "no control has a treated subject within the caliper");
    free(arguments);
    remove(path);
    free(path);
}

/* The command line overrules the study, with what the study says for another method. */
static void a_study_for_greedy_matching_does_not_stop_optimal_matching(void **state)
{
    const struct fixture *f = *state;
    char *path = program_write_file(
        f->folder, "study.yaml", "psm: nearest\nmatch-order: largest\nreplace: true\nratio: 2\n");
    struct program_facts facts = program_facts_of(ROTTERDAM " --study %s --psm=full", path);
    assert_string_equal(json_string_value(program_facts_find(&facts, "psm method")), "full");
    program_facts_clear(&facts);
    remove(path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d4_two_hundred_orders_of_rows_give_the_same_bytes),
        cmocka_unit_test(d4_orders_of_rows_without_identifier_give_the_same_bytes),
        cmocka_unit_test(the_file_has_a_row_for_each_time_that_a_subject_is_matched),
        cmocka_unit_test(the_file_keeps_every_digit),
        cmocka_unit_test(sets_of_full_matching_are_stars_of_likes),
        cmocka_unit_test(d0_the_caliper_holds_for_every_pair_and_leaves_301),
        cmocka_unit_test(d5_a_caliper_is_in_sd_within_arms_of_the_scale_that_is_matched),
        cmocka_unit_test(d17_optimal_matches_more_than_greedy_and_nothing_is_infeasible),
        cmocka_unit_test(the_estimand_is_said_in_words_and_moves_with_who_is_left_out),
        cmocka_unit_test(what_contradicts_itself_is_refused_with_the_way_out),
        cmocka_unit_test(a_study_for_greedy_matching_does_not_stop_optimal_matching),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
