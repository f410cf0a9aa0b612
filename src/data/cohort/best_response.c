/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/best_response.h"

#include "rwe/data/response.h"
#include <math.h>

/* A day on which the patient was looked at. */
struct look {
    int32_t day;
    enum rwe_response response;
};

struct looks {
    struct look *look;
    size_t n;
    int32_t progression;
};

struct rwe_response_rules rwe_response_rules_default(void)
{
    return (struct rwe_response_rules){.confirm = 28, .sd_minimum = 42, .most_ne = 1};
}

/* ---- what counts ---- */

/* Of one day the highest counts. */
static int badness(enum rwe_response response)
{
    static const int of[] = {
        [RWE_RESPONSE_ND] = 0,   [RWE_RESPONSE_NE] = 1, [RWE_RESPONSE_CR] = 2,
        [RWE_RESPONSE_PR] = 3,   [RWE_RESPONSE_SD] = 4, [RWE_RESPONSE_NON] = 5,
        [RWE_RESPONSE_IUPD] = 6, [RWE_RESPONSE_PD] = 8, [RWE_RESPONSE_ICPD] = 7,
    };
    return of[response];
}

static bool is_progression(enum rwe_response response)
{
    return response == RWE_RESPONSE_PD || response == RWE_RESPONSE_ICPD;
}

static void add_look(struct looks *looks, int32_t day, enum rwe_response response)
{
    struct look *last = looks->n == 0 ? NULL : &looks->look[looks->n - 1];
    if (last == NULL || last->day != day)
        looks->look[looks->n++] = (struct look){day, response};
    else if (badness(response) > badness(last->response))
        last->response = response;
}

/* Whether a run of unconfirmed progression goes on over it. */
static bool goes_on(int response)
{
    return response == RWE_RESPONSE_IUPD || response == RWE_RESPONSE_NE ||
           response == RWE_RESPONSE_ND || response < 0;
}

/* The first iUPD of the run that assessment `at` confirms, or itself. */
static int32_t start_of_run(const struct rwe_assessments *of, size_t at)
{
    int32_t day = of->day[at];
    while (at > 0 && of->day[at - 1] >= of->zero && goes_on(of->response[at - 1])) {
        at--;
        day = of->response[at] == RWE_RESPONSE_IUPD ? of->day[at] : day;
    }
    return day;
}

int32_t rwe_first_progression(const struct rwe_assessments *of)
{
    for (size_t v = 0; v < of->n && of->day[v] <= of->until; v++)
        if (of->day[v] >= of->zero && of->response[v] == RWE_RESPONSE_PD)
            return of->day[v];
        else if (of->day[v] >= of->zero && of->response[v] == RWE_RESPONSE_ICPD)
            return start_of_run(of, v);
    return RWE_NO_DAY;
}

static void collect(const struct rwe_assessments *of, struct looks *looks)
{
    int32_t until = of->until;
    if (of->progression != RWE_NO_DAY && of->progression < until)
        until = of->progression;
    for (size_t v = 0; v < of->n && of->day[v] <= until; v++) {
        if (of->day[v] < of->zero)
            continue;
        struct look *last = looks->n == 0 ? NULL : &looks->look[looks->n - 1];
        if (last != NULL && is_progression(last->response) && last->day < of->day[v])
            break;
        add_look(looks, of->day[v],
                 of->response[v] < 0 ? RWE_RESPONSE_ND : (enum rwe_response)of->response[v]);
    }
    bool is_listed = looks->n > 0 && is_progression(looks->look[looks->n - 1].response);
    looks->progression = is_listed ? rwe_first_progression(of) : RWE_NO_DAY;
    if (is_listed || of->progression == RWE_NO_DAY || of->progression > of->until)
        return;
    /* behind what else was seen that day, which counts too */
    looks->look[looks->n++] = (struct look){of->progression, RWE_RESPONSE_PD};
    looks->progression = of->progression;
}

/* ---- confirmation ---- */

