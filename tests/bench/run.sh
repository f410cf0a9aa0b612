#!/bin/sh
# All benchmarks, from the root of the repository: sh tests/bench/run.sh BUILD   (make bench)
# Ratios to R are taken in the same run, where R is installed (r-cran-survival, r-cran-data.table).
# RWE_BENCH_LONG=1 also runs R's main job on a million rows, which takes minutes.
set -eu
build=$1
bench=$build/tests/bench
program=$build/rwe-analyze
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
have_r() { command -v Rscript >/dev/null 2>&1 && Rscript --vanilla -e "library($1)" >/dev/null 2>&1; }

title() { printf '\n== %s\n' "$*"; }

title "The main job as a process, 600 patients (ratio: R's time over ours)"
job="$program sample_data/cohort.csv --km --psm"
if have_r survival; then
    "$bench/bench_process" 11 "$job" "Rscript --vanilla tests/oracle/main_job.R sample_data/cohort.csv"
else
    "$bench/bench_process" 11 "$job" "$job"
fi

title "The main job as a process, a million patients, 14 columns"
"$program" --simulate 1000000 --output "$data" >/dev/null
rm "$data/ae.csv"
# usubjid, index_year, age, sex, oligo, liver_met, bone_met, ebv_log10, alb, arm, pfs, os
cut -d, -f1,3,4,5,12,17,18,20,23,25,27,28,29,30 "$data/cohort.csv" >"$data/million.csv"
rm "$data/cohort.csv"
big="$program $data/million.csv --id usubjid --arm arm --endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event
 --covariates index_year,age,sex,oligo,liver_met,bone_met,ebv_log10,alb --km --psm"
big=$(echo $big)
"$bench/bench_process" 3 "$big" "$big --threads 1"
if [ "${RWE_BENCH_LONG:-}" = 1 ] && have_r survival; then
    "$bench/bench_process" 1 "$big" "Rscript --vanilla tests/bench/main_job_large.R $data/million.csv"
fi

title "Ingest, a million rows of 14 numeric columns"
"$bench/bench_ingest" write "$data/ingest.csv"
"$bench/bench_ingest" read "$data/ingest.csv" 5
if have_r data.table; then
    Rscript --vanilla tests/bench/bench_ingest.R "$data/ingest.csv"
fi

title "Survival kernels, ns a row"
"$bench/bench_survival"
if have_r survival; then
    echo "the same in R's survival:"
    Rscript --vanilla tests/bench/bench_survival.R 1e4
fi

title "Propensity score, matching and balance, ns a row"
"$bench/bench_matching" 2

title "Curves: robust Kaplan–Meier, differences, restricted means, ns a row"
"$bench/bench_km"

title "Competing risks, ns a row"
"$bench/bench_competing"

title "Proportional hazards, ns a row"
"$bench/bench_ph"
