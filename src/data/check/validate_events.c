/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of one adverse event, W28 to W31. */
#include "rwe/data/adverse_events.h"
#include "validate_private.h"

#include <string.h>

enum { DAYS_AFTER_CONTACT = 90, DAYS_AROUND_DEATH = 30 };

/* What grades CTCAE 5.0 has where it is not 1 to 5. Counts and enzymes end at 4: a number in the
 * laboratory is nobody's death. */
static const struct {
    const char *term;
    int low, high;
} ranges[] = {
    {"Nausea", 1, 3},
    {"Fatigue", 1, 3},
    {"Alopecia", 1, 2},
    {"Pruritus", 1, 3},
    {"Rash maculo-papular", 1, 3},
    {"Weight loss", 1, 3},
    {"Cough", 1, 3},
    {"Febrile neutropenia", 3, 5},
    {"Neutrophil count decreased", 1, 4},
    {"White blood cell decreased", 1, 4},
    {"Platelet count decreased", 1, 4},
    {"Lymphocyte count decreased", 1, 4},
    {"Alanine aminotransferase increased", 1, 4},
    {"Aspartate aminotransferase increased", 1, 4},
    {"Creatinine increased", 1, 4},
};

static double patient_day(const struct rwe_chart *c, enum role role, size_t i)
{
    return c->patient[i] == UINT32_MAX ? NAN : rwe_chart_day(c->patients, role, c->patient[i]);
}

size_t rwe_rule_event_dates(const struct rwe_chart *c, size_t i)
{
    double start = rwe_chart_day(c, ROLE_ae_start_date, i);
    bool odd = start < patient_day(c, ROLE_index_date, i) ||
               start > patient_day(c, ROLE_last_contact_date, i) + DAYS_AFTER_CONTACT;
    return odd ? c->column[ROLE_ae_start_date] : RWE_NO_INDEX;
}

size_t rwe_rule_event_grade(const struct rwe_chart *c, size_t i)
{
    const char *term = rwe_chart_text(c, ROLE_ae_term, i);
    const char *written = rwe_chart_text(c, ROLE_ae_grade, i);
    int grade = written == NULL ? RWE_GRADE_UNKNOWN : rwe_adverse_grade(written);
    int low = 1;
    int high = 5;
    if (grade == RWE_GRADE_UNKNOWN || grade == RWE_NO_EVENT)
        return RWE_NO_INDEX;
    for (size_t r = 0; term != NULL && r < sizeof ranges / sizeof ranges[0]; r++)
        if (strcasecmp(ranges[r].term, term) == 0) {
            low = ranges[r].low;
            high = ranges[r].high;
        }
    return grade < low || grade > high ? c->column[ROLE_ae_grade] : RWE_NO_INDEX;
}

size_t rwe_rule_event_nobody(const struct rwe_chart *c, size_t i)
{
    bool nobody = c->patient[i] == UINT32_MAX && rwe_chart_text(c, ROLE_usubjid, i) != NULL;
    return nobody ? c->column[ROLE_usubjid] : RWE_NO_INDEX;
}

size_t rwe_rule_event_fatal(const struct rwe_chart *c, size_t i)
{
    double apart =
        fabs(patient_day(c, ROLE_death_date, i) - rwe_chart_day(c, ROLE_ae_start_date, i));
    bool known = c->patient[i] != UINT32_MAX;
    const char *written = rwe_chart_text(c, ROLE_ae_grade, i);
    bool fatal = written != NULL && rwe_adverse_grade(written) == 5;
    return known && fatal && !(apart <= DAYS_AROUND_DEATH) ? c->column[ROLE_ae_grade]
                                                           : RWE_NO_INDEX;
}
