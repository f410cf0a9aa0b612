/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Optimal matching is optimal: against all matchings of small examples (by dynamic programming over
 * the sets of controls used), against two solvers of GLPK in middling ones, and in large ones by a
 * dual solution that proves it. Scores are whole numbers, so that nothing needs a tolerance.
 */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/match_optimal.h"

#include <glpk.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct example {
    size_t n;
    double *score;
    uint8_t *treated;
    uint32_t *exact;
    struct rwe_match_options options;
};

static gsl_rng *start(struct rwe_rng *rng, uint64_t replicate)
{
    return rwe_rng_start(rng, 20250731, RWE_RNG_TEST, replicate);
}

static struct example example_new(struct rwe_arena *arena, size_t n)
{
    return (struct example){.n = n,
                            .score = RWE_NEW(arena, double, n),
                            .treated = RWE_NEW(arena, uint8_t, n),
                            .exact = RWE_NEW(arena, uint32_t, n),
                            .options = rwe_match_options_default()};
}

/* Up to `most` units with scores of `levels` values, often tied and often with strata. */
static struct example draw(gsl_rng *g, struct rwe_arena *arena, size_t most, unsigned long levels)
{
    struct example e = example_new(arena, 1 + gsl_rng_uniform_int(g, most));
    double share = gsl_rng_uniform(g);
    unsigned long n_strata = 1 + gsl_rng_uniform_int(g, 3);
    for (size_t i = 0; i < e.n; i++) {
        e.score[i] = (double)gsl_rng_uniform_int(g, levels) - (double)(levels / 2);
        e.treated[i] = gsl_rng_uniform(g) < share;
        e.exact[i] = (uint32_t)gsl_rng_uniform_int(g, n_strata);
    }
    double which = gsl_rng_uniform(g);
    e.options.caliper = which < 0.1   ? 0
                        : which < 0.2 ? INFINITY
                                      : (double)gsl_rng_uniform_int(g, 1 + levels / 2);
    e.options.exact = n_strata > 1 ? e.exact : NULL;
    return e;
}

static bool may_pair(const struct example *e, size_t i, size_t j)
{
    return e->treated[i] != 0 && e->treated[j] == 0 &&
           (e->options.exact == NULL || e->exact[i] == e->exact[j]) &&
           fabs(e->score[i] - e->score[j]) <= e->options.caliper;
}

static struct rwe_match solve(const struct example *e, struct rwe_arena *arena)
{
    struct rwe_match result;
    assert_int_equal(
        rwe_match_optimal(e->score, e->treated, e->n, &e->options, arena, &result, NULL), RWE_OK);
    return result;
}

/* Every row is a unit of its own, every set a possible pair, and the total is theirs. */
static void assert_is_a_matching(const struct example *e, const struct rwe_match *match)
{
    double total = 0;
    size_t n_in_sets = 0;
    assert_int_equal(match->n_rows, 2 * match->n_sets);
    for (size_t s = 0; s < match->n_sets; s++) {
        uint32_t i = match->row_unit[2 * s], j = match->row_unit[2 * s + 1];
        assert_true(may_pair(e, i, j));
        assert_int_equal(match->row_set[2 * s], s);
        assert_int_equal(match->row_set[2 * s + 1], s);
        assert_int_equal(match->set[i], s);
        assert_int_equal(match->set[j], s);
        total += fabs(e->score[i] - e->score[j]);
    }
    for (size_t i = 0; i < e->n; i++)
        n_in_sets += match->set[i] != RWE_UNMATCHED;
    assert_int_equal(n_in_sets, match->n_rows);
    assert_true(match->distance_total == total);
}

/* ---- all matchings --------------------------------------------------------------------------- */

enum { MOST_SMALL = 17, SMALL_CASES = 30000 };

/* A pair is worth this less its distance: more pairs always win. */
static const double PRIZE = 1 << 20;

/* The largest worth of any matching, from the best for each set of controls used up. */
static double best_by_brute_force(const struct example *e, double best[])
{
    uint32_t control[MOST_SMALL];
    size_t n_controls = 0;
    for (size_t i = 0; i < e->n; i++)
        if (e->treated[i] == 0)
            control[n_controls++] = (uint32_t)i;
    size_t n_subsets = (size_t)1 << n_controls;
    for (size_t used = 0; used < n_subsets; used++)
        best[used] = 0;
    for (size_t i = 0; i < e->n; i++)
        for (size_t used = n_subsets; e->treated[i] != 0 && used-- > 0;)
            for (size_t c = 0; c < n_controls; c++)
                if ((used >> c & 1) != 0 && may_pair(e, i, control[c])) {
                    double worth = best[used ^ (size_t)1 << c] + PRIZE -
                                   fabs(e->score[i] - e->score[control[c]]);
                    best[used] = fmax(best[used], worth);
                }
    return best[n_subsets - 1];
}

