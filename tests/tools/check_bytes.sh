#!/bin/sh
# Builds of the same sources write the same bytes. Usage, from the root of the repository: check_bytes.sh PROGRAM OTHER
set -eu
written=$(mktemp -d)
trap 'rm -rf "$written"' EXIT
for which in one other; do
    "$1" sample_data/cohort.csv --ae sample_data/ae.csv --km --psm --fisher --format json --no-provenance \
        >"$written/cohort.$which"
    "$1" sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --km --psm --cox --univariable --ph --rmst \
        --bands equal-precision --permutations 200 --tests 'logrank,gehan,tarone-ware,peto,fh(0,1),maxcombo' \
        --format json --no-provenance >"$written/rotterdam.$which"
    shift
done
for job in cohort rotterdam; do
    cmp "$written/$job.one" "$written/$job.other"
done
echo "bytes: both programs write the same"
