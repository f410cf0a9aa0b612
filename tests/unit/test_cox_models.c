/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipes --cox and --ph: tests/oracle/cox_models.R made the expected numbers. */
#include "csv_table.h"
#include "program.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ORACLE = "tests/oracle/cox_models.csv";
static const char *const DATA = "tests/oracle/data";

/* A case of the oracle, and how its facts are found. */
struct expected {
    const char *name;  /* in the oracle */
    const char *model; /* of the facts */
    const char *terms; /* cut at '|' */
    const char *error; /* the fact that the p-value comes from */
};

static double number(const struct program_facts *facts, const char *analysis, const char *model,
                     const char *rest)
{
    char *key = program_format("%s endpoint=os population=all model=%s %s", analysis, model, rest);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

static double term_number(const struct program_facts *facts, const char *model, const char *term,
                          const char *stat)
{
    char *rest = program_format("term=%s %s", term, stat);
    double value = number(facts, "cox", model, rest);
    free(rest);
    return value;
}

static void check_term(const struct program_facts *facts, const struct oracle *oracle,
                       const struct expected *expected, const char *term)
{
    char *name = program_format("%s.%s", expected->name, term);
    const double *want = oracle_vector(oracle, name, &(size_t){0});
    double estimate = term_number(facts, expected->model, term, "estimate");
    assert_close(estimate, want[0], 1e-8);
    assert_close(term_number(facts, expected->model, term, "std.error"), want[1], 1e-7);
    assert_close(term_number(facts, expected->model, term, expected->error), want[2], 1e-7);
    assert_close(term_number(facts, expected->model, term, "p.value"), want[3], 1e-6);
    assert_close(term_number(facts, expected->model, term, "hr"), exp(estimate), 1e-14);
    free(name);
}

static void check_terms(const struct program_facts *facts, struct expected expected)
{
    struct oracle *oracle = oracle_read(ORACLE);
    char *terms = program_format("%s", expected.terms);
    char *rest = NULL;
    for (char *term = strtok_r(terms, "|", &rest); term != NULL; term = strtok_r(NULL, "|", &rest))
        check_term(facts, oracle, &expected, term);
    free(terms);
    oracle_free(oracle);
}

/* The statistics of the whole model. Those of independent rows must be absent under a sandwich. */
static void check_fit(const struct program_facts *facts, const char *case_name, bool robust)
{
    static const char *const stats[] = {"n",
                                        "n.event",
                                        "loglik.null",
                                        "loglik",
                                        "lr.statistic",
                                        "score.statistic",
                                        "wald.statistic",
                                        "concordance"};
    struct oracle *oracle = oracle_read(ORACLE);
    char *name = program_format("%s.fit", case_name);
    const double *want = oracle_vector(oracle, name, &(size_t){0});
    for (size_t s = 0; s < 8; s++) {
        if (!(robust && (s == 4 || s == 5)))
            assert_close(number(facts, "cox", "adjusted", stats[s]), want[s], 1e-8);
        else
            assert_null(program_facts_find(
                facts, s == 4 ? "cox endpoint=os population=all model=adjusted lr.statistic"
                              : "cox endpoint=os population=all model=adjusted score.statistic"));
    }
    assert_close(number(facts, "cox", "adjusted", "converged"), 1, 0);
    free(name);
    oracle_free(oracle);
}

/* ---- against R ---- */

static const char *const LUNG =
    "--arm sex --endpoint os=time,status:2 --covariates age,ph.ecog,wt.loss --categorical ph.ecog";

static void adjusted_takes_complete_cases_and_says_how_many(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of("%s/lung.csv %s --cox", DATA, LUNG);
    check_terms(&facts,
                (struct expected){"lung.adjusted", "adjusted",
                                  "arm|age|ph.ecog=1|ph.ecog=2|ph.ecog=3|wt.loss", "std.error"});
    check_fit(&facts, "lung.adjusted", false);
    assert_close(number(&facts, "cox", "arm", "n"), 228, 0);
    assert_close(number(&facts, "cox", "adjusted", "n") +
                     number(&facts, "cox", "adjusted", "n.missing"),
                 228, 0);
    program_facts_clear(&facts);
}

static void univariable_takes_those_who_have_the_covariate(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of("%s/lung.csv %s --cox --univariable", DATA, LUNG);
    check_terms(&facts, (struct expected){"lung.age", "univariable", "age", "std.error"});
    check_terms(&facts, (struct expected){"lung.ecog", "univariable",
                                          "ph.ecog=1|ph.ecog=2|ph.ecog=3", "std.error"});
    assert_close(term_number(&facts, "univariable", "age", "n"), 228, 0);
    assert_close(term_number(&facts, "univariable", "ph.ecog", "n"), 227, 0);
    program_facts_clear(&facts);
}

static const char *const VETERAN = "--arm trt --endpoint os=time,status --cox --covariates";
static const char *const VETERAN_TERMS =
    "arm|celltype=large|celltype=smallcell|celltype=squamous|karno|prior";

static void adjusted_with_a_factor_and_either_ties_matches_coxph(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("%s/veteran.csv %s celltype,karno,prior", DATA, VETERAN);
    check_terms(&facts,
                (struct expected){"veteran.adjusted", "adjusted", VETERAN_TERMS, "std.error"});
    check_fit(&facts, "veteran.adjusted", false);
    program_facts_clear(&facts);
    facts =
        program_facts_of("%s/veteran.csv %s celltype,karno,prior --ties breslow", DATA, VETERAN);
    check_terms(&facts,
                (struct expected){"veteran.breslow", "adjusted", VETERAN_TERMS, "std.error"});
    program_facts_clear(&facts);
}

static void adjusted_by_cluster_matches_coxph(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "%s/veteran.csv %s celltype,karno,prior --cluster diagtime", DATA, VETERAN);
    check_terms(&facts,
                (struct expected){"veteran.cluster", "adjusted", VETERAN_TERMS, "robust.se"});
    check_fit(&facts, "veteran.cluster", true);
    struct oracle *oracle = oracle_read(ORACLE);
    assert_close(number(&facts, "cox", "adjusted", "robust.score.statistic"),
                 oracle_number(oracle, "veteran.cluster.rscore"), 1e-8);
    oracle_free(oracle);
    program_facts_clear(&facts);
}

