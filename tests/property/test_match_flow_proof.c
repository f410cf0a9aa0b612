/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Optimal and full matching against their definitions: all sets of admissible pairs looked through
 * (small cases, whole distances that tie), linear programming (GLPK, middle sizes) and the conditions
 * that potentials prove an optimum by (large sizes).
 */
#include "../../src/stats/match_flow_private.h"
#include "check.h"
#include "rwe/base/rng.h"

#include <glpk.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 400, SMALL_CASES = 6000, MOST_PAIRS = 11 };

static double distances[MOST][MOST];

static double look_up(const void *data, size_t treated, size_t control)
{
    (void)data;
    return distances[treated][control];
}

/* A random case: whole scores and strata. */
struct example {
    size_t n;
    double score[MOST];
    uint8_t treated[MOST];
    uint32_t stratum[MOST];
    struct rwe_match_options options;
    struct rwe_match_full_limits limits;
    size_t n_pairs; /* admissible, by treated unit, then control */
    uint32_t t[MOST * MOST / 4], c[MOST * MOST / 4];
};

static bool is_admissible(const struct example *e, size_t t, size_t c)
{
    return e->treated[t] && !e->treated[c] &&
           fabs(e->score[t] - e->score[c]) <= e->options.caliper &&
           (e->options.exact == NULL || e->stratum[t] == e->stratum[c]);
}

static void draw(struct example *e, gsl_rng *g, size_t n, unsigned least, unsigned spread)
{
    e->n = n;
    e->n_pairs = 0;
    e->options = rwe_match_options_default();
    e->options.ratio = 1 + gsl_rng_uniform_int(g, 3);
    e->options.caliper =
        gsl_rng_uniform_int(g, 4) ? 1 + (double)gsl_rng_uniform_int(g, 3) : INFINITY;
    e->options.exact = gsl_rng_uniform_int(g, 3) == 0 ? e->stratum : NULL;
    e->limits =
        (struct rwe_match_full_limits){gsl_rng_uniform_int(g, 4), gsl_rng_uniform_int(g, 4)};
    for (size_t i = 0; i < n; i++) {
        e->score[i] = (double)gsl_rng_uniform_int(g, 8);
        e->treated[i] = gsl_rng_uniform_int(g, 2) != 0;
        e->stratum[i] = (uint32_t)gsl_rng_uniform_int(g, 2);
        for (size_t j = 0; j < n; j++)
            distances[i][j] = least + (double)gsl_rng_uniform_int(g, spread);
    }
    for (uint32_t t = 0; t < n; t++)
        for (uint32_t c = 0; c < n; c++)
            if (is_admissible(e, t, c)) {
                e->t[e->n_pairs] = t;
                e->c[e->n_pairs++] = c;
            }
}

static struct rwe_match_units units_of(const struct example *e)
{
    return (struct rwe_match_units){
        .n = e->n, .treated = e->treated, .score = e->score, .distance = look_up};
}

/* What a choice of pairs is worth, to be compared member by member: the greater the better. */
struct value {
    bool is_allowed;
    int n_units, n_pairs, nearness;
};

static struct value value_of(const struct example *e, unsigned chosen, bool full)
{
    struct value v = {.is_allowed = true};
    unsigned degree[MOST] = {0};
    for (size_t k = 0; k < e->n_pairs; k++)
        if (chosen >> k & 1) {
            degree[e->t[k]]++;
            degree[e->c[k]]++;
            v.n_pairs++;
            v.nearness -= (int)distances[e->t[k]][e->c[k]];
        }
    for (size_t i = 0; i < e->n; i++) {
        size_t limit = e->treated[i] ? e->limits.controls : e->limits.treated;
        if (!full)
            limit = e->treated[i] ? e->options.ratio : 1;
        v.is_allowed &= limit == 0 || degree[i] <= limit;
        v.n_units += degree[i] > 0 && (full || e->treated[i]);
    }
    v.n_pairs = full ? 0 : v.n_pairs;
    return v;
}

static int compare(struct value a, struct value b)
{
    if (a.is_allowed != b.is_allowed)
        return a.is_allowed - b.is_allowed;
    if (a.n_units != b.n_units)
        return a.n_units - b.n_units;
    return a.n_pairs != b.n_pairs ? a.n_pairs - b.n_pairs : a.nearness - b.nearness;
}