/* Whether the CR or PR at `at` is. */
static bool is_confirmed(const struct looks *looks, size_t at,
                         const struct rwe_response_rules *rules)
{
    bool is_cr = looks->look[at].response == RWE_RESPONSE_CR;
    bool cr_before = false, pr_after_cr = false;
    unsigned n_ne = 0, n_sd = 0;
    for (size_t i = at + 1; i < looks->n; i++) {
        switch (looks->look[i].response) {
        case RWE_RESPONSE_CR:
            cr_before = true;
            break;
        case RWE_RESPONSE_PR:
            if (is_cr)
                return false;
            pr_after_cr = pr_after_cr || cr_before;
            break;
        case RWE_RESPONSE_SD:
            if (is_cr || !rules->accept_sd || ++n_sd > 1)
                return false;
            continue;
        case RWE_RESPONSE_NE:
        case RWE_RESPONSE_ND:
            if (++n_ne > rules->most_ne)
                return false;
            continue;
        default:
            return false;
        }
        if (looks->look[i].day - looks->look[at].day >= rules->confirm)
            return !pr_after_cr;
    }
    return false;
}

/* ---- the best ---- */

/* What a look says of the patient; −1: nothing. */
static int rank(const struct looks *looks, size_t at, const struct rwe_assessments *of,
                const struct rwe_response_rules *rules, bool confirm)
{
    enum rwe_response response = looks->look[at].response;
    bool is_late = looks->look[at].day - of->zero >= rules->sd_minimum;
    switch (response) {
    case RWE_RESPONSE_CR:
    case RWE_RESPONSE_PR:
        if (!confirm || is_confirmed(looks, at, rules))
            return (int)response;
        return is_late ? RWE_RESPONSE_SD : RWE_RESPONSE_NE;
    case RWE_RESPONSE_SD:
    case RWE_RESPONSE_NON:
        return is_late ? (int)response : RWE_RESPONSE_NE;
    default:
        return rwe_response_of_patient((int)response);
    }
}

static struct rwe_best choose(const struct looks *looks, const struct rwe_assessments *of,
                              const struct rwe_response_rules *rules, bool confirm)
{
    struct rwe_best best = {-1, RWE_NO_DAY, RWE_NO_DAY};
    for (size_t i = 0; i < looks->n; i++) {
        int response = rank(looks, i, of, rules, confirm);
        if (response < 0)
            continue;
        int32_t day = response == RWE_RESPONSE_PD ? looks->progression : looks->look[i].day;
        if (response <= RWE_RESPONSE_PR && best.first == RWE_NO_DAY)
            best.first = day;
        if (best.response < 0 || response < best.response) {
            best.response = (int8_t)response;
            best.day = day;
        }
    }
    return best;
}

static bool has_pr_after_cr(const struct looks *looks)
{
    bool cr_before = false;
    for (size_t i = 0; i < looks->n; i++) {
        if (cr_before && looks->look[i].response == RWE_RESPONSE_PR)
            return true;
        cr_before = cr_before || looks->look[i].response == RWE_RESPONSE_CR;
    }
    return false;
}

/* ---- target lesions ---- */

static double best_change(const struct rwe_assessments *of, const struct looks *looks)
{
    double baseline = NAN, least = NAN;
    int32_t until = looks->progression == RWE_NO_DAY ? of->until : looks->look[looks->n - 1].day;
    for (size_t v = 0; of->sum != NULL && v < of->n && of->day[v] <= until; v++) {
        if (!isfinite(of->sum[v]) || of->sum[v] < 0)
            continue;
        if (of->day[v] <= of->zero)
            baseline = of->sum[v];
        else
            least = fmin(least, of->sum[v]);
    }
    return baseline > 0 ? 100 * (least - baseline) / baseline : NAN;
}

enum rwe_status rwe_best_response_find(const struct rwe_assessments *assessments,
                                       const struct rwe_response_rules *rules,
                                       struct rwe_arena *arena, struct rwe_best_response *best)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct looks looks = {.look = RWE_NEW(arena, struct look, assessments->n + 1)};
    if (looks.look == NULL)
        return RWE_NO_MEMORY;
    collect(assessments, &looks);
    *best = (struct rwe_best_response){
        .unconfirmed = choose(&looks, assessments, rules, false),
        .confirmed = choose(&looks, assessments, rules, true),
        .progression = looks.progression,
        .pr_after_cr = has_pr_after_cr(&looks),
        .change = best_change(assessments, &looks),
    };
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