static void adjusted_in_strata_matches_coxph(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("%s/veteran.csv %s karno,prior --strata celltype", DATA, VETERAN);
    check_terms(&facts,
                (struct expected){"veteran.strata", "adjusted", "arm|karno|prior", "std.error"});
    program_facts_clear(&facts);
}

static void ph_facts_match_cox_zph(void **state)
{
    (void)state;
    static const char *const terms[] = {"arm",   "age", "meno", "size",  "grade",
                                        "nodes", "pgr", "er",   "GLOBAL"};
    struct oracle *oracle = oracle_read(ORACLE);
    struct program_facts facts =
        program_facts_of("%s/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status "
                         "--covariates age,meno,size,grade,nodes,pgr,er --ph --cox",
                         DATA);
    const double *want = oracle_vector(oracle, "zph.gbsg.km", &(size_t){0});
    check_terms(&facts, (struct expected){"gbsg.adjusted", "adjusted",
                                          "arm|age|meno|size|grade|nodes|pgr|er", "std.error"});
    check_fit(&facts, "gbsg.adjusted", false);
    for (size_t t = 0; t < 9; t++, want += 3) {
        static const char *const stats[] = {"statistic", "df", "p.value"};
        for (size_t s = 0; s < 3; s++) {
            char *rest = program_format("term=%s %s", terms[t], stats[s]);
            assert_close(number(&facts, "ph", "adjusted", rest), want[s], 1e-6);
            free(rest);
        }
    }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void two_periods_match_coxph_on_split_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name, *arguments, *split;
    } cases[] = {
        {"periods.lung", "lung.csv --arm sex --endpoint os=time,status:2", "365"},
        {"periods.veteran", "veteran.csv --arm trt --endpoint os=time,status", "100"},
        {"periods.gbsg", "gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status", "730"},
    };
    struct oracle *oracle = oracle_read(ORACLE);
    for (size_t c = 0; c < 3; c++) {
        const double *want = oracle_vector(oracle, cases[c].name, &(size_t){0});
        struct program_facts facts = program_facts_of("%s/%s --cox --split-time %s", DATA,
                                                      cases[c].arguments, cases[c].split);
        double events = 0;
        for (int after = 0; after < 2; after++) {
            static const char *const stats[] = {"estimate", "std.error"};
            for (int s = 0; s < 2; s++) {
                char *rest = program_format("term=arm level=%s%s %s",
                                            after ? ">" : "<=", cases[c].split, stats[s]);
                assert_close(number(&facts, "cox", "piecewise", rest), want[2 * after + s],
                             s == 0 ? 1e-8 : 1e-7);
                free(rest);
            }
            char *rest = program_format("level=%s%s n.event", after ? ">" : "<=", cases[c].split);
            events += number(&facts, "cox", "piecewise", rest);
            free(rest);
        }
        assert_close(events, number(&facts, "cox", "arm", "n.event"), 0);
        program_facts_clear(&facts);
    }
    oracle_free(oracle);
}

