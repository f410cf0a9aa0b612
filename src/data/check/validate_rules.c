/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of rules, and the tests of one patient's row. */
#include "validate_private.h"

#include <string.h>

static const double days_per_month = 30.4375;

/* ---- small words ---- */

#define DAY(role) rwe_chart_day(c, ROLE_##role, i)
#define NUMBER(role) rwe_chart_number(c, ROLE_##role, i)
#define TEXT(role) rwe_chart_text(c, ROLE_##role, i)
#define COLUMN(role) (c->column[ROLE_##role])

static size_t fault(bool found, size_t column)
{
    return found ? column : RWE_NO_INDEX;
}

static bool is_text(const char *text, const char *word)
{
    return text != NULL && strcasecmp(text, word) == 0;
}

/* ---- dates that contradict each other: comparisons with a missing date are false ---- */

static size_t no_index(const struct rwe_chart *c, size_t i)
{
    return fault(isnan(DAY(index_date)), COLUMN(index_date));
}

static size_t death_without_date(const struct rwe_chart *c, size_t i)
{
    return fault(rwe_chart_yes(TEXT(death)) == 1 && isnan(DAY(death_date)) &&
                     !rwe_chart_is_partial_date(TEXT(death_date)),
                 COLUMN(death_date));
}

static size_t partial_death(const struct rwe_chart *c, size_t i)
{
    return fault(rwe_chart_is_partial_date(TEXT(death_date)), COLUMN(death_date));
}

static size_t death_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(death_date) < DAY(index_date), COLUMN(death_date));
}

static size_t progression_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(pd_date) < DAY(index_date), COLUMN(pd_date));
}

static size_t contact_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(last_contact_date) < DAY(index_date), COLUMN(last_contact_date));
}

static size_t alive_with_death_date(const struct rwe_chart *c, size_t i)
{
    return fault(rwe_chart_yes(TEXT(death)) == 0 && !isnan(DAY(death_date)), COLUMN(death_date));
}

static size_t after_cutoff(const struct rwe_chart *c, size_t i)
{
    for (int r = 0; r < N_ROLES; r++)
        if (rwe_role_is_date((enum role)r) && rwe_chart_day(c, (enum role)r, i) > c->cutoff)
            return c->column[r];
    return RWE_NO_INDEX;
}

static size_t death_before_progression(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(death_date) < DAY(pd_date), COLUMN(death_date));
}

static size_t contact_after_death(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(last_contact_date) > DAY(death_date), COLUMN(last_contact_date));
}

static size_t radiotherapy_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(rt_start_date) < DAY(index_date), COLUMN(rt_start_date));
}

/* ---- duplicates ---- */

static size_t duplicate_id(const struct rwe_chart *c, size_t i)
{
    return fault(c->first_id[i] != i, COLUMN(usubjid));
}

static bool same(const struct rwe_chart *c, enum role role, size_t i, size_t k)
{
    const char *a = rwe_chart_text(c, role, i);
    const char *b = rwe_chart_text(c, role, k);
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static size_t same_person_elsewhere(const struct rwe_chart *c, size_t i)
{
    size_t k = c->first_person[i];
    return fault(k != i && !same(c, ROLE_siteid, i, k) && !same(c, ROLE_usubjid, i, k),
                 COLUMN(birth_date));
}

/* ---- arm and radiotherapy ---- */

/* Only intrathoracic sites are the exposure; an unknown one is taken for it. */
static bool is_intrathoracic(const char *site)
{
    return site == NULL || strstr(site, "lung") != NULL || strstr(site, "mediast") != NULL ||
           strstr(site, "pleura") != NULL || strstr(site, "肺") != NULL ||
           strstr(site, "纵隔") != NULL || strstr(site, "胸膜") != NULL;
}

static size_t arm_contradicts(const struct rwe_chart *c, size_t i)
{
    const char *arm = c->arm_text[i];
    const char *control = c->study->control;
    double start = DAY(rt_start_date);
    if (arm == NULL)
        return RWE_NO_INDEX;
    if (strcmp(arm, c->study->treated) == 0)
        return fault(isnan(start) && !rwe_chart_is_partial_date(TEXT(rt_start_date)), c->arm);
    bool is_control = control == NULL || strcmp(arm, control) == 0;
    bool is_exposure =
        start >= DAY(index_date) && !(start > DAY(pd_date)) && is_intrathoracic(TEXT(rt_site));
    return fault(is_control && is_exposure, c->arm);
}

static size_t radiotherapy_after_progression(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(rt_start_date) > DAY(pd_date), COLUMN(rt_start_date));
}