static void no_matching_of_any_small_example_is_better(void **state)
{
    (void)state;
    const unsigned long levels[] = {1, 2, 4, 8, 16, 40, 1000};
    struct rwe_arena *arena = rwe_arena_new();
    double *best = RWE_NEW(arena, double, (size_t)1 << MOST_SMALL);
    struct rwe_rng rng;
    gsl_rng *g = start(&rng, 1);
    size_t n_pairs = 0;
    for (size_t k = 0; k < SMALL_CASES; k++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        struct example e = draw(g, arena, k % 8 == 0 ? MOST_SMALL : 10, levels[k % 7]);
        struct rwe_match match = solve(&e, arena);
        assert_is_a_matching(&e, &match);
        double worth = PRIZE * (double)match.n_sets - match.distance_total;
        if (worth != best_by_brute_force(&e, best))
            fail_msg("example %zu: worth %.17g, best %.17g", k, worth,
                     best_by_brute_force(&e, best));
        n_pairs += match.n_sets;
        rwe_arena_release(arena, mark);
    }
    assert_true(n_pairs > SMALL_CASES / 2); /* the examples are not empty */
    rwe_arena_free(arena);
}

/* ---- GLPK ------------------------------------------------------------------------------------ */

/* Units 1 … n are the vertices; edges from treated to control cost a large number less distance. */
struct edge_cost {
    double cost;
};

static double prize_of(const struct example *e)
{
    double widest = 0;
    for (size_t i = 0; i < e->n; i++)
        widest = fmax(widest, 2 * fabs(e->score[i]));
    return 1 + widest * (double)e->n;
}

/* The largest worth of a matching by the out-of-kilter algorithm on whole numbers. */
static double best_by_out_of_kilter(const struct example *e)
{
    glp_graph *graph = glp_create_graph(sizeof(int), sizeof(struct edge_cost));
    glp_add_vertices(graph, (int)e->n);
    for (size_t i = 0; i < e->n; i++)
        *(int *)graph->v[i + 1]->data = e->treated[i] == 0;
    for (size_t i = 0; i < e->n; i++)
        for (size_t j = 0; j < e->n; j++)
            if (may_pair(e, i, j)) {
                glp_arc *arc = glp_add_arc(graph, (int)i + 1, (int)j + 1);
                ((struct edge_cost *)arc->data)->cost =
                    prize_of(e) - fabs(e->score[i] - e->score[j]);
            }
    double best = 0;
    int status = glp_asnprob_okalg(GLP_ASN_MMP, graph, 0, 0, &best, -1);
    glp_delete_graph(graph);
    assert_int_equal(status, 0);
    return best;
}

/* The same by the simplex method: at most one pair for each unit. */
static double best_by_simplex(const struct example *e)
{
    glp_prob *problem = glp_create_prob();
    glp_set_obj_dir(problem, GLP_MAX);
    glp_add_rows(problem, (int)e->n);
    for (int row = 1; row <= (int)e->n; row++)
        glp_set_row_bnds(problem, row, GLP_UP, 0, 1);
    for (size_t i = 0; i < e->n; i++)
        for (size_t j = 0; j < e->n; j++)
            if (may_pair(e, i, j)) {
                int column = glp_add_cols(problem, 1);
                glp_set_col_bnds(problem, column, GLP_LO, 0, 0);
                glp_set_obj_coef(problem, column, prize_of(e) - fabs(e->score[i] - e->score[j]));
                glp_set_mat_col(problem, column, 2, (const int[]){0, (int)i + 1, (int)j + 1},
                                (const double[]){0, 1, 1});
            }
    glp_smcp options;
    glp_init_smcp(&options);
    options.msg_lev = GLP_MSG_OFF;
    assert_int_equal(glp_simplex(problem, &options), 0);
    assert_int_equal(glp_get_status(problem), GLP_OPT);
    double best = glp_get_obj_val(problem);
    glp_delete_prob(problem);
    return best;
}