static void matched_models_are_robust_and_their_ph_test_too(void **state)
{
    (void)state;
    struct program_run run =
        program_run("%s/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status --covariates "
                    "age,meno,size,grade,nodes,pgr,er --ph --cox --psm --format json",
                    DATA);
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    static const char *const in = "cox endpoint=os population=matched model=adjusted ";
    char *robust = program_format("%sterm=age robust.se", in);
    char *lr = program_format("%slr.statistic", in);
    assert_non_null(program_facts_find(&facts, robust));
    assert_null(program_facts_find(&facts, lr));
    double chi = program_facts_number(
        &facts, "ph endpoint=os population=matched model=arm term=arm statistic");
    assert_close(program_facts_number(
                     &facts, "ph endpoint=os population=matched model=arm term=GLOBAL p.value"),
                 gsl_cdf_chisq_Q(chi, 1), 1e-9);
    program_facts_clear(&facts);
    program_clear(&run);
    free(robust);
    free(lr);
    run = program_run("%s/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status --covariates "
                      "age,meno,size,grade,nodes,pgr,er --ph --psm",
                      DATA);
    assert_says(run.out, "robust score, by matched set|score");
    program_clear(&run);
}

/* The ratio of the quartiles stands under a level that names them, which R's script does not. */
static double spline_number(const struct program_facts *facts, const char *variable,
                            const char *stat)
{
    char *begin =
        program_format("cox endpoint=os population=all model=adjusted term=%s level=", variable);
    double value = NAN;
    for (size_t i = 0; i < facts->n; i++) {
        const char *last = strrchr(facts->fact[i].key, ' ');
        if (strncmp(facts->fact[i].key, begin, strlen(begin)) == 0 && strcmp(last + 1, stat) == 0)
            value = json_number_value(facts->fact[i].value);
    }
    free(begin);
    return value;
}

static void check_spline(const struct program_facts *facts, const char *name, const char *variable,
                         const char *error)
{
    struct oracle *oracle = oracle_read(ORACLE);
    char *key = program_format("%s.%s", name, variable);
    const double *want = oracle_vector(oracle, key, &(size_t){0});
    assert_close(spline_number(facts, variable, "estimate"), want[0], 1e-7);
    assert_close(spline_number(facts, variable, "std.error"), want[1], 1e-7);
    assert_close(spline_number(facts, variable, error), want[2], 1e-7);
    assert_close(spline_number(facts, variable, "hr"), exp(want[0]), 1e-7);
    assert_close(term_number(facts, "adjusted", variable, "wald.statistic"), want[3], 1e-7);
    assert_close(term_number(facts, "adjusted", variable, "df"), 3, 0);
    assert_close(term_number(facts, "adjusted", variable, "p.value"), want[4], 1e-6);
    free(key);
    key = program_format("%s.fit", name);
    assert_close(number(facts, "cox", "adjusted", "loglik"), oracle_number(oracle, key), 1e-10);
    free(key);
    oracle_free(oracle);
}

