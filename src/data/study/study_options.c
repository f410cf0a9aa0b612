/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/study.h"

#include "rwe/base/language.h"
#include "rwe/data/endpoint_dates.h"

#include <string.h>

/* How a cohort file reads. Names and meanings are those of the interface's contract. */
static const struct rwe_option options[] = {
    {.name = "id",
     RWE_TEXT_IN(struct rwe_study_settings, id),
     .section = RWE_SECTION_FILE,
     .argument = "COL",
     .help =
         N_("Column that identifies the subject. Ties are settled by it, so results do not "
            "depend on the order of rows; without it, by an order drawn from what is declared of "
            "the subjects.")},
    {.name = "rows",
     RWE_CHOICE_IN(struct rwe_study_settings, rows),
     .section = RWE_SECTION_FILE,
     .argument = "first|last|intervals",
     .choices = "first|last|intervals",
     .help =
         N_("What several rows of one subject are: visits, of which the first or the last in order "
            "of --row-order counts; or start-stop intervals. Without it a repeated identifier "
            "stops the run.")},
    {.name = "row-order",
     RWE_TEXT_IN(struct rwe_study_settings, row_order),
     .section = RWE_SECTION_FILE,
     .argument = "COL",
     .acts_with = "rows",
     .help = N_("Column of numbers or dates by which the rows of a subject follow each other, for "
                "--rows; without it they stand in the file as they followed.")},
    {.name = "arm",
     RWE_TEXT_IN(struct rwe_study_settings, arm),
     RWE_SOURCE_IN(struct rwe_study_settings, source.arm),
     .section = RWE_SECTION_ARMS,
     .argument = "COL",
     .help = N_("Column that holds the treatment arm.")},
    {.name = "control",
     RWE_TEXT_IN(struct rwe_study_settings, control),
     .section = RWE_SECTION_ARMS,
     .argument = "LEVEL[+LEVEL]",
     .help = N_("Level of the arm column that is the control, or several joined; without it, the "
                "first in sorted order.")},
    {.name = "treated",
     RWE_TEXT_IN(struct rwe_study_settings, treated),
     .section = RWE_SECTION_ARMS,
     .argument = "LEVEL[+LEVEL]",
     .help = N_("Level of the arm column that is the treatment, or several joined. With --control "
                "too, subjects of any "
                "other arm are left out, counted.")},
    {.name = "endpoint",
     RWE_ENDPOINTS_IN(struct rwe_study_settings, endpoints),
     RWE_SOURCE_IN(struct rwe_study_settings, source.endpoints),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "NAME=TIME,EVENT[:VALUE[+VALUE][;VALUE…]]",
     .help =
         N_("An endpoint: its name, the column of times, the column of events, and the values of "
            "that column that count as the event (default 1, and then only 0 besides); behind ; "
            "those that compete. Names and values are looked up in the file, the longest first; "
            "double quotes hold one together. Repeatable.")},
    {.name = "eligibility",
     RWE_CRITERIA_IN(struct rwe_study_settings, eligibility),
     .section = RWE_SECTION_ARMS,
     .argument = "NAME=CONDITION",
     .help =
         N_("Who is eligible, as \"adult=age >= 18\" or \"fit=kps >= 60 and organ_ok = 1\"; others "
            "are left out, counted by the first criterion that they fail. Who cannot be judged "
            "stays and is counted, unless the study file says missing: exclude. Repeatable.")},
    {.name = "entry",
     RWE_TEXT_IN(struct rwe_study_settings, entry),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "COL",
     .help = N_(
         "Column with the time at which the subject comes under observation (left truncation): at "
         "risk only after it. Without it everybody is, from time zero.")},
    {.name = "covariates",
     RWE_LIST_IN(struct rwe_study_settings, covariates),
     .has_variables = true,
     .section = RWE_SECTION_COVARIATES,
     .argument = "A,B,…",
     .help = N_("Baseline covariates: of Table 1 and of the propensity model.")},
    {.name = "landmark-covariates",
     RWE_LIST_IN(struct rwe_study_settings, landmark_covariates),
     .section = RWE_SECTION_COVARIATES,
     .argument = "A,B,…",
     .help =
         N_("Covariates that are known at the landmark, such as the response: beside the baseline "
            "ones there, and nowhere else.")},
    {.name = "categorical",
     RWE_LIST_IN(struct rwe_study_settings, categorical),
     .section = RWE_SECTION_COVARIATES,
     .argument = "A,B,…",
     .help = N_("Covariates whose numbers are codes of categories. Covariates that are not numbers "
                "always are categories; the first in sorted order is the reference.")},
    {.name = "reference",
     RWE_LIST_IN(struct rwe_study_settings, reference),
     RWE_SOURCE_IN(struct rwe_study_settings, source.reference),
     .section = RWE_SECTION_COVARIATES,
     .argument = "VAR=LEVEL,…",
     .help = N_("Reference levels of covariates, which the others are compared with; the first in "
                "sorted order otherwise.")},
    {.name = "levels",
     RWE_LIST_IN(struct rwe_study_settings, levels),
     RWE_SOURCE_IN(struct rwe_study_settings, source.levels),
     .section = RWE_SECTION_COVARIATES,
     .argument = "VAR=A+B,…",
     .help = N_("Order of the levels of covariates, as stage=I+II+III; the first is the reference "
                "unless --reference names it, and those not named follow.")},
    {.name = "groups",
     RWE_LIST_IN(struct rwe_study_settings, groups),
     RWE_SOURCE_IN(struct rwe_study_settings, source.groups),
     .section = RWE_SECTION_COVARIATES,
     .argument = "VAR=GROUP:A+B,…",
     .help = N_("Levels of covariates that are joined, as stage=early:I+II,stage=late:III+IV. A "
                "level in no group stays by itself.")},
    {.name = "label",
     RWE_LIST_IN(struct rwe_study_settings, label),
     .section = RWE_SECTION_OUTPUT,
     .argument = "VAR=TEXT,…",
     .help = N_("What covariates are called in tables and figures, as age=Age at diagnosis; "
                "VAR:zh=TEXT in one language.")},
    {.name = "unit",
     RWE_LIST_IN(struct rwe_study_settings, unit),
     .section = RWE_SECTION_OUTPUT,
     .argument = "VAR=UNIT,…",
     .help = N_("Units of covariates, behind their labels, as age=years.")},
    {.name = "per",
     RWE_LIST_IN(struct rwe_study_settings, per),
     .section = RWE_SECTION_COVARIATES,
     .argument = "VAR=X,…",
     .help = N_("Ratios of numeric covariates are per X of their units, as age=10; per 1 "
                "otherwise.")},
    {.name = "strata",
     RWE_LIST_IN(struct rwe_study_settings, strata),
     .section = RWE_SECTION_ARMS,
     .argument = "A,B,…",
     .help = N_("Columns whose combinations are the strata of stratified tests and models.")},
    {.name = "cluster",
     RWE_TEXT_IN(struct rwe_study_settings, cluster),
     .section = RWE_SECTION_ARMS,
     .argument = "COL",
     .help = N_("Column of clusters (as hospitals): variances of models are clustered by it.")},
    {.name = "exposure-start",
     RWE_TEXT_IN(struct rwe_study_settings, exposure_start),
     RWE_SOURCE_IN(struct rwe_study_settings, source.exposure_start),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "COL",
     .help =
         N_("Column with the time from time zero to the start of the treatment that tells the "
            "arms apart (empty: never). When it is after time zero, comparisons of the arms are "
            "marked by how much of their time is immortal.")},
    {.name = "exposure-until",
     RWE_TEXT_IN(struct rwe_study_settings, exposure_until),
     RWE_SOURCE_IN(struct rwe_study_settings, source.exposure_until),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "WHAT",
     .acts_with = "exposure-start exposure-date",
     .help = N_("Exposure can no longer begin after this: an endpoint, or a column of dates "
                "(default: the first of progression and death, as the file tells them). Clones, "
                "sequential trials and landmarks obey it for every endpoint.")},
    {.name = "response-column",
     RWE_TEXT_IN(struct rwe_study_settings, response_column),
     RWE_SOURCE_IN(struct rwe_study_settings, source.response_column),
     .section = RWE_SECTION_RESPONSE,
     .argument = "COL",
     .help = N_("Column with the response of the tumour: CR, PR, SD, PD or NE, in any case, or in "
                "words; for --response.")},
    {.name = "treatment-columns",
     RWE_LIST_IN(struct rwe_study_settings, treatment_columns),
     RWE_SOURCE_IN(struct rwe_study_settings, source.treatment_columns),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "A,B,…",
     .help =
         N_("Columns of the treatment as it was given (cycles, dose, technique, site), for "
            "--treatment. They are described by arm and never adjusted for: what is given after "
            "time zero is no baseline covariate.")},
    {.name = "failure-column",
     RWE_TEXT_IN(struct rwe_study_settings, failure_column),
     RWE_SOURCE_IN(struct rwe_study_settings, source.failure_column),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "COL",
     .help =
         N_("Column with the site of the first failure, several parted by \";\"; for --failure.")},
    {.name = "ltfu-column",
     RWE_TEXT_IN(struct rwe_study_settings, ltfu_column),
     RWE_SOURCE_IN(struct rwe_study_settings, source.ltfu_column),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "COL",
     .help = N_("Column that holds 1 where the patient was lost to follow-up and 0 where not; for "
                "--disposition and --sensitivity.")},
    {.name = "end-column",
     RWE_TEXT_IN(struct rwe_study_settings, end_column),
     RWE_SOURCE_IN(struct rwe_study_settings, source.end_column),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "COL",
     .help = N_("Column with the reason why treatment or follow-up ended; for --disposition.")},
    {.name = "columns",
     RWE_LIST_IN(struct rwe_study_settings, columns),
     .section = RWE_SECTION_FILE,
     .argument = "ROLE=COL,…",
     .help = N_("Columns of the chart whose names are not the usual ones (index_date, pd_date, "
                "death_date, …), as index_date=c1d1; for endpoints from dates and the rules of "
                "validation. Usual Chinese headers are known.")},
    {.name = "rules-off",
     RWE_LIST_IN(struct rwe_study_settings, rules_off),
     .section = RWE_SECTION_FILE,
     .argument = "E12,W20,…",
     .help = N_("Rules of validation that are not applied.")},
    {.name = "i-know",
     RWE_FLAG_IN(struct rwe_study_settings, i_know),
     .section = RWE_SECTION_FILE,
     .help = N_("Let covariates pass whose values are known only after time zero (rule W33).")},
    {.name = "allow-identifiers",
     RWE_FLAG_IN(struct rwe_study_settings, allow_identifiers),
     .section = RWE_SECTION_FILE,
     .help = N_("Read a file that holds names, identity or telephone numbers of patients.")},
    {.name = "lang",
     RWE_CHOICE_IN(struct rwe_study_settings, lang),
     RWE_WORD_IN(struct rwe_study_settings, lang_word),
     RWE_SOURCE_IN(struct rwe_study_settings, source.lang),
     .section = RWE_SECTION_OUTPUT,
     .argument = "en|zh",
     .choices = "en|zh",
     .fallback = "en",
     .help =
         N_("Language of the report: English (default) or Chinese. On the command line also that "
            "of messages and help, which else is that of the environment (LC_ALL, LC_MESSAGES, "
            "LANG).")},
    {.name = "time-unit",
     RWE_CHOICE_IN(struct rwe_study_settings, time_unit),
     RWE_WORD_IN(struct rwe_study_settings, time_unit_word),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "UNIT",
     .choices = "days|weeks|months|years",
     .help = N_("Unit of the times in the file, for headings.")},
    {.name = "on-error",
     RWE_CHOICE_IN(struct rwe_study_settings, on_error),
     .section = RWE_SECTION_FILE,
     .argument = "stop|drop",
     .choices = "stop|drop",
     .fallback = "stop",
     .help =
         N_("Rows that cannot be read as declared: stop with all complaints, or leave them out, "
            "counted by reason.")},
    {.name = "missing",
     RWE_CHOICE_IN(struct rwe_study_settings, missing),
     .section = RWE_SECTION_COVARIATES,
     .argument = "complete|indicator",
     .choices = "complete|indicator",
     .fallback = "complete",
     .help =
         N_("Covariates with missing values: the propensity model takes subjects with complete "
            "covariates, the others are counted (default); or everybody, with a column for each "
            "covariate that says whether its value is missing.")},
    {.name = "missing-tokens",
     RWE_LIST_IN(struct rwe_study_settings, missing_tokens),
     RWE_SOURCE_IN(struct rwe_study_settings, source.missing_tokens),
     .section = RWE_SECTION_FILE,
     .argument = "A,B,…",
     .help = N_("Cells that mean \"no value\", in place of NA, N/A, NaN, ., -, —, /, 不详, 未查, "
                "未知, 空. An empty cell always does. COL=CELL means it in that column alone, "
                "beside the list.")},
    {.name = "sheet",
     RWE_TEXT_IN(struct rwe_study_settings, sheet),
     .section = RWE_SECTION_FILE,
     .argument = "NAME|N",
     .help =
         N_("Sheet of COHORT, where it is a workbook: its name, or its number from 1. Without it, "
            "the first that shows and holds anything.")},
    {.name = "encoding",
     RWE_TEXT_IN(struct rwe_study_settings, encoding),
     .section = RWE_SECTION_FILE,
     .argument = "NAME",
     .help = N_("Encoding of the files (UTF-8, GB18030, UTF-16, …); found by itself otherwise.")},
    {.name = "delimiter",
     RWE_CHOICE_IN(struct rwe_study_settings, delimiter),
     .section = RWE_SECTION_FILE,
     .argument = "comma|semicolon|tab",
     .choices = "comma|semicolon|tab",
     .help = N_("What stands between cells; found by itself otherwise.")},
    {.name = "decimal",
     RWE_CHOICE_IN(struct rwe_study_settings, decimal),
     .section = RWE_SECTION_FILE,
     .argument = "point|comma",
     .choices = "point|comma",
     .fallback = "point",
     .help = N_(
         "How numbers are written: 3.5 (default), or 3,5 as spreadsheets in much of Europe do.")},
    {.name = "skip",
     RWE_INTEGER_IN(struct rwe_study_settings, skip),
     .section = RWE_SECTION_FILE,
     .argument = "N",
     .help = N_("Lines of the cohort file above the header that are no part of the table. Comments "
                "(#), titles and headings of groups are found by themselves.")},
    {.name = "header",
     RWE_INTEGER_IN(struct rwe_study_settings, header),
     .section = RWE_SECTION_FILE,
     .argument = "N",
     .help = N_("Line of the cohort file that holds the names of the columns; found by itself "
                "otherwise.")},
    {.name = "list-excluded",
     RWE_FLAG_IN(struct rwe_study_settings, list_excluded),
     .section = RWE_SECTION_FILE,
     .help = N_("List each row that was left out, with its line and the reason.")},
    {.name = "title",
     RWE_TEXT_IN(struct rwe_study_settings, title),
     .section = RWE_SECTION_PROTOCOL,
     .argument = "TEXT",
     .help = N_("Title of the report.")},
    {.name = "study-id",
     RWE_TEXT_IN(struct rwe_study_settings, study_id),
     .section = RWE_SECTION_PROTOCOL,
     .argument = "TEXT",
     .help = N_("Registration of the study, as NCT07062484.")},
    {.name = "derive",
     RWE_LIST_IN(struct rwe_study_settings, derive),
     RWE_SOURCE_IN(struct rwe_study_settings, source.derive),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "NAME,…",
     .help = N_("Endpoints to compute from dates: os, rwpfs (or pfs), ttp, itpfs, lrfs, ttnt, dor, "
                "followup, each at most once.")},
    {.name = "endpoint-dates",
     RWE_LIST_IN(struct rwe_study_settings, endpoint_dates),
     RWE_SOURCE_IN(struct rwe_study_settings, source.endpoint_dates),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "NAME=COL|COL;competing=COL|COL;censor=COL|COL",
     .help =
         N_("Endpoints of your own from dates: the earliest of the columns is the event, without "
            "one the latest of those after censor= ends follow-up (the last assessment, or else "
            "contact, where it is left out).")},
    {.name = "index-date",
     RWE_TEXT_IN(struct rwe_study_settings, index_date),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "COL",
     .help = N_(
         "Column with the date of time zero (default index_date). TIME of --endpoint may then be a "
         "column of dates, as the last contact, and times are months, or what --time-unit says.")},
    {.name = "cutoff",
     RWE_TEXT_IN(struct rwe_study_settings, cutoff),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "DATE",
     .help = N_("Data cut-off: what is later is not known yet, and censored there.")},
    {.name = "adtte",
     RWE_PATH_IN(struct rwe_study_settings, adtte),
     .section = RWE_SECTION_FILE,
     .argument = "FILE",
     .help =
         N_("Times to events in a file of their own, one row a patient and endpoint, as CDISC's "
            "ADTTE beside ADSL: columns PARAMCD, AVAL, CNSR. Each PARAMCD becomes columns, as "
            "OS_AVAL and OS_CNSR, for --endpoint os=OS_AVAL,OS_CNSR:0. A COHORT that is such a "
            "file is read so by itself.")},
    {.name = "assess",
     RWE_PATH_IN(struct rwe_study_settings, assess),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "FILE",
     .help =
         N_("Assessments, one row a patient and day: so that the scan before a new therapy or a "
            "missed visit is known, the best response, and progression that the row lacks.")},
    {.name = "assess-sheet",
     RWE_TEXT_IN(struct rwe_study_settings, assess_sheet),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "NAME|N",
     .acts_with = "assess",
     .help = N_("Sheet of --assess, where it is a workbook: as --sheet.")},
    {.name = "assess-columns",
     RWE_LIST_IN(struct rwe_study_settings, assess_columns),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "ID,DATE,RESPONSE,SUM",
     .acts_with = "assess",
     .help = N_("Columns of --assess (default: that of --id, assess_date, overall_resp; the sum of "
                "target lesions, where there is one, sum_target_mm).")},
    {.name = "visit-every",
     RWE_NUMBER_IN(struct rwe_study_settings, visit_every),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help =
         N_("Assessments are planned this often: a progression seen between two counts from the "
            "later, and two missed visits are twice that (default 91 under --censoring fda-b, else "
            "none).")},
    {.name = "date-system",
     RWE_CHOICE_IN(struct rwe_study_settings, date_system),
     .section = RWE_SECTION_FILE,
     .argument = "1900|1904",
     .choices = "1900|1904",
     .help =
         N_("What day numbers of spreadsheets count from (default 1900; 1904 on old Macintoshes, "
            "1462 days later).")},
    {.name = "date-order",
     RWE_CHOICE_IN(struct rwe_study_settings, date_order),
     .section = RWE_SECTION_FILE,
     .argument = "ymd|mdy|dmy",
     .choices = "ymd|mdy|dmy",
     .help = N_("Order of the figures in dates such as 5/6/2023; without it the only one in which "
                "all dates of a column can be read.")},
    {.name = "censoring",
     RWE_CHOICE_IN(struct rwe_study_settings, censoring),
     RWE_SOURCE_IN(struct rwe_study_settings, source.censoring),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "ema|fda-a|fda-b|fda-c",
     .choices = "ema|fda-a|fda-b|fda-c",
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help =
         N_("Rules for progression-free survival: treatment policy (default), or one of three in "
            "the FDA's style. The options below change single rules.")},
    {.name = "death-window",
     RWE_NUMBER_IN(struct rwe_study_settings, death_window),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help =
         N_("A death later than this after the last assessment is no event of --derive rwpfs.")},
    {.name = "visit-gap",
     RWE_NUMBER_IN(struct rwe_study_settings, visit_gap),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help = N_("A progression later than this after the last assessment is censored at that.")},
    {.name = "progression-blank",
     RWE_NUMBER_IN(struct rwe_study_settings, progression_blank),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help = N_("Progression up to this day after time zero is not believed (14 is common).")},
    {.name = "new-therapy",
     RWE_CHOICE_IN(struct rwe_study_settings, new_therapy),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "ignore|censor|event",
     .choices = "ignore|censor|event",
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help =
         N_("What the next line of therapy before progression does to progression-free survival.")},
    {.name = "unassessed",
     RWE_CHOICE_IN(struct rwe_study_settings, unassessed),
     .section = RWE_SECTION_ENDPOINTS,
     .argument = "start|contact",
     .choices = "start|contact",
     .acts_with = "derive endpoint-dates queries validate endpoint-grid assess",
     .help = N_("Where patients who were never scanned after time zero are censored for "
                "progression-free survival: there, or at the last contact (default contact; start "
                "under --censoring fda-a, fda-b and fda-c).")},
    {.name = "confirm",
     RWE_NUMBER_IN(struct rwe_study_settings, confirm),
     .section = RWE_SECTION_RESPONSE,
     .argument = "DAYS",
     .fallback = "28",
     .low = 0,
     .high = 1e4,
     .acts_with = "assess",
     .help = N_("A response in --assess is confirmed by another at least so many days later "
                "(default 28).")},
    {.name = "confirm-ne",
     RWE_NUMBER_IN(struct rwe_study_settings, confirm_ne),
     .section = RWE_SECTION_RESPONSE,
     .argument = "N",
     .fallback = "1",
     .low = 0,
     .high = 100,
     .acts_with = "assess",
     .help = N_("At most so many assessments that are not evaluable between a response and its "
                "confirmation (default 1).")},
    {.name = "confirm-sd",
     RWE_FLAG_IN(struct rwe_study_settings, confirm_sd),
     .section = RWE_SECTION_RESPONSE,
     .acts_with = "assess",
     .help = N_("Let one stable disease stand between a partial response and its confirmation.")},
    {.name = "sd-minimum",
     RWE_NUMBER_IN(struct rwe_study_settings, sd_minimum),
     .section = RWE_SECTION_RESPONSE,
     .argument = "DAYS",
     .fallback = "42",
     .low = 0,
     .high = 1e4,
     .acts_with = "assess",
     .help = N_("Stable disease in --assess counts as best response from this day after time zero "
                "on (default 42), and before it as not evaluable.")},
    {.name = "exposure-date",
     RWE_TEXT_IN(struct rwe_study_settings, exposure_date),
     RWE_SOURCE_IN(struct rwe_study_settings, source.exposure_date),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "COL",
     .help =
         N_("Column with the date on which the treatment that tells the arms apart began (empty: "
            "never). Without --arm it makes the arms. A start after progression is none.")},
    {.name = "exposure-site",
     RWE_TEXT_IN(struct rwe_study_settings, exposure_site),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "COL=A+B",
     .acts_with = "exposure-date",
     .help = N_("The treatment counts only where this column holds one of these words, as "
                "rt_site=lung+mediast+pleura.")},
    {.name = "exposure-grace",
     RWE_NUMBER_IN(struct rwe_study_settings, exposure_grace),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "MONTHS",
     .low = 0,
     .high = 1200,
     .acts_with = "exposure-date",
     .help =
         N_("The treatment counts only when it began within these months (of 30.4375 days) after "
            "time zero.")},
    {.name = "exposure-names",
     RWE_LIST_IN(struct rwe_study_settings, exposure_names),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "WITHOUT,WITH",
     .acts_with = "exposure-date",
     .help = N_("Names of the two arms that --exposure-date makes (default no RT, RT).")},
};

