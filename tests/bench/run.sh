#!/bin/sh
# All benchmarks, from the root of the repository: sh tests/bench/run.sh BUILD [PART]   (make bench)
# PART: process, ingest, matching, bootstrap, triangulation, survival; without it, all. Ratios to R are taken in the same run,
# where R is installed (r-cran-survival, r-cran-cmprsk, r-cran-data.table).
# RWE_BENCH_ROWS="600 10000": the sizes of the survival kernels, ascending, in place of four to 10^6.
# RWE_BENCH_BUDGET=30: seconds that R may take for one of them, else R stops at the size before.
# RWE_BENCH_LONG=1 also runs R's main job on a million rows, which takes minutes.
set -eu
build=$1
part=${2:-all}
rows=${RWE_BENCH_ROWS:-600 10000 100000 1000000}
budget=${RWE_BENCH_BUDGET:-30}
bench=$build/tests/bench
program=$build/rwe-analyze
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
have_r() { command -v Rscript >/dev/null 2>&1 && Rscript --vanilla -e "library($1)" >/dev/null 2>&1; }

title() { printf '\n== %s\n' "$*"; }

process() {
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
}

ingest() {
    title "Ingest, a million rows of 14 numeric columns"
    "$bench/bench_ingest" write "$data/ingest.csv"
    "$bench/bench_ingest" read "$data/ingest.csv" 5
    if have_r data.table; then
        Rscript --vanilla tests/bench/bench_ingest.R "$data/ingest.csv"
    fi
}

matching() {
    title "Propensity score, matching and balance, ns a row"
    "$bench/bench_matching" 2 | tee "$data/matching.txt"
    awk -v quoted=6.7 '/^match closest/ && $3 == 1000000 {
        printf "\n10^6 rows, 1:1, closest first, caliper 0.2, scores known: %.3f s; MatchIt 4.7: %.1f s (quoted, measured elsewhere);" \
               " ratio %.0f\n", $(NF - 1), quoted, quoted / $(NF - 1) }' "$data/matching.txt"

    title "Optimal pairs beside greedy ones, on a score (ratio: optimal over greedy)"
    "$bench/bench_match_optimal"

    title "Matching on a Mahalanobis distance within a caliper, and full matching"
    "$bench/bench_match_flow"
}

bootstrap() {
    title "1,000 bootstrap replicates of propensity model, matching and Cox model, 600 patients (ratio: R's time over ours)"
    if have_r survival; then
        Rscript --vanilla tests/bench/bench_bootstrap.R "$program"
    else
        job="$program sample_data/cohort.csv --km --psm --bootstrap 1000 --quiet"
        "$bench/bench_process" 5 "$job" "$job --threads 1"
    fi
}

triangulation() {
    title "The full triangulation with 1,000 bootstrap replicates, 600 patients (ratio: one thread over all)"
    job="$program sample_data/cohort.csv --triangulation --bootstrap 1000 --quiet"
    "$bench/bench_process" 3 "$job" "$job --threads 1"

    title "Landmarks at 3, 6, 9 and 12 months with adjusted Cox models and 1,000 replicates (ratio: one thread over all)"
    job="$program sample_data/cohort.csv --landmark=3,6,9,12 --cox --bootstrap 1000 --quiet"
    "$bench/bench_process" 3 "$job" "$job --threads 1"
}

survival() {
    title "Survival kernels on one thread (R: survival and cmprsk on the same rows, ratio: R's time over ours)"
    kernels=$data/kernels
    mkdir "$kernels"
    # shellcheck disable=SC2086
    "$bench/bench_survival" "$kernels" $rows >"$kernels/ours.csv"
    if have_r survival; then
        # shellcheck disable=SC2086
        Rscript --vanilla tests/bench/bench_survival.R "$kernels" "$budget" $rows >"$kernels/r.csv"
    else
        : >"$kernels/r.csv"
    fi
    awk -F, -v budget="$budget" '
        FILENAME ~ /r[.]csv$/ && $3 == "over" { over[$1 "," $2] = 1; next }
        FILENAME ~ /r[.]csv$/ { r[$1 "," $2] = $3; largest[$1] = $2; next }
        FNR == 1 { printf "%-20s %8s %10s %12s %8s\n", "kernel", "rows", "ns/row", "R ns/row", "ratio" }
        { at = $1 "," $2 }
        at in r { printf "%-20s %8d %10.1f %12.0f %8.0f\n", $1, $2, $3, r[at], r[at] / $3; next }
        at in over { printf "%-20s %8d %10.1f   R over %s s; its largest here: %d rows\n", $1, $2, $3, budget, largest[$1]; next }
        { printf "%-20s %8d %10.1f\n", $1, $2, $3 }' "$kernels/r.csv" "$kernels/ours.csv"
}

for each in process ingest matching bootstrap triangulation survival; do
    if [ "$part" = all ] || [ "$part" = $each ]; then $each; fi
done