static void compare_with_solver(double solver(const struct example *), size_t n_cases,
                                uint64_t stream)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_rng rng;
    gsl_rng *g = start(&rng, stream);
    size_t n_pairs = 0;
    glp_term_out(GLP_OFF);
    for (size_t k = 0; k < n_cases; k++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        struct example e = draw(g, arena, 200, k % 2 == 0 ? 60 : 2000);
        struct rwe_match match = solve(&e, arena);
        assert_is_a_matching(&e, &match);
        double worth = prize_of(&e) * (double)match.n_sets - match.distance_total;
        assert_close(worth, solver(&e), 1e-11);
        n_pairs += match.n_sets;
        rwe_arena_release(arena, mark);
    }
    glp_free_env();
    assert_true(n_pairs > 10 * n_cases);
    rwe_arena_free(arena);
}

static void glpk_assigns_no_better_by_out_of_kilter(void **state)
{
    (void)state;
    compare_with_solver(best_by_out_of_kilter, 150, 2);
}

static void glpk_finds_no_better_by_simplex(void **state)
{
    (void)state;
    compare_with_solver(best_by_simplex, 25, 3);
}

/* ---- a dual solution --------------------------------------------------------------------------
 *
 * Let a pair be worth W − distance, W so large that more pairs always win. Numbers u >= 0 of the
 * treated and v >= 0 of the controls with u + v >= worth for every possible pair bound the worth of
 * any matching by Σ u + Σ v. If that sum is the worth of ours, ours is optimal. They are found by
 * relaxation, two passes over the line at a time, and then checked by themselves.
 */

struct side {
    size_t n;
    int64_t *at;       /* ascending */
    int64_t *dual;     /* u or v */
    uint32_t *partner; /* index on the other side, or RWE_UNMATCHED */
};

struct duality {
    struct side treated, control;
    int64_t worth, caliper;
    uint32_t *queue; /* workspace: controls in the window, the best first */
};

static int compare_places(const void *a, const void *b, void *score)
{
    double x = ((const double *)score)[*(const uint32_t *)a];
    double y = ((const double *)score)[*(const uint32_t *)b];
    return (x > y) - (x < y);
}

static struct side side_of(const struct example *e, const struct rwe_match *match, uint8_t arm,
                           struct rwe_arena *arena)
{
    struct side side = {.at = RWE_NEW(arena, int64_t, e->n),
                        .dual = RWE_NEW(arena, int64_t, e->n),
                        .partner = RWE_NEW(arena, uint32_t, e->n)};
    uint32_t *unit = RWE_NEW(arena, uint32_t, e->n);
    for (size_t i = 0; i < e->n; i++)
        if (e->treated[i] == arm)
            unit[side.n++] = (uint32_t)i;
    qsort_r(unit, side.n, sizeof *unit, compare_places, e->score);
    for (size_t k = 0; k < side.n; k++) {
        side.at[k] = (int64_t)e->score[unit[k]];
        side.partner[k] = match->set[unit[k]]; /* the set, for now */
    }
    return side;
}

static void link_partners(struct side *a, struct side *b, size_t n_sets, struct rwe_arena *arena)
{
    uint32_t *member = RWE_NEW(arena, uint32_t, n_sets);
    for (uint32_t k = 0; k < a->n; k++)
        if (a->partner[k] != RWE_UNMATCHED)
            member[a->partner[k]] = k;
    for (uint32_t k = 0; k < b->n; k++)
        if (b->partner[k] != RWE_UNMATCHED) {
            uint32_t other = member[b->partner[k]];
            b->partner[k] = other;
            a->partner[other] = k;
        }
}

static int64_t mirrored(const struct side *side, size_t k, int direction)
{
    return direction > 0 ? side->at[k] : -side->at[side->n - 1 - k];
}

static size_t index_of(const struct side *side, size_t k, int direction)
{
    return direction > 0 ? k : side->n - 1 - k;
}

/* What control k offers to treated units above it (seen in this direction), but for their place. */
static int64_t offer_of(const struct duality *d, size_t k, int direction)
{
    return d->worth - d->control.dual[index_of(&d->control, k, direction)] +
           mirrored(&d->control, k, direction);
}

/* Raises u where a control not above the treated unit demands it; true if any. A matched pair stays
 * tight: its v falls as u rises. */