const struct rwe_options rwe_study_options = RWE_OPTIONS_IN(struct rwe_study_settings, options);

const struct rwe_study_settings *rwe_study_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &rwe_study_options);
}

struct rwe_date_style rwe_study_date_style(const struct rwe_study_settings *study)
{
    static const enum rwe_date_order orders[] = {RWE_ORDER_YMD, RWE_ORDER_MDY, RWE_ORDER_DMY};
    return (struct rwe_date_style){
        .system = study->date_system == 1 ? RWE_DATES_1904 : RWE_DATES_1900,
        .order = study->date_order < 0 ? RWE_ORDER_NOT_SAID : orders[study->date_order],
    };
}

const double rwe_days_per_unit[] = {1, 7, RWE_DAYS_PER_MONTH, 365.25};

double rwe_study_days_per_unit(const struct rwe_study_settings *study)
{
    return study->time_unit == RWE_UNIT_NOT_SAID ? RWE_DAYS_PER_MONTH
                                                 : rwe_days_per_unit[study->time_unit];
}

enum rwe_status rwe_study_cutoff(const struct rwe_study_settings *study, struct rwe_dated *cutoff,
                                 struct rwe_error *error)
{
    const char *text = study->cutoff;
    *cutoff = (struct rwe_dated){0};
    if (text == NULL || (rwe_dated_parse(text, strlen(text), rwe_study_date_style(study), cutoff) &&
                         cutoff->kind == RWE_DATED_DAY))
        return RWE_OK;
    *cutoff = (struct rwe_dated){0};
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--cutoff %s: write a day, as in --cutoff 2025-06-30", text);
}

bool rwe_study_takes_dates(const struct rwe_study_settings *study)
{
    return study->derive.n > 0 || study->endpoint_dates.n > 0 || study->exposure_date != NULL;
}

bool rwe_study_rule_is_off(const struct rwe_study_settings *study, const char *code)
{
    struct rwe_strings off = study->rules_off;
    for (size_t i = 0; i < off.n; i++)
        if (strcasecmp(off.item[i], code) == 0)
            return true;
    return false;
}
