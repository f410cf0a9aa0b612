/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares the arms of a cohort by several designs at once and prints every fact, a line each, as a table with
 * tabs between its columns:
 *
 *     cc triangulation.c $(pkg-config --cflags --libs rwe) -o triangulation
 *     ./triangulation sample_data/cohort.csv > facts.tsv
 */
#include "rwe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void print_text(const char *text)
{
    printf("%s\t", text == NULL ? "" : text);
}

static void print_fact(const struct rwe_session_fact *fact)
{
    print_text(fact->analysis);
    print_text(fact->endpoint);
    print_text(fact->population);
    print_text(fact->model);
    print_text(fact->group);
    print_text(fact->term);
    print_text(fact->level);
    if (!isnan(fact->time))
        printf("%.17g", fact->time);
    printf("\t%s\t", fact->stat);
    if (fact->text != NULL)
        printf("%s\n", fact->text);
    else if (isnan(fact->number)) /* not reached, or cannot be estimated */
        printf("\n");
    else
        printf("%.17g\n", fact->number);
}

static void print_results(const struct rwe_session *session)
{
    printf("analysis\tendpoint\tpopulation\tmodel\tgroup\tterm\tlevel\ttime\tstat\tvalue\n");
    for (size_t i = 0; i < rwe_session_n_facts(session); i++) {
        struct rwe_session_fact fact;
        rwe_session_get_fact(session, i, &fact);
        print_fact(&fact);
    }
    for (size_t i = 0; i < rwe_session_n_warnings(session); i++) {
        struct rwe_session_warning warning;
        rwe_session_get_warning(session, i, &warning);
        fprintf(stderr, "warning: %s\n", warning.message);
    }
}

/* Cells and rows that could not be read: what to mend in the file. */
static void print_complaints(const struct rwe_session *session)
{
    for (size_t i = 0; i < rwe_session_n_complaints(session); i++) {
        struct rwe_session_complaint complaint;
        rwe_session_get_complaint(session, i, &complaint);
        fprintf(stderr, "%s:%zu: %s: %s\n", complaint.file, complaint.line,
                complaint.column == NULL ? "row" : complaint.column, complaint.reason);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s COHORT.csv\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct rwe_session *session = rwe_session_new();
    enum rwe_status status = session == NULL ? RWE_NO_MEMORY : RWE_OK;
    if (status == RWE_OK)
        status = rwe_session_set_cohort(session, argv[1]);
    if (status == RWE_OK)
        status = rwe_session_set(session, "triangulation", NULL);
    if (status == RWE_OK)
        status = rwe_session_run(session);
    print_complaints(session);
    if (status == RWE_OK)
        print_results(session);
    else
        fprintf(stderr, "%s\n", rwe_session_error(session));
    rwe_session_free(session);
    return status == RWE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