static void splines_match_ns_in_coxph(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("%s/lung.csv --arm sex --endpoint os=time,status:2 --cox --covariates "
                         "age,wt.loss,ph.karno --spline age,wt.loss",
                         DATA);
    check_spline(&facts, "bent.lung", "age", "std.error");
    check_spline(&facts, "bent.lung", "wt.loss", "std.error");
    assert_true(isfinite(term_number(&facts, "adjusted", "ph.karno", "p.value")));
    program_facts_clear(&facts);
    facts = program_facts_of("%s/veteran.csv %s age,karno --spline age --cluster diagtime", DATA,
                             VETERAN);
    check_spline(&facts, "bent.veteran", "age", "robust.se");
    program_facts_clear(&facts);
    facts = program_facts_of("%s/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status --cox "
                             "--covariates age,pgr,er --spline age,pgr,er --ph",
                             DATA);
    check_spline(&facts, "bent.gbsg", "age", "std.error");
    check_spline(&facts, "bent.gbsg", "pgr", "std.error");
    check_spline(&facts, "bent.gbsg", "er", "std.error");
    assert_close(number(&facts, "ph", "adjusted", "term=pgr df"), 3, 0);
    assert_close(number(&facts, "ph", "adjusted", "term=GLOBAL df"), 10, 0);
    program_facts_clear(&facts);
}

/* ---- interactions ---- */

static const char *const GBSG = "--id pid --arm hormon --endpoint os=rfstime,status --cox";

static void check_joint(const struct program_facts *facts, const char *name, const char *term)
{
    struct oracle *oracle = oracle_read(ORACLE);
    const double *want = oracle_vector(oracle, name, &(size_t){0});
    assert_close(term_number(facts, "interaction", term, "wald.statistic"), want[0], 1e-7);
    assert_close(term_number(facts, "interaction", term, "df"), want[1], 0);
    assert_close(term_number(facts, "interaction", term, "p.value"), want[2], 1e-6);
    oracle_free(oracle);
}

static void products_with_the_arm_match_coxph(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "%s/veteran.csv %s celltype,karno --interaction karno,celltype", DATA, VETERAN);
    check_terms(&facts, (struct expected){"product.veteran", "interaction",
                                          "arm|celltype=large|celltype=smallcell|celltype=squamous|"
                                          "karno|arm:celltype=large|arm:celltype=smallcell|"
                                          "arm:celltype=squamous|arm:karno",
                                          "std.error"});
    check_joint(&facts, "product.veteran.joint", "arm:celltype");
    program_facts_clear(&facts);
    facts = program_facts_of("%s/lung.csv --arm sex --endpoint os=time,status:2 --cox "
                             "--covariates age --interaction age",
                             DATA);
    check_terms(&facts,
                (struct expected){"product.lung", "interaction", "arm|age|arm:age", "std.error"});
    program_facts_clear(&facts);
    facts = program_facts_of("%s/gbsg.csv %s --covariates age,nodes --interaction age,nodes", DATA,
                             GBSG);
    check_terms(&facts, (struct expected){"product.gbsg", "interaction",
                                          "arm|age|nodes|arm:age|arm:nodes", "std.error"});
    program_facts_clear(&facts);
}

static void products_by_cluster_have_a_robust_joint_test(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "%s/veteran.csv %s celltype --interaction celltype --cluster diagtime", DATA, VETERAN);
    check_terms(&facts, (struct expected){"product.cluster", "interaction",
                                          "arm|arm:celltype=large|arm:celltype=smallcell|"
                                          "arm:celltype=squamous",
                                          "robust.se"});
    check_joint(&facts, "product.cluster.joint", "arm:celltype");
    program_facts_clear(&facts);
}

/* ---- exact ties, and the profile likelihood ---- */