/* Of the best choices the one that has the first pair, then the second, … */
static unsigned best_choice(const struct example *e, bool full)
{
    unsigned best = 0;
    for (unsigned chosen = 1; chosen < 1u << e->n_pairs; chosen++) {
        int order = compare(value_of(e, chosen, full), value_of(e, best, full));
        unsigned first_difference = (chosen ^ best) & -(chosen ^ best);
        if (order > 0 || (order == 0 && (chosen & first_difference)))
            best = chosen;
    }
    return best;
}

/* The pairs between the units of each set; checks that it is a star. */
static unsigned choice_of(const struct example *e, const struct rwe_match *match)
{
    unsigned chosen = 0;
    size_t count[MOST][2] = {0};
    for (size_t i = 0; i < e->n; i++)
        if (match->set[i] != RWE_UNMATCHED)
            count[match->set[i]][e->treated[i]]++;
    for (size_t s = 0; s < match->n_sets; s++)
        assert_true(count[s][0] > 0 && count[s][1] > 0 && (count[s][0] == 1 || count[s][1] == 1));
    for (size_t k = 0; k < e->n_pairs; k++)
        if (match->set[e->t[k]] != RWE_UNMATCHED && match->set[e->t[k]] == match->set[e->c[k]])
            chosen |= 1u << k;
    return chosen;
}

static struct rwe_match optimal(const struct example *e, struct rwe_arena *arena)
{
    struct rwe_match result;
    struct rwe_match_units units = units_of(e);
    assert_int_equal(rwe_match_optimal_distance(&units, &e->options, arena, &result, NULL), RWE_OK);
    return result;
}

static struct rwe_match full(const struct example *e, struct rwe_arena *arena)
{
    struct rwe_match result;
    struct rwe_match_units units = units_of(e);
    assert_int_equal(rwe_match_full_distance(&units, &e->options, &e->limits, arena, &result, NULL),
                     RWE_OK);
    return result;
}

static struct example *new_example(void)
{
    struct example *e = malloc(sizeof *e);
    assert_non_null(e);
    return e;
}

static void each_small_optimum_is_the_canonical_one_of_all_choices(void **state)
{
    (void)state;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 0);
    struct example *e = new_example();
    size_t n_pairs = 0;
    for (int k = 0; k < SMALL_CASES; k++) {
        draw(e, g, 3 + gsl_rng_uniform_int(g, 7), 0, k % 3 ? 4 : 2);
        if (e->n_pairs > MOST_PAIRS)
            continue;
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_match result = optimal(e, arena);
        assert_int_equal(choice_of(e, &result), best_choice(e, false));
        n_pairs += result.n_rows - result.n_sets;
        rwe_arena_free(arena);
    }
    assert_true(n_pairs > SMALL_CASES / 2);
    free(e);
}

/* Where no distance is 0 the optimum has no pair to spare, so that it is known to the pair. */
static void each_small_full_match_is_the_least_cover_of_all(void **state)
{
    (void)state;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 1);
    struct example *e = new_example();
    for (int k = 0; k < SMALL_CASES; k++) {
        draw(e, g, 3 + gsl_rng_uniform_int(g, 7), k % 2, 4);
        if (e->n_pairs > MOST_PAIRS)
            continue;
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_match result = full(e, arena);
        unsigned best = best_choice(e, true), chosen = choice_of(e, &result);
        assert_int_equal(compare(value_of(e, chosen, true), value_of(e, best, true)), 0);
        assert_close(result.distance_total, -value_of(e, best, true).nearness, 1e-15);
        if (k % 2)
            assert_int_equal(chosen, best);
        rwe_arena_free(arena);
    }
    free(e);
}