static bool relax(struct duality *d, int direction)
{
    size_t next = 0, front = 0, back = 0;
    bool changed = false;
    for (size_t k = 0; k < d->treated.n; k++) {
        int64_t here = mirrored(&d->treated, k, direction);
        for (; next < d->control.n && mirrored(&d->control, next, direction) <= here; next++) {
            while (back > front &&
                   offer_of(d, d->queue[back - 1], direction) <= offer_of(d, next, direction))
                back--;
            d->queue[back++] = (uint32_t)next;
        }
        while (front < back &&
               mirrored(&d->control, d->queue[front], direction) < here - d->caliper)
            front++;
        size_t i = index_of(&d->treated, k, direction);
        if (front == back)
            continue;
        int64_t rise = offer_of(d, d->queue[front], direction) - here - d->treated.dual[i];
        if (rise <= 0)
            continue;
        d->treated.dual[i] += rise;
        if (d->treated.partner[i] != RWE_UNMATCHED)
            d->control.dual[d->treated.partner[i]] -= rise;
        changed = true;
    }
    return changed;
}

/* u + v − worth >= 0 for all possible pairs: nothing is left to relax. Duals are not negative, and
 * those of unmatched units are 0. */
static void assert_is_dual_solution(struct duality *d, const struct rwe_match *match)
{
    int64_t sum = 0;
    const struct side *sides[] = {&d->treated, &d->control};
    for (int s = 0; s < 2; s++)
        for (size_t k = 0; k < sides[s]->n; k++) {
            assert_true(sides[s]->dual[k] >= 0);
            if (sides[s]->partner[k] == RWE_UNMATCHED)
                assert_true(sides[s]->dual[k] == 0);
            sum += sides[s]->dual[k];
        }
    assert_false(relax(d, 1));
    assert_false(relax(d, -1));
    assert_true(sum == (int64_t)match->n_sets * d->worth - (int64_t)match->distance_total);
}

static void prove_by_duality(const struct example *e, struct rwe_arena *arena)
{
    struct rwe_match match = solve(e, arena);
    assert_is_a_matching(e, &match);
    struct duality d = {.treated = side_of(e, &match, 1, arena),
                        .control = side_of(e, &match, 0, arena),
                        .caliper = isinf(e->options.caliper) ? (int64_t)1 << 40
                                                             : (int64_t)e->options.caliper,
                        .worth = (int64_t)1 << 42,
                        .queue = RWE_NEW(arena, uint32_t, e->n)};
    link_partners(&d.treated, &d.control, match.n_sets, arena);
    for (size_t k = 0; k < d.control.n; k++) {
        uint32_t partner = d.control.partner[k];
        if (partner != RWE_UNMATCHED)
            d.control.dual[k] = d.worth - llabs(d.control.at[k] - d.treated.at[partner]);
    }
    bool changed = true;
    size_t passes = 0;
    for (; changed; passes++) {
        assert_true(passes <
                    e->n); /* a path has no more hops, unless the matching can be bettered */
        changed = relax(&d, 1);
        changed = relax(&d, -1) || changed;
    }
    assert_is_dual_solution(&d, &match);
}

static void prove_normal_scores(size_t n, double share, double shift, double caliper)
{
    const double sd = 1e5;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_rng rng;
    gsl_rng *g = start(&rng, n);
    struct example e = example_new(arena, n);
    for (size_t i = 0; i < n; i++) {
        e.treated[i] = gsl_rng_uniform(g) < share;
        e.score[i] = rint(sd * (gsl_ran_ugaussian(g) + (e.treated[i] ? shift : 0)));
    }
    e.options.caliper = rint(sd * caliper);
    prove_by_duality(&e, arena);
    rwe_arena_free(arena);
}

static void a_dual_solution_proves_a_hundred_thousand_units(void **state)
{
    (void)state;
    prove_normal_scores(100000, 0.3, 0.5, 0.2);
    prove_normal_scores(100000, 0.5, 0.5, 0.2);
    prove_normal_scores(100000, 0.05, 0.5, 0.2);
    prove_normal_scores(100000, 0.5, 0, 0.01);
    prove_normal_scores(100000, 0.5, 0, 0.2);
    prove_normal_scores(100000, 0.3, 0.5, INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_matching_of_any_small_example_is_better),
        cmocka_unit_test(glpk_assigns_no_better_by_out_of_kilter),
        cmocka_unit_test(glpk_finds_no_better_by_simplex),
        cmocka_unit_test(a_dual_solution_proves_a_hundred_thousand_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