static void exact_ties_match_coxph(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("%s/veteran.csv %s karno,prior --ties exact", DATA, VETERAN);
    check_terms(&facts,
                (struct expected){"veteran.exact", "adjusted", "arm|karno|prior", "std.error"});
    check_fit(&facts, "veteran.exact", false);
    program_facts_clear(&facts);
    facts = program_facts_of("%s/lung.csv --arm sex --endpoint os=time,status:2 --cox "
                             "--covariates age --ties exact",
                             DATA);
    check_terms(&facts, (struct expected){"lung.exact", "adjusted", "arm|age", "std.error"});
    check_fit(&facts, "lung.exact", false);
    program_facts_clear(&facts);
    facts = program_facts_of("%s/gbsg.csv %s --covariates age,nodes --ties exact", DATA, GBSG);
    check_terms(&facts, (struct expected){"gbsg.exact", "adjusted", "arm|age|nodes", "std.error"});
    check_fit(&facts, "gbsg.exact", false);
    program_facts_clear(&facts);
}

static void exact_ties_have_neither_robust_error_nor_ph_test(void **state)
{
    (void)state;
    struct program_run run =
        program_run("%s/gbsg.csv %s --ph --psm --covariates age,nodes --ties exact "
                    "--format json",
                    DATA, GBSG);
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_number(
        program_facts_find(&facts, "cox endpoint=os population=all model=arm term=arm hr")));
    assert_true(json_is_null(
        program_facts_find(&facts, "cox endpoint=os population=matched model=arm term=arm hr")));
    assert_true(json_is_null(
        program_facts_find(&facts, "ph endpoint=os population=all model=arm term=GLOBAL p.value")));
    assert_says(run.out, "exact ties have no robust error|no such test with exact ties");
    program_facts_clear(&facts);
    program_clear(&run);
}

static void check_profile(const struct program_facts *facts, const char *name, const char *terms)
{
    struct oracle *oracle = oracle_read(ORACLE);
    char *list = program_format("%s", terms);
    char *rest = NULL;
    for (char *term = strtok_r(list, "|", &rest); term != NULL; term = strtok_r(NULL, "|", &rest)) {
        char *key = program_format("%s.%s", name, term);
        const double *want = oracle_vector(oracle, key, &(size_t){0});
        assert_close(term_number(facts, "adjusted", term, "conf.low"), exp(want[0]), 1e-7);
        assert_close(term_number(facts, "adjusted", term, "conf.high"), exp(want[1]), 1e-7);
        assert_close(term_number(facts, "adjusted", term, "lr.statistic"), want[2], 1e-7);
        assert_close(term_number(facts, "adjusted", term, "p.value"), gsl_cdf_chisq_Q(want[2], 1),
                     1e-6);
        free(key);
    }
    free(list);
    oracle_free(oracle);
}

static void profile_limits_match_offsets_in_coxph(void **state)
{
    (void)state;
    static const char *const lung = "--arm sex --endpoint os=time,status:2 --cox --covariates age";
    struct program_facts facts = program_facts_of("%s/lung.csv %s --profile", DATA, lung);
    check_profile(&facts, "profile.lung", "arm|age");
    program_facts_clear(&facts);
    facts = program_facts_of("%s/lung.csv %s --profile --ties exact", DATA, lung);
    check_profile(&facts, "profile.lung.exact", "arm|age");
    program_facts_clear(&facts);
    facts = program_facts_of("%s/veteran.csv %s karno,prior --profile", DATA, VETERAN);
    check_profile(&facts, "profile.veteran", "arm|karno|prior");
    program_facts_clear(&facts);
    facts = program_facts_of("%s/gbsg.csv %s --covariates age,nodes --profile", DATA, GBSG);
    check_profile(&facts, "profile.gbsg", "arm|age|nodes");
    program_facts_clear(&facts);
}

static void robust_models_keep_walds_limits_under_profile(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "%s/veteran.csv %s celltype,karno,prior --cluster diagtime --profile", DATA, VETERAN);
    check_terms(&facts,
                (struct expected){"veteran.cluster", "adjusted", VETERAN_TERMS, "robust.se"});
    assert_null(program_facts_find(
        &facts, "cox endpoint=os population=all model=adjusted term=arm lr.statistic"));
    program_facts_clear(&facts);
}

