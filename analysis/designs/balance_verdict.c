/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance_private.h"
#include "rwe/analysis/present.h"

#include <math.h>
#include <string.h>

/* How many are named in a sentence; the table has them all. */
enum { MOST_NAMED = 6 };

/* What is judged: a population by the limits there. */
struct verdict {
    struct rwe_run *run;
    const struct balance_lines *lines;
    size_t d; /* the population */
    double limit, ratio;
};

/* Those that fail, the worst first. */
struct failures {
    size_t n, n_serious;
    size_t n_named;
    const struct balance_line *named[MOST_NAMED];
};

static bool is_apart(const struct verdict *verdict, const struct balance_line *line)
{
    return !(fabs(line->at[verdict->d].smd) <= verdict->limit); /* or cannot be measured */
}

static bool is_spread_otherwise(const struct verdict *verdict, const struct balance_line *line)
{
    double ratio = line->at[verdict->d].variance_ratio;
    return line->kind == BALANCE_NUMBER && (ratio > verdict->ratio || ratio < 1 / verdict->ratio);
}

static double size_apart(const struct verdict *verdict, const struct balance_line *line)
{
    double smd = fabs(line->at[verdict->d].smd);
    return isnan(smd) ? INFINITY : smd;
}

static double size_of_ratio(const struct verdict *verdict, const struct balance_line *line)
{
    return fabs(log(line->at[verdict->d].variance_ratio));
}

typedef bool fails_function(const struct verdict *, const struct balance_line *);
typedef double size_function(const struct verdict *, const struct balance_line *);

/* Keeps the named ones in order; the first of equals stays first. */
static void insert(const struct verdict *verdict, const struct balance_line *line,
                   size_function *size, struct failures *failures)
{
    size_t at = failures->n_named;
    while (at > 0 && size(verdict, failures->named[at - 1]) < size(verdict, line))
        at--;
    if (at == MOST_NAMED)
        return;
    size_t n = failures->n_named < MOST_NAMED ? failures->n_named + 1 : MOST_NAMED;
    memmove(&failures->named[at + 1], &failures->named[at], (n - 1 - at) * sizeof(void *));
    failures->named[at] = line;
    failures->n_named = n;
}

static struct failures find(const struct verdict *verdict, fails_function *fails,
                            size_function *size)
{
    struct failures failures = {0};
    for (size_t k = 0; k < verdict->lines->n; k++) {
        const struct balance_line *line = &verdict->lines->item[k];
        if (!fails(verdict, line))
            continue;
        failures.n++;
        failures.n_serious += size(verdict, line) > 2 * verdict->limit;
        insert(verdict, line, size, &failures);
    }
    return failures;
}

/* ---- words ---- */

const char *rwe_balance_number_text(const struct rwe_run *run, double value)
{
    const char *text =
        isnan(value) ? "not measurable"
                     : rwe_arena_format(run->arena, "%s%.3f", value < 0 ? "−" : "", fabs(value));
    return text == NULL ? "" : text;
}

/* "nodes −0.157, size=20-50 −0.136 and 3 more" */
static const char *list(const struct verdict *verdict, const struct failures *failures, bool ratios)
{
    const struct rwe_run *run = verdict->run;
    const char *text = "";
    for (size_t k = 0; text != NULL && k < failures->n_named; k++) {
        const struct rwe_balance *at = &failures->named[k]->at[verdict->d];
        text = rwe_arena_format(
            run->arena, "%s%s%s %s", text, k == 0 ? "" : ", ", failures->named[k]->name,
            rwe_balance_number_text(run, ratios ? at->variance_ratio : at->smd));
    }
    if (text != NULL && failures->n > failures->n_named)
        text =
            rwe_arena_format(run->arena, "%s and %zu more", text, failures->n - failures->n_named);
    return text == NULL ? "" : text;
}

/* What would bring the line nearer, by its kind; A score has no remedy of its own. */
static const char *remedy_of_line(const struct verdict *verdict, const struct balance_line *line)
{
    struct rwe_arena *arena = verdict->run->arena;
    unsigned remedies = verdict->run->design[verdict->d].remedies;
    if (line->kind == BALANCE_SCORE)
        return "look at the covariates that foretell the outcome";
    if ((remedies & RWE_REMEDY_EXACT) && line->kind != BALANCE_NUMBER)
        return rwe_arena_format(arena, "match exactly on \"%s\"", line->term);
    if (!(remedies & RWE_REMEDY_MODEL))
        return "look at how this population is made";
    return rwe_arena_format(arena, "give the propensity model %s of \"%s\"",
                            line->kind == BALANCE_NUMBER ? "the square or a spline" : "products",
                            line->term);
}

/* The worst covariate decides, since it can be acted upon. Where weights from a score leave a serious
 * difference, a few of them are extreme more often than the model is wrong. */
