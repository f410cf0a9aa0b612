/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/analysis.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/compat.h"
#include "rwe/analysis/job.h"
#include "rwe/analysis/propensity.h"
#include "rwe/base/language.h"
#include "shares.h"

#define RWE_ANALYSIS(name) extern const struct rwe_analysis rwe_analysis_##name;
#include "analyses.def"
#undef RWE_ANALYSIS

#define RWE_ANALYSIS(name) &rwe_analysis_##name,
const struct rwe_analysis *const rwe_analyses[] = {
#include "analyses.def"
};
#undef RWE_ANALYSIS

const size_t rwe_n_analyses = sizeof rwe_analyses / sizeof rwe_analyses[0];

static const struct rwe_option statistics[] = {
    {.name = "conf-level",
     RWE_NUMBER_IN(struct rwe_statistics_settings, conf_level),
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .fallback = "0.95",
     .low = 0.5,
     .high = 0.9999,
     .help = N_("Level of confidence limits.")},
    {.name = "times",
     RWE_NUMBERS_IN(struct rwe_statistics_settings, times),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "T,T,…",
     .low = 0,
     .high = 1e300,
     .acts_with = "km timedep cuminc predict summary toxicity",
     .help = N_("Times at which survival and numbers at risk are told, in the file's unit; without "
                "it, round times over the follow-up.")},
    {.name = "time-step",
     RWE_NUMBER_IN(struct rwe_statistics_settings, time_step),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "T",
     .low = 0,
     .high = 1e300,
     .help =
         N_("Distance of the ticks on the time axes of figures, and of the numbers at risk under "
            "them (default: round, at most ten).")},
    {.name = "cut-at-risk",
     RWE_NUMBER_IN(struct rwe_statistics_settings, cut_at_risk),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "SHARE",
     .low = 0,
     .high = 1,
     .fallback = "0.1",
     .acts_with = "km timedep cuminc",
     .help = N_("Curves in figures end where fewer than this share of an arm, or fewer than 10 "
                "patients, are at risk (default 0.1; 0: nowhere). Tables and results go on.")},
    {.name = "variance",
     RWE_CHOICE_IN(struct rwe_statistics_settings, variance),
     .section = RWE_SECTION_WEIGHTING,
     .argument = "estimated|robust|bootstrap",
     .choices = "estimated|robust|bootstrap",
     .fallback = "estimated",
     .acts_with = "iptw bootstrap variance=bootstrap",
     .help =
         N_("Variance under estimated weights: with the step that estimated them (M-estimation, "
            "default), robust with the weights as known, or that of --bootstrap.")},
    {.name = "seed",
     RWE_INTEGER_IN(struct rwe_statistics_settings, seed),
     .section = RWE_SECTION_METHOD,
     .argument = "N",
     .fallback = "20250731",
     .help = N_("Seed of everything that is drawn at random.")},
    {.name = "threads",
     RWE_INTEGER_IN(struct rwe_statistics_settings, threads),
     .section = RWE_SECTION_METHOD,
     .argument = "N",
     .low = 1,
     .high = 256,
     .help = N_("Threads to use (default: all processors). Results do not depend on it.")},
};

const struct rwe_options rwe_statistics_options =
    RWE_OPTIONS_IN(struct rwe_statistics_settings, statistics);

const struct rwe_statistics_settings *rwe_statistics_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &rwe_statistics_options);
}

static struct rwe_option flag_of(const struct rwe_analysis *analysis)
{
    struct rwe_option flag = {
        .kind = analysis->choices == NULL ? RWE_OPTION_FLAG : RWE_OPTION_CHOICE,
        .argument = analysis->choices,
        .choices = analysis->choices,
    };
    if (analysis->flag != NULL)
        flag = *analysis->flag;
    if (flag.argument == NULL)
        flag.argument = flag.choices;
    flag.name = analysis->name;
    flag.home = analysis->options;
    flag.section = analysis->section;
    flag.runs = true;
    flag.help = analysis->help;
    return flag;
}

size_t rwe_option_lists(struct rwe_arena *arena,
                        const struct rwe_options *lists[RWE_MOST_OPTION_LISTS])
{
    size_t n = 0;
    struct rwe_options *flags = RWE_NEW(arena, struct rwe_options, 1);
    struct rwe_option *flag = RWE_NEW(arena, struct rwe_option, rwe_n_analyses);
    if (rwe_arena_failed(arena))
        return 0;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        flag[a] = flag_of(rwe_analyses[a]);
    *flags = (struct rwe_options){flag, rwe_n_analyses, 0};
    lists[n++] = flags;
    lists[n++] = &rwe_study_options;
    lists[n++] = &rwe_statistics_options;
    lists[n++] = &rwe_compat_options;
    lists[n++] = &rwe_bootstrap_options;
    lists[n++] = &rwe_propensity_options;
    lists[n++] = &rwe_shares_options;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (rwe_analyses[a]->options != NULL)
            lists[n++] = rwe_analyses[a]->options;
    lists[n++] = &rwe_job_options;
    return n;
}