/* ---- what is not in the data ---- */

/* Twenty subjects; `twice` is 2 × age, `dead` foretells the event, level c has nobody with an age. */
static const char SMALL[] =
    "id,arm,time,event,age,twice,dead,site,one,few\n"
    "1,0,1,1,50,100,1,b,1,0\n2,1,2,1,61,122,1,b,1,0\n3,0,3,0,42,84,0,a,1,0\n"
    "4,1,4,1,55,110,1,a,1,0\n5,0,5,0,66,132,0,b,1,0\n6,1,6,1,47,94,1,a,1,0\n"
    "7,0,7,1,58,116,1,a,1,2\n8,1,8,0,69,138,0,b,1,0\n9,0,9,1,51,102,1,b,1,0\n"
    "10,1,10,1,40,80,1,a,1,0\n11,0,11,1,63,126,1,b,1,0\n12,1,12,0,44,88,0,a,1,0\n"
    "13,0,13,1,,,1,c,1,0\n14,1,14,1,,,1,c,1,3\n";

static struct program_run run_small(const char *arguments)
{
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "small.csv", SMALL);
    struct program_run run =
        program_run("%s --id id --arm arm --endpoint os=time,event %s", path, arguments);
    free(path);
    program_remove_folder(folder);
    return run;
}

/* The arm alone has its ratio; the adjusted one is null, with a warning that names the covariate. */
static void assert_adjusted_fails(const char *arguments, const char *says)
{
    char *json = program_format("%s --format json", arguments);
    struct program_run run = run_small(json);
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_number(
        program_facts_find(&facts, "cox endpoint=os population=all model=arm term=arm hr")));
    assert_true(json_is_null(
        program_facts_find(&facts, "cox endpoint=os population=all model=adjusted term=arm hr")));
    assert_says(run.out, says);
    program_facts_clear(&facts);
    program_clear(&run);
    run = run_small(arguments);
    assert_says(run.out, "NE");
    program_clear(&run);
    free(json);
}

static struct program_facts facts_of_small(const char *arguments)
{
    char *json = program_format("%s --format json", arguments);
    struct program_run run = run_small(json);
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    program_clear(&run);
    free(json);
    return facts;
}

/* The model with a covariate that says nothing new, and the one without it. */
static void assert_left_out(const char *covariates, const char *name, const char *says)
{
    char *arguments = program_format("--cox --ph --covariates %s", covariates);
    struct program_facts with = facts_of_small(arguments);
    struct program_facts without = facts_of_small("--cox --ph --covariates age");
    static const char *const stats[] = {"estimate", "std.error", "p.value"};
    for (size_t t = 0; t < 2; t++)
        for (size_t s = 0; s < 3; s++) {
            const char *term = t == 0 ? "arm" : "age";
            assert_close(term_number(&with, "adjusted", term, stats[s]),
                         term_number(&without, "adjusted", term, stats[s]), 0);
        }
    assert_close(number(&with, "ph", "adjusted", "term=GLOBAL df"), 2, 0);
    char *key = program_format("cox endpoint=os population=all model=adjusted term=%s hr", name);
    assert_true(json_is_null(program_facts_find(&with, key)));
    struct program_run run = run_small(arguments);
    assert_says(run.out, says);
    program_clear(&run);
    program_facts_clear(&with);
    program_facts_clear(&without);
    free(key);
    free(arguments);
}

static void what_says_nothing_new_is_left_out_with_a_warning(void **state)
{
    (void)state;
    assert_left_out("age,twice", "twice",
                    "NE|adjusted model: left out: \"twice\" (determined by \"age\")");
    assert_left_out("age,one", "one", "NE|adjusted model: left out: \"one\" (one value only)");
}