static size_t radiotherapy_ends_first(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(rt_end_date) < DAY(rt_start_date), COLUMN(rt_end_date));
}

static size_t wrong_dose(const struct rwe_chart *c, size_t i)
{
    double dose = NUMBER(rt_dose_gy);
    double sum = NUMBER(rt_fx) * NUMBER(rt_fx_gy);
    return fault(dose > 100 || fabs(dose - sum) > 0.05 * dose, COLUMN(rt_dose_gy));
}

/* ---- eligibility and times ---- */

static size_t not_eligible(const struct rwe_chart *c, size_t i)
{
    double between = DAY(met_date) - DAY(prim_rt_end_date);
    if (NUMBER(age) < 18)
        return COLUMN(age);
    if (NUMBER(kps) < 60)
        return COLUMN(kps);
    if (NUMBER(dfi_mo) <= 6)
        return COLUMN(dfi_mo);
    if (COLUMN(dfi_mo) == RWE_NO_INDEX && between <= 6 * days_per_month)
        return COLUMN(met_date);
    return fault(rwe_chart_yes(TEXT(prior_ici)) == 1, COLUMN(prior_ici));
}

static size_t zero_time(const struct rwe_chart *c, size_t i)
{
    static const enum role ends[] = {ROLE_pd_date, ROLE_death_date, ROLE_last_contact_date};
    for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++)
        if (rwe_chart_day(c, ends[e], i) == DAY(index_date))
            return c->column[ends[e]];
    return RWE_NO_INDEX;
}

static size_t suspicious_unit(const struct rwe_chart *c, size_t i)
{
    const char *ebv = TEXT(ebv_dna);
    if (NUMBER(alb) < 10)
        return COLUMN(alb);
    if (NUMBER(ldh) < 10)
        return COLUMN(ldh);
    return fault(ebv != NULL && strcasestr(ebv, "IU") != NULL, COLUMN(ebv_dna));
}

/* ---- response and progression ---- */

static size_t response_after_progression(const struct rwe_chart *c, size_t i)
{
    bool responded = is_text(TEXT(bor), "CR") || is_text(TEXT(bor), "PR");
    return fault(responded && DAY(pd_date) < DAY(resp_first_date), COLUMN(resp_first_date));
}

static size_t early_progression(const struct rwe_chart *c, size_t i)
{
    double after = DAY(pd_date) - DAY(index_date);
    return fault(after >= 0 && after < 14, COLUMN(pd_date));
}

static size_t response_without_date(const struct rwe_chart *c, size_t i)
{
    bool progressed = TEXT(pd_date) != NULL && rwe_chart_yes(TEXT(pd_date)) != 0;
    if (is_text(TEXT(bor), "PD") && !progressed)
        return COLUMN(pd_date);
    return fault(COLUMN(relapse_date) != RWE_NO_INDEX && is_text(TEXT(bor), "CR") && progressed &&
                     TEXT(relapse_date) == NULL,
                 COLUMN(relapse_date));
}

/* ---- the table ---- */

#define E .severity = RWE_SEVERITY_ERROR
#define W .severity = RWE_SEVERITY_WARNING
#define Q .severity = RWE_SEVERITY_QUERY