static const char *remedy(const struct verdict *verdict, const struct failures *apart)
{
    unsigned remedies = verdict->run->design[verdict->d].remedies;
    const struct balance_line *worst = apart->named[0];
    for (size_t k = apart->n_named; k-- > 0;)
        if (apart->named[k]->kind != BALANCE_SCORE)
            worst = apart->named[k];
    bool trim = (remedies & RWE_REMEDY_TRIM) && apart->n_serious > 0;
    const char *first =
        trim ? "trim extreme weights (--trim-optimal)" : remedy_of_line(verdict, worst);
    const char *text = rwe_arena_format(
        verdict->run->arena, "%s%s%s", first == NULL ? "" : first,
        remedies & RWE_REMEDY_CALIPER ? ", or take a smaller --caliper" : "",
        remedies & RWE_REMEDY_OVERLAP ? ", or weight with --iptw=ato, which makes the means equal"
                                      : "");
    return text == NULL ? "" : text;
}

/* ---- what is told ---- */

static void tell_apart(const struct verdict *verdict, const struct failures *apart)
{
    const char *severity =
        apart->n_serious == 0
            ? rwe_arena_format(verdict->run->arena, "%s by more than %g (small)",
                               apart->n == 1 ? "not" : "none", 2 * verdict->limit)
            : rwe_arena_format(verdict->run->arena, "%zu by more than %g (serious)",
                               apart->n_serious, 2 * verdict->limit);
    rwe_document_warning(
        verdict->run->document, "imbalance", "balance",
        "%s: not balanced. %zu of the %zu rows below %s by more than %g "
        "standard deviations, %s: %s. What helps: %s; --cox adjusts for what remains.",
        verdict->run->design[verdict->d].label, apart->n, verdict->lines->n,
        apart->n == 1 ? "differs" : "differ", verdict->limit, severity == NULL ? "" : severity,
        list(verdict, apart, false), remedy(verdict, apart));
}

static void tell_spread(const struct verdict *verdict, const struct failures *spread)
{
    rwe_document_warning(
        verdict->run->document, "variance-ratio", "balance",
        "%s: the variances of the arms differ by more than a factor of %g (treated over control): "
        "%s. Look at extreme values; give the propensity model the square, a spline or the "
        "logarithm of \"%s\".",
        verdict->run->design[verdict->d].label, verdict->ratio, list(verdict, spread, true),
        spread->named[0]->term);
}

/* Rounding decides which is the worst of differences that are all but 0, so none is named. */
static void tell_balanced(const struct verdict *verdict, const struct balance_line *worst,
                          bool passed)
{
    const struct rwe_run *run = verdict->run;
    double smd = worst->at[verdict->d].smd;
    const char *most = fabs(smd) < 0.0005
                           ? "none by as much as 0.001"
                           : rwe_arena_format(run->arena, "most of all %s, %s", worst->name,
                                              rwe_balance_number_text(run, smd));
    rwe_document_paragraph(run->document,
                           "%s: %s. Each of the %zu rows below differs by at most %g standard "
                           "deviations, %s.",
                           run->design[verdict->d].label,
                           passed ? "balanced" : "means balanced, spreads not", verdict->lines->n,
                           verdict->limit, most == NULL ? "" : most);
}

static const struct balance_line *find_worst(const struct verdict *verdict)
{
    const struct balance_line *worst = &verdict->lines->item[0];
    for (size_t k = 1; k < verdict->lines->n; k++)
        if (size_apart(verdict, &verdict->lines->item[k]) > size_apart(verdict, worst))
            worst = &verdict->lines->item[k];
    return worst;
}

static void judge(const struct verdict *verdict)
{
    struct failures apart = find(verdict, is_apart, size_apart);
    struct failures spread = find(verdict, is_spread_otherwise, size_of_ratio);
    const struct balance_line *worst = find_worst(verdict);
    size_t n_failed = 0;
    for (size_t k = 0; k < verdict->lines->n; k++)
        n_failed += is_apart(verdict, &verdict->lines->item[k]) ||
                    is_spread_otherwise(verdict, &verdict->lines->item[k]);
    struct rwe_key key = rwe_key_in("balance", NULL, &verdict->run->design[verdict->d]);
    key.term = "(gate)";
    struct rwe_document *document = verdict->run->document;
    rwe_document_number(document, &key, "n", (double)verdict->lines->n);
    rwe_document_number(document, &key, "n.failed", (double)n_failed);
    rwe_document_number(document, &key, "worst", fabs(worst->at[verdict->d].smd));
    rwe_document_number(document, &key, "passed", n_failed == 0);
    if (apart.n == 0)
        tell_balanced(verdict, worst, n_failed == 0);
    else
        tell_apart(verdict, &apart);
    if (spread.n > 0)
        tell_spread(verdict, &spread);
}

void rwe_balance_verdict(struct rwe_run *run, const struct balance_lines *lines)
{
    struct verdict verdict = {.run = run,
                              .lines = lines,
                              .limit = rwe_settings_number(run->settings, "balance-limit"),
                              .ratio =
                                  rwe_settings_number(run->settings, "balance-variance-ratio")};
    for (verdict.d = 1; verdict.d < rwe_run_n_disjoint(run); verdict.d++)
        judge(&verdict);
}