static void a_monotone_likelihood_has_firths_fit_and_profile_limits(void **state)
{
    (void)state;
    static const char *const stats[] = {"estimate",  "std.error",    "conf.low",
                                        "conf.high", "lr.statistic", "p.value"};
    static const double tolerance[] = {1e-8, 1e-7, 1e-7, 1e-7, 1e-6, 1e-6};
    struct program_run run = run_small("--cox --covariates dead --format json");
    struct program_facts facts = program_facts_parse(run.out);
    struct oracle *oracle = oracle_read(ORACLE);
    for (int t = 0; t < 2; t++) {
        const char *term = t == 0 ? "arm" : "dead";
        char *name = program_format("firth.small.%s", term);
        const double *want = oracle_vector(oracle, name, &(size_t){0});
        for (size_t s = 0; s < 6; s++) {
            bool limit = s == 2 || s == 3;
            assert_close(term_number(&facts, "adjusted", term, stats[s]),
                         limit ? exp(want[s]) : want[s], tolerance[s]);
        }
        free(name);
    }
    const double *loglik = oracle_vector(oracle, "firth.small.loglik", &(size_t){0});
    assert_close(number(&facts, "cox", "adjusted", "loglik.null"), loglik[0], 1e-10);
    assert_close(number(&facts, "cox", "adjusted", "loglik"), loglik[1], 1e-10);
    assert_says(run.out, "monotone-likelihood|dead|infinity|Firth");
    oracle_free(oracle);
    program_facts_clear(&facts);
    program_clear(&run);
    run = run_small("--cox --covariates dead --univariable");
    assert_says(run.out, "adjusted (Firth)|Where a warning says so");
    program_clear(&run);
}

/* Up to 1.5 one subject dies, of arm 0: the ratio runs off to 0. The test of proportional hazards,
 * which needs the likelihood's maximum, is refused. */
static void a_monotone_period_of_the_arms_is_labelled_and_has_no_ph_test(void **state)
{
    (void)state;
    struct program_run run = run_small("--cox --split-time 1.5");
    assert_says(run.out, "up to 1.5 (Firth)");
    program_clear(&run);
    run = run_small("--ph --covariates dead --format json");
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_null(program_facts_find(
        &facts, "ph endpoint=os population=all model=adjusted term=GLOBAL statistic")));
    program_facts_clear(&facts);
    program_clear(&run);
}

/* The profile of dependent rows is no likelihood's. */
static void a_monotone_likelihood_of_clusters_is_null_with_a_warning(void **state)
{
    (void)state;
    assert_adjusted_fails("--cox --covariates dead --cluster site", "monotone-likelihood|dead");
    assert_adjusted_fails("--cox --covariates dead --ties exact", "monotone-likelihood|dead");
}

static void a_spline_needs_a_numeric_covariate_with_enough_values(void **state)
{
    (void)state;
    struct program_run run = run_small("--cox --covariates age,site --spline site");
    assert_code(run, 2);
    assert_says(run.err, "--spline|site|numbers");
    program_clear(&run);
    run = run_small("--ph --covariates age --spline twice");
    assert_code(run, 2);
    assert_says(run.err, "twice|--covariates");
    program_clear(&run);
    assert_adjusted_fails("--cox --ph --covariates few --spline few", "not-estimable|few|knots");
}

static void ph_of_a_model_that_fails_is_null(void **state)
{
    (void)state;
    struct program_run run = run_small("--ph --covariates few --spline few --format json");
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_null(program_facts_find(
        &facts, "ph endpoint=os population=all model=adjusted term=GLOBAL statistic")));
    assert_true(json_is_number(
        program_facts_find(&facts, "ph endpoint=os population=all model=arm term=arm statistic")));
    program_facts_clear(&facts);
    program_clear(&run);
}

/* Nobody of site c has an age: its term is null, and the model is that of sites a and b. */
static void a_level_that_no_complete_case_has_is_left_out(void **state)
{
    (void)state;
    struct program_run run = run_small("--cox --covariates age,site --format json");
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_null(program_facts_find(
        &facts, "cox endpoint=os population=all model=adjusted term=site=c hr")));
    assert_true(json_is_number(program_facts_find(
        &facts, "cox endpoint=os population=all model=adjusted term=site=b hr")));
    assert_close(number(&facts, "cox", "adjusted", "n"), 12, 0);
    assert_close(number(&facts, "cox", "adjusted", "n.missing"), 2, 0);
    program_facts_clear(&facts);
    program_clear(&run);
}