/* The score on 2^-30 of 64 is exact, so both ways see the same distances. */
static void full_matching_on_a_line_is_that_on_its_distances(void **state)
{
    (void)state;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 2);
    struct example *e = new_example();
    for (int k = 0; k < 3000; k++) {
        draw(e, g, 2 + gsl_rng_uniform_int(g, k % 10 ? 24 : 90), 0, 2);
        unsigned wide = k % 3 ? 64 : 12;
        for (size_t i = 0; i < e->n; i++)
            e->score[i] = (double)gsl_rng_uniform_int(g, wide) - 20;
        for (size_t i = 0; i < e->n; i++)
            for (size_t j = 0; j < e->n; j++)
                distances[i][j] = fabs(e->score[i] - e->score[j]);
        e->options.caliper *= k % 4;
        e->options.caliper = isnan(e->options.caliper) ? 0 : e->options.caliper;
        e->limits = (struct rwe_match_full_limits){0};
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_match expected = full(e, arena), line;
        assert_int_equal(
            rwe_match_full(e->score, e->treated, e->n, &e->options, arena, &line, NULL), RWE_OK);
        assert_close(line.distance_total, expected.distance_total, 1e-14);
        for (size_t i = 0; i < e->n; i++)
            assert_int_equal(line.set[i] == RWE_UNMATCHED, expected.set[i] == RWE_UNMATCHED);
        size_t count[MOST][2] = {0};
        for (size_t r = 0; r < line.n_rows; r++)
            count[line.row_set[r]][e->treated[line.row_unit[r]]]++;
        for (size_t s = 0; s < line.n_sets; s++)
            assert_true(count[s][0] > 0 && count[s][1] > 0 && count[s][0] + count[s][1] > 1 &&
                        (count[s][0] == 1 || count[s][1] == 1));
        rwe_arena_free(arena);
    }
    free(e);
}

/* Rows: links of each unit, at most `most`. Its first is worth `first`, the others `more`: two
 * columns, links up to 1 and links beyond. The matrix is that of a network, so whole numbers come of
 * themselves. Greatest worth less distance. */
static double greatest_by_glpk(const struct example *e, const struct match_worth worth[2])
{
    glp_prob *lp = glp_create_prob();
    int n = (int)e->n, n_columns = (int)e->n_pairs + 2 * n;
    glp_set_obj_dir(lp, GLP_MAX);
    glp_add_rows(lp, n);
    glp_add_cols(lp, n_columns);
    for (int i = 1; i <= n; i++) {
        const struct match_worth *w = &worth[e->treated[i - 1]];
        int first = (int)e->n_pairs + 2 * i - 1, row[] = {0, i};
        double minus_one[] = {0, -1};
        glp_set_row_bnds(lp, i, GLP_FX, 0, 0);
        glp_set_col_bnds(lp, first, GLP_DB, 0, 1);
        glp_set_col_bnds(lp, first + 1, w->most > 1 ? GLP_DB : GLP_FX, 0,
                         w->most > 1 ? fmin(w->most - 1.0, n) : 0);
        glp_set_obj_coef(lp, first, (double)w->first);
        glp_set_obj_coef(lp, first + 1, (double)w->more);
        glp_set_mat_col(lp, first, 1, row, minus_one);
        glp_set_mat_col(lp, first + 1, 1, row, minus_one);
    }
    for (int k = 1; k <= (int)e->n_pairs; k++) {
        int row[] = {0, (int)e->t[k - 1] + 1, (int)e->c[k - 1] + 1};
        double one[] = {0, 1, 1};
        glp_set_mat_col(lp, k, 2, row, one);
        glp_set_col_bnds(lp, k, GLP_DB, 0, 1);
        glp_set_obj_coef(lp, k, -distances[e->t[k - 1]][e->c[k - 1]]);
    }
    glp_smcp control;
    glp_init_smcp(&control);
    control.msg_lev = GLP_MSG_OFF;
    control.presolve = GLP_ON;
    assert_int_equal(glp_simplex(lp, &control), 0);
    assert_int_equal(glp_get_status(lp), GLP_OPT);
    double greatest = glp_get_obj_val(lp);
    glp_delete_prob(lp);
    return greatest;
}

/* Whole distances up to 999, and prizes above what they can add up to. */
static void linear_programming_finds_no_better_match_of_120_units(void **state)
{
    (void)state;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 3);
    struct example *e = new_example();
    const int64_t prize = 1 << 17;
    for (int k = 0; k < 30; k++) {
        draw(e, g, 120, 0, k % 3 ? 1000 : 20);
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_match result = optimal(e, arena);
        const struct match_worth pairs[2] = {
            {.most = 1}, {.first = 2 * prize, .more = prize, .most = (uint32_t)e->options.ratio}};
        double n_pairs = (double)(result.n_rows - result.n_sets);
        assert_close((double)prize * (n_pairs + (double)result.n_sets) - result.distance_total,
                     greatest_by_glpk(e, pairs), 1e-10);
        result = full(e, arena);
        const struct match_worth cover[2] = {
            {.first = prize,
             .most = e->limits.treated == 0 ? UINT32_MAX : (uint32_t)e->limits.treated},
            {.first = prize,
             .most = e->limits.controls == 0 ? UINT32_MAX : (uint32_t)e->limits.controls}};
        assert_close((double)prize * (double)result.n_rows - result.distance_total,
                     greatest_by_glpk(e, cover), 1e-10);
        rwe_arena_free(arena);
    }
    free(e);
}

