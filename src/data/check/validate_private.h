/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns by role: between src/data/validate_chart.c, which finds and reads them, and the rules in
 * validate_rules.c, validate_whole.c and validate_events.c, which look at them. */
#ifndef RWE_DATA_VALIDATE_PRIVATE_H
#define RWE_DATA_VALIDATE_PRIVATE_H

#include "rwe/data/validate.h"
#include <math.h>

/* ROLE(NAME, kind, after time zero, other headers): what a column holds. Kinds: D date, N number,
 * T text. */
#define RWE_ROLES(ROLE)                                                                            \
    ROLE(usubjid, T, false, "编号|病例号|研究编号")                                                \
    ROLE(siteid, T, false, "中心|医院|院区")                                                       \
    ROLE(age, N, false, "年龄")                                                                    \
    ROLE(sex, T, false, "性别")                                                                    \
    ROLE(birth_date, D, false, "出生日期")                                                         \
    ROLE(kps, N, false, "KPS评分|卡氏评分")                                                        \
    ROLE(dx_date, D, false, "初诊日期|确诊时间")                                                   \
    ROLE(prim_rt_end_date, D, false, "放疗结束日期")                                               \
    ROLE(met_date, D, false, "转移日期|发现转移时间")                                              \
    ROLE(dfi_mo, N, false, "无病间期")                                                             \
    ROLE(ebv_dna, T, false, "EB病毒DNA|EBV-DNA拷贝")                                               \
    ROLE(ldh, N, false, "乳酸脱氢酶")                                                              \
    ROLE(alb, N, false, "白蛋白")                                                                  \
    ROLE(index_date, D, false, "首次用药日期|免疫治疗开始")                                        \
    ROLE(prior_ici, T, false, "elig_prior_ici")                                                    \
    ROLE(ebv_dna_c2, T, true, "")                                                                  \
    ROLE(gp_cycles, N, true, "化疗周期数")                                                         \
    ROLE(pd1_cycles, N, true, "免疫治疗周期")                                                      \
    ROLE(pd1_last_date, D, true, "")                                                               \
    ROLE(maint, T, true, "")                                                                       \
    ROLE(rt_start_date, D, true, "放疗开始日期|放疗开始时间|放疗起始日期|放疗起始时间")            \
    ROLE(rt_end_date, D, true, "")                                                                 \
    ROLE(rt_site, T, true, "放疗部位")                                                             \
    ROLE(rt_tech, T, true, "放疗技术")                                                             \
    ROLE(rt_dose_gy, N, true, "处方剂量")                                                          \
    ROLE(rt_fx, N, true, "次数")                                                                   \
    ROLE(rt_fx_gy, N, true, "单次剂量")                                                            \
    ROLE(rt_start_mo, N, true, "")                                                                 \
    ROLE(rt_all_lesions, T, true, "")                                                              \
    ROLE(rt_v20, N, true, "V20")                                                                   \
    ROLE(rt_mld, N, true, "平均肺剂量")                                                            \
    ROLE(bor, T, true, "最佳疗效|疗效评价")                                                        \
    ROLE(bor_date, D, true, "")                                                                    \
    ROLE(resp_m3, T, true, "")                                                                     \
    ROLE(resp_first_date, D, true, "")                                                             \
    ROLE(pd_date, D, true, "进展日期|PD时间")                                                      \
    ROLE(pd_type, T, true, "")                                                                     \
    ROLE(pd_site, T, true, "进展部位")                                                             \
    ROLE(relapse_date, D, true, "复发日期")                                                        \
    ROLE(last_assess_date, D, true, "末次影像日期")                                                \
    ROLE(newtx_date, D, true, "后线治疗")                                                          \
    ROLE(newtx_type, T, true, "")                                                                  \
    ROLE(death, T, true, "是否死亡")                                                               \
    ROLE(death_date, D, true, "死亡日期")                                                          \
    ROLE(death_cause, T, true, "死因")                                                             \
    ROLE(last_contact_date, D, true, "末次随访日期")                                               \
    ROLE(ltfu, T, true, "失访")                                                                    \
    ROLE(ae_term, T, true, "不良反应")                                                             \
    ROLE(ae_grade, T, true, "不良反应分级")                                                        \
    ROLE(ae_start_date, D, true, "")

enum role {
#define ROLE(name, kind, after, others) ROLE_##name,
    RWE_ROLES(ROLE)
#undef ROLE
        N_ROLES
};

struct rwe_chart {
    const struct rwe_table *table;
    const struct rwe_study_settings *study;
    struct rwe_strings event_columns; /* of a chart of events: ID, TERM, GRADE, or none */
    struct rwe_arena *arena;          /* scratch */
    size_t n;
    size_t column[N_ROLES]; /* RWE_NO_INDEX: the file has none */
    const char *
        *text[N_ROLES];      /* by row, NULL missing; the array is NULL where there is no column */
    double *number[N_ROLES]; /* of numbers, NaN: missing or none */
    double *day[N_ROLES];    /* of dates, NaN: missing or no whole date */
    double cutoff;           /* NaN: not declared */
    size_t arm;              /* columns, or RWE_NO_INDEX */
    const char **arm_text;   /* by row */
    bool wants_repeats;
    uint32_t *first_id; /* by row: the first that has the same identifier (itself without one) */
    uint32_t *first_person; /* the same by birth date, sex and date of diagnosis, all known */
    const struct rwe_chart *patients; /* of a chart of events: whose they are */
    uint32_t *patient;                /* by event: row of the patient, UINT32_MAX: none */
};

/* Finds and reads the columns of a table. */
enum rwe_status rwe_chart_read(struct rwe_chart *chart, struct rwe_error *error);

/* The first word of `needs` that the chart cannot give, in `arena`; NULL when it has all. */
const char *rwe_chart_lacks(const struct rwe_chart *chart, const char *needs,
                            struct rwe_arena *arena);

/* Texts of a column by row, NULL missing; borrowed from the table. NULL when memory is out. */
const char **rwe_chart_texts(const struct rwe_chart *chart, size_t column);

/* Whether a text is a month or a year alone: 2023-05, 2023年5月, 2023. */
bool rwe_chart_is_partial_date(const char *text);

bool rwe_role_is_date(enum role role);

static inline double rwe_chart_day(const struct rwe_chart *chart, enum role role, size_t row)
{
    return chart->day[role] == NULL ? NAN : chart->day[role][row];
}

static inline double rwe_chart_number(const struct rwe_chart *chart, enum role role, size_t row)
{
    return chart->number[role] == NULL ? NAN : chart->number[role][row];
}

static inline const char *rwe_chart_text(const struct rwe_chart *chart, enum role role, size_t row)
{
    return chart->text[role] == NULL ? NULL : chart->text[role][row];
}

/* The rules of the file as a whole, and of adverse events. */
bool rwe_rule_follow_up_lags(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_visits_end_follow_up(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_status_inverted(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_heaping(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_date_system(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_separated(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_constant(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_after_baseline(const struct rwe_chart *chart, struct rwe_finding *finding);
bool rwe_rule_start_not_said(const struct rwe_chart *chart, struct rwe_finding *finding);
size_t rwe_rule_event_dates(const struct rwe_chart *events, size_t row);
size_t rwe_rule_event_grade(const struct rwe_chart *events, size_t row);
size_t rwe_rule_event_nobody(const struct rwe_chart *events, size_t row);
size_t rwe_rule_event_fatal(const struct rwe_chart *events, size_t row);

#endif