static void a_period_without_events_is_null_with_a_warning(void **state)
{
    (void)state;
    struct program_run run = run_small("--cox --split-time 100 --format json");
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_null(program_facts_find(
        &facts, "cox endpoint=os population=all model=piecewise term=arm level=>100 hr")));
    assert_close(number(&facts, "cox", "piecewise", "term=arm level=<=100 estimate"),
                 number(&facts, "cox", "arm", "term=arm estimate"), 1e-12);
    assert_says(run.out, "not-estimable|after 100");
    program_facts_clear(&facts);
    program_clear(&run);
}

/* The product of the arm and a level that no complete case has is null; the joint test does without. */
static void an_interaction_needs_a_straight_covariate(void **state)
{
    (void)state;
    struct program_run run = run_small("--cox --covariates age --interaction site");
    assert_code(run, 2);
    assert_says(run.err, "--interaction|site|--covariates");
    program_clear(&run);
    run = run_small("--cox --covariates age --interaction age --spline age");
    assert_code(run, 2);
    assert_says(run.err, "--interaction|age|spline");
    program_clear(&run);
    run = run_small("--cox --covariates age,site --interaction site --format json");
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    assert_true(json_is_null(program_facts_find(
        &facts, "cox endpoint=os population=all model=interaction term=arm:site=c hr")));
    assert_close(term_number(&facts, "interaction", "arm:site", "df"), 1, 0);
    program_facts_clear(&facts);
    program_clear(&run);
}

static void univariable_without_covariates_is_wrong_usage(void **state)
{
    (void)state;
    struct program_run run = run_small("--cox --univariable");
    assert_code(run, 2);
    assert_says(run.err, "--univariable|--covariates");
    program_clear(&run);
    run = run_small("--ph --ph-transform cubic");
    assert_code(run, 2);
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjusted_takes_complete_cases_and_says_how_many),
        cmocka_unit_test(univariable_takes_those_who_have_the_covariate),
        cmocka_unit_test(adjusted_with_a_factor_and_either_ties_matches_coxph),
        cmocka_unit_test(adjusted_by_cluster_matches_coxph),
        cmocka_unit_test(adjusted_in_strata_matches_coxph),
        cmocka_unit_test(ph_facts_match_cox_zph),
        cmocka_unit_test(two_periods_match_coxph_on_split_rows),
        cmocka_unit_test(matched_models_are_robust_and_their_ph_test_too),
        cmocka_unit_test(splines_match_ns_in_coxph),
        cmocka_unit_test(a_spline_needs_a_numeric_covariate_with_enough_values),
        cmocka_unit_test(what_says_nothing_new_is_left_out_with_a_warning),
        cmocka_unit_test(a_monotone_likelihood_has_firths_fit_and_profile_limits),
        cmocka_unit_test(a_monotone_period_of_the_arms_is_labelled_and_has_no_ph_test),
        cmocka_unit_test(a_monotone_likelihood_of_clusters_is_null_with_a_warning),
        cmocka_unit_test(products_with_the_arm_match_coxph),
        cmocka_unit_test(products_by_cluster_have_a_robust_joint_test),
        cmocka_unit_test(an_interaction_needs_a_straight_covariate),
        cmocka_unit_test(exact_ties_match_coxph),
        cmocka_unit_test(exact_ties_have_neither_robust_error_nor_ph_test),
        cmocka_unit_test(profile_limits_match_offsets_in_coxph),
        cmocka_unit_test(robust_models_keep_walds_limits_under_profile),
        cmocka_unit_test(ph_of_a_model_that_fails_is_null),
        cmocka_unit_test(a_level_that_no_complete_case_has_is_left_out),
        cmocka_unit_test(a_period_without_events_is_null_with_a_warning),
        cmocka_unit_test(univariable_without_covariates_is_wrong_usage),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