/* Distance in a plane of two hidden coordinates. */
struct plane {
    double x[4000], y[4000], score[4000];
    uint8_t treated[4000];
};

static double plane_distance(const void *data, size_t a, size_t b)
{
    const struct plane *p = data;
    return hypot(p->x[a] - p->x[b], p->y[a] - p->y[b]);
}

/* No residual arc has a reduced cost below 0. */
static void assert_optimum_is_proven(const struct match_flow *flow)
{
    const struct match_graph *graph = flow->graph;
    uint32_t *degree = calloc(graph->n_nodes, sizeof *degree);
    for (uint32_t t = 0; t < graph->n_treated; t++)
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++) {
            bool is_made = graph->edge[e].is_made;
            int64_t reduced = match_reduced(flow, t, e);
            degree[t] += is_made;
            degree[graph->edge[e].control] += is_made;
            assert_true(is_made ? reduced <= 0 : reduced >= 0);
        }
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        int64_t worth = match_is_treated(flow, i) ? -flow->potential[i] : flow->potential[i];
        assert_int_equal(degree[i], flow->degree[i]);
        if (i < graph->n_treated && graph->begin[i] == graph->begin[i + 1])
            continue;
        if (match_has_room(flow, i))
            assert_true(worth >= match_worth_of(flow, i, degree[i]));
        if (degree[i] > 0)
            assert_true(worth <= match_worth_of(flow, i, degree[i] - 1));
    }
    free(degree);
}

static void assert_proof(const struct plane *p, size_t n, double caliper,
                         const struct match_worth worth[2])
{
    struct rwe_arena *arena = rwe_arena_new();
    struct match_graph graph;
    struct rwe_match_units units = {
        .n = n, .treated = p->treated, .score = p->score, .distance = plane_distance, .data = p};
    struct rwe_match_options options = {.caliper = caliper, .ratio = 1};
    assert_int_equal(rwe_match_graph_make(&graph, &units, &options, arena, NULL), RWE_OK);
    struct match_flow flow = {.graph = &graph, .worth = {worth[0], worth[1]}};
    assert_int_equal(rwe_match_flow_solve(&flow, arena), RWE_OK);
    assert_optimum_is_proven(&flow);
    assert_int_equal(rwe_match_flow_settle_ties(&flow, arena), RWE_OK);
    assert_optimum_is_proven(&flow);
    rwe_arena_free(arena);
}

static void potentials_prove_large_optima(void **state)
{
    (void)state;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 4);
    struct plane *p = malloc(sizeof *p);
    assert_non_null(p);
    for (size_t i = 0; i < 4000; i++) {
        p->treated[i] = gsl_rng_uniform(g) < 0.5;
        p->x[i] = rint(40 * gsl_ran_ugaussian(g)) + 10 * p->treated[i];
        p->y[i] = gsl_ran_ugaussian(g);
        p->score[i] = p->x[i] / 40 + 0.3 * p->y[i];
    }
    const int64_t prize = (int64_t)4001 << 30;
    const struct match_worth pairs[] = {{.most = 1}, {2 * prize, prize, 1}};
    const struct match_worth triples[] = {{.most = 1}, {2 * prize, prize, 3}};
    const struct match_worth cover[] = {{prize, 0, 5}, {prize, 0, UINT32_MAX}};
    assert_proof(p, 600, INFINITY, pairs);
    assert_proof(p, 4000, 0.1, pairs);
    assert_proof(p, 4000, 0.05, triples);
    assert_proof(p, 600, INFINITY, cover);
    assert_proof(p, 4000, 0.05, cover);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_small_optimum_is_the_canonical_one_of_all_choices),
        cmocka_unit_test(each_small_full_match_is_the_least_cover_of_all),
        cmocka_unit_test(full_matching_on_a_line_is_that_on_its_distances),
        cmocka_unit_test(linear_programming_finds_no_better_match_of_120_units),
        cmocka_unit_test(potentials_prove_large_optima),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
