/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Duration of response: by hand, and as Kaplan–Meier of the responders' own file. */
#include "check.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

/* Durations in days: arm a 30, 60+, 90; arm b 61 (death), 20+. Two never responded. */
static const char eight[] =
    "id,arm,resp,index_date,resp_first_date,pd_date,death_date,last_assess_date,last_contact_date\n"
    "1,a,PR,2023-01-01,2023-03-01,2023-03-31,,2023-03-31,2023-08-01\n"
    "2,a,CR,2023-01-01,2023-03-01,,,2023-04-30,2023-08-01\n"
    "3,a,PR,2023-01-01,2023-03-01,2023-05-30,,2023-05-30,2023-08-01\n"
    "4,a,SD,2023-01-01,,2023-02-15,,2023-02-15,2023-08-01\n"
    "5,b,PR,2023-01-01,2023-03-01,,2023-05-01,2023-03-31,2023-05-01\n"
    "6,b,CR,2023-01-01,2023-03-01,,,2023-03-21,2023-08-01\n"
    "7,b,PD,2023-01-01,,2023-02-15,,2023-02-15,2023-08-01\n"
    "8,b,SD,2023-01-01,,,,2023-06-01,2023-08-01\n";

#define DOR "--id id --arm arm --derive rwpfs,dor --response --response-column resp"

static void durations_run_from_the_response_in_responders_alone(void **state)
{
    (void)state;
    char *path = check_write_file(eight, strlen(eight));
    struct program_facts facts = program_facts_of("%s " DOR " --time-unit days", path);
#define A "response population=all group=a term=DOR "
#define B "response population=all group=b term=DOR "
    assert_close(program_facts_number(&facts, A "n"), 3, 0);
    assert_close(program_facts_number(&facts, A "n.event"), 2, 0);
    assert_close(program_facts_number(&facts, A "median"), 90, 0); /* S: 2/3 at 30, 0 at 90 */
    assert_close(program_facts_number(&facts, B "n"), 2, 0);
    assert_close(program_facts_number(&facts, B "n.event"), 1, 0);
    assert_close(program_facts_number(&facts, B "median"), 61, 0); /* S: 0 at 61 */
    program_facts_clear(&facts);
    check_remove_file(path);
}

/* The same in the responders' file with the first response as its time zero. */
static void it_is_kaplan_meier_of_the_responders(void **state)
{
    (void)state;
    struct program_facts own = program_facts_of(
        "sample_data/cohort.csv --id usubjid --arm arm --derive rwpfs,dor --cutoff 2025-06-30 "
        "--response --response-column resp_m3 --km");
    struct program_facts other = program_facts_of(
        "sample_data/cohort.csv --id usubjid --arm arm --derive rwpfs --index-date resp_first_date "
        "--cutoff 2025-06-30 --km --on-error drop");
    static const char *const stats[] = {"median", "median.conf.low", "median.conf.high"};
    for (size_t s = 0; s < 3; s++) {
        char *dor = program_format("response population=all group=GP+Tis term=DOR %s", stats[s]);
        char *pfs = program_format("km endpoint=rwpfs population=all group=GP+Tis %s", stats[s]);
        assert_close(program_facts_number(&own, dor), program_facts_number(&other, pfs), 1e-12);
        free(dor);
        free(pfs);
    }
    program_facts_clear(&own);
    program_facts_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_run_from_the_response_in_responders_alone),
        cmocka_unit_test(it_is_kaplan_meier_of_the_responders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