const struct rwe_rule rwe_rules[] = {
    {"E01", E, .needs = "index_date", .about = "index_date", .row = no_index,
     .message = {"missing, or no whole date", "缺失或不是完整日期"},
     .action = {"enter the first day of treatment: time counts from it",
                "请填写首次用药日期：时间由此计算"}},
    {"E02", E, .needs = "death death_date", .about = "death_date", .row = death_without_date,
     .message = {"missing, but the patient is recorded as dead", "记录为死亡但无死亡日期"},
     .action = {"enter the date of death, or correct the status", "请补填死亡日期或更正生存状态"}},
    {"E02", Q, .needs = "death_date", .about = "death_date", .row = partial_death,
     .message = {"a month or a year, not a day", "日期不完整（仅年或年月）"},
     .action = {"ask for the day; until then the middle of the month stands, never a year alone",
                "请查明具体日；暂以月中代替，仅有年份时不予推算"}},
    {"E03", E, .needs = "index_date death_date", .about = "death_date", .row = death_before_index,
     .message = {"earlier than the index date", "早于首次用药日期"},
     .action = {"check both dates in the chart", "请核对死亡日期与首次用药日期"}},
    {"E04", E, .needs = "index_date pd_date", .about = "pd_date", .row = progression_before_index,
     .message = {"earlier than the index date", "早于首次用药日期"},
     .action =
         {"is it the progression of the earlier disease? Enter the first one under this treatment",
          "是否为既往疾病的进展？请填写本次治疗后的首次进展日期"}},
    {"E05", E, .needs = "index_date last_contact_date", .about = "last_contact_date",
     .row = contact_before_index, .message = {"earlier than the index date", "早于首次用药日期"},
     .action = {"enter the last day on which the patient was known to be alive",
                "请填写最后一次确认患者存活的日期"}},
    {"E06", E, .needs = "usubjid", .about = "usubjid", .row = duplicate_id,
     .message = {"the identifier of an earlier row too", "编号与前面的记录重复"},
     .action = {"one row is one patient: merge the rows, or correct the identifier",
                "一行应为一名患者：请合并或更正编号"}},
    {"E06", Q, .needs = "birth_date sex dx_date siteid", .about = "birth_date",
     .row = same_person_elsewhere,
     .message = {"with sex and date of diagnosis the same as at another site",
                 "出生日期、性别、确诊日期与另一中心的患者相同"},
     .action = {"find out whether it is one patient, and keep one row",
                "请确认是否同一患者，仅保留一条记录"}},
    {"E07", E, .needs = "death death_date", .about = "death_date", .row = alive_with_death_date,
     .message = {"a date of death of a patient recorded as alive", "记录为存活但有死亡日期"},
     .action = {"correct the status, or empty the date", "请更正生存状态或清空死亡日期"}},
    /* In spite of its letter: who lives longer than the cut-off is no error. */
    {"E08", W, .needs = "@cutoff index_date", .about = "any date", .row = after_cutoff,
     .message = {"later than the data cut-off", "晚于数据截止日期"},
     .action =
         {"nothing if true: follow-up ends at the cut-off, and what comes later is not counted",
          "如属实无需处理：随访在数据截止日截断，之后的事件不计"}},
    {"E09", E, .needs = "death_date pd_date", .about = "death_date",
     .row = death_before_progression,
     .message = {"earlier than the progression", "早于疾病进展日期"},
     .action = {"check both dates; the same day is allowed", "请核对两个日期；同一天是允许的"}},
    {"E10", E, .needs = "death_date last_contact_date", .about = "last_contact_date",
     .row = contact_after_death, .message = {"later than the death", "晚于死亡日期"},
     .action = {"check both dates: nobody is seen alive after death", "请核对：死亡后不应有随访"}},
    {"E11", E, .needs = "index_date rt_start_date", .about = "rt_start_date",
     .row = radiotherapy_before_index,
     .message = {"earlier than the index date", "早于首次用药日期"},
     .action = {"is it the earlier radiotherapy? That is not this exposure: enter it elsewhere",
                "是否为既往放疗？既往放疗不是本研究的暴露，请另列填写"}},
    {"E12", E, .needs = "@treated rt_start_date", .about = "arm", .row = arm_contradicts,
     .message = {"an arm that the date of radiotherapy contradicts", "分组与放疗开始日期矛盾"},
     .action = {"enter the start of radiotherapy, or correct the arm",
                "请补填放疗开始日期或更正分组"}},
    {"W13", W, .needs = "rt_start_date pd_date", .about = "rt_start_date",
     .row = radiotherapy_after_progression,
     .message = {"later than the progression", "晚于疾病进展日期"},
     .action = {"it is later treatment and not the exposure; check that the arm says so",
                "属进展后的后续治疗，不计为暴露；请核对分组"}},
    {"W14", W, .needs = "rt_start_date rt_end_date", .about = "rt_end_date",
     .row = radiotherapy_ends_first,
     .message = {"earlier than the start of radiotherapy", "早于放疗开始日期"},
     .action = {"check both dates", "请核对放疗起止日期"}},
    {"W15", W, .needs = "rt_dose_gy", .about = "rt_dose_gy", .row = wrong_dose,
     .message = {"over 100, or not the fractions times their dose",
                 "大于100，或与次数乘单次剂量不符"},
     .action = {"enter Gy, not cGy; check fractions", "单位应为Gy而非cGy；请核对次数与单次剂量"}},
    {"W16", W, .needs = "age|kps|dfi_mo|prior_ici|met_date", .about = "patient",
     .row = not_eligible,
     .message =
         {"against the criteria of the study (age 18, KPS 60, DFI > 6 months, no earlier ICI)",
          "不符合入选标准（年龄≥18、KPS≥60、无病间期>6个月、未用过免疫检查点抑制剂）"},
     .action = {"check it; if true declare the criterion under eligibility, so that it is counted",
                "请核对；如属实请在 eligibility 中声明该标准以便计数"}},
    {"W17", W, .needs = "index_date pd_date|death_date|last_contact_date",
     .about = "end of follow-up", .row = zero_time,
     .message = {"the index date itself: a time of 0", "与首次用药日期相同：时间为0"},
     .action = {"check it: the patient adds nothing to follow-up", "请核对：该患者没有随访时间"}},
    {"W18", W, .needs = "alb|ldh|ebv_dna", .about = "alb, ldh, ebv_dna", .row = suspicious_unit,
     .message = {"in another unit, as it seems", "单位可疑"},
     .action = {"albumin in g/L, LDH in U/L, EBV DNA in copies/mL: convert it",
                "白蛋白g/L、LDH U/L、EBV-DNA拷贝/mL：请换算"}},
    {"W19", W, .needs = "bor pd_date resp_first_date", .about = "resp_first_date",
     .row = response_after_progression,
     .message = {"a first response later than the progression", "首次缓解日期晚于进展日期"},
     .action = {"response counts before progression only: check dates and response",
                "缓解应在进展之前：请核对日期与疗效"}},
    {"W20", W, .needs = "index_date pd_date", .about = "pd_date", .row = early_progression,
     .message = {"within 14 days of the index date, before a first scan is due",
                 "在首次用药后14天内，早于首次影像评估"},
     .action = {"is it progression before treatment, or clinical?",
                "是治疗前已进展，还是临床进展？"}},
    {"W21", W, .needs = "bor pd_date", .about = "pd_date, relapse_date",
     .row = response_without_date,
     .message = {"missing, though the best response asks for it", "最佳疗效要求有该日期但缺失"},
     .action = {"PD as best response needs its date; CR that progressed the date of relapse",
                "最佳疗效为PD须有进展日期；CR后进展须有复发日期"}},
    {"W22", W, .needs = "@cutoff death last_contact_date", .about = "last_contact_date",
     .whole = rwe_rule_follow_up_lags,
     .message =
         {"of the survivors were last seen over 12 months before the cut-off, or one arm far more",
          "的存活者末次随访早于数据截止日12个月以上，或两组差异大"},
     .action = {"update the follow-up, in both arms alike", "请更新随访，两组一致"}},
    {"W23", W, .needs = "death death_date last_assess_date last_contact_date",
     .about = "last_contact_date", .whole = rwe_rule_visits_end_follow_up,
     .message =
         {"of the survivors end at their last scan, while deaths are known long after theirs",
          "的存活者随访止于末次影像，而死亡却在末次影像很久之后获知"},
     .action = {"use one rule for all: the last day known alive, from the same sources",
                "请对所有患者使用同一规则：各来源中最后确认存活日期"}},
    {"W24", W, .needs = "death|@endpoint", .about = "status", .whole = rwe_rule_status_inverted,
     .message = {"coded 1 and 2, or inverted: every event later than every censoring",
                 "编码为1/2，或状态颠倒：所有事件均晚于删失"},
     .action = {"say which value is the event: --endpoint NAME=TIME,EVENT:VALUE",
                "请说明哪个值为事件：--endpoint NAME=TIME,EVENT:VALUE"}},
    {"W25", W, .needs = "index_date", .about = "any date", .whole = rwe_rule_heaping,
     .message = {"of the dates fall on the 1st or the 15th", "的日期为1日或15日"},
     .action = {"days were filled in for months, as it seems: say so, or look them up",
                "疑为月份补日：请说明或查明具体日期"}},
    {"W26", W, .needs = "index_date", .about = "any date", .whole = rwe_rule_date_system,
     .message = {"1,462 days off the index dates: spreadsheets of 1900 and 1904",
                 "与首次用药日期相差1462天：1900与1904日期系统混用"},
     .action = {"add or take off 1,462 days in that column", "请将该列日期加或减1462天"}},
    {"W27", W, .needs = "@arm @endpoint @covariates", .about = "covariates",
     .whole = rwe_rule_separated,
     .message = {"a level without events, or in one arm alone", "该水平无事件，或仅见于一组"},
     .action = {"join levels, or use Firth's penalty", "请合并水平或使用Firth惩罚"}},
    {"W28", W, .needs = "index_date ae_start_date", .about = "ae_start_date",
     .event = rwe_rule_event_dates,
     .message = {"before the index date, or over 90 days after the last contact",
                 "早于首次用药日期，或晚于末次随访90天以上"},
     .action = {"check the onset, and the follow-up", "请核对发生日期与随访日期"}},
    {"W29", W, .needs = "ae_term ae_grade", .about = "ae_grade", .event = rwe_rule_event_grade,
     .message = {"a grade that CTCAE 5.0 does not have for this term", "CTCAE 5.0中该术语无此分级"},
     .action = {"check term and grade", "请核对术语与分级"}},
    {"W30", W, .needs = "usubjid", .about = "usubjid", .event = rwe_rule_event_nobody,
     .message = {"no patient of the cohort's file", "不在患者表中"},
     .action = {"correct the identifier; such events are not counted", "请更正编号；此类事件不计"}},
    {"W31", W, .needs = "ae_grade ae_start_date death_date", .about = "ae_grade",
     .event = rwe_rule_event_fatal,
     .message = {"grade 5, but no death within 30 days", "5级但30天内无死亡"},
     .action = {"correct the grade, or the date of death", "请更正分级或死亡日期"}},
    {"W32", W, .needs = "@covariates", .about = "covariates", .whole = rwe_rule_constant,
     .message = {"constant, or the same as another covariate", "为常量，或与另一协变量共线"},
     .action = {"leave it out of the covariates", "请从协变量中去除"}},
    {"W33", W, .needs = "@covariates", .about = "covariates", .whole = rwe_rule_after_baseline,
     .message = {"a covariate of which the value is known only after time zero",
                 "协变量在时间零点之后才可知"},
     .action = {"leave it out, or use it at a landmark; --i-know lets it pass",
                "请去除，或用于界标分析；--i-know 可强制使用"}},
};

const size_t rwe_n_rules = sizeof rwe_rules / sizeof rwe_rules[0];
