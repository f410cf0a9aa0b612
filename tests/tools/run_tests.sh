#!/bin/sh
# Runs test programs (cmocka, one each), as many at a time as there are processors, and prints what failed, then
# "N passed, N failed". Usage: run_tests.sh BUILD PROGRAM…   Exit 1 when anything failed.
set -u

# One program: a line, with what it said where it failed, and its counts.
run_one() { # BUILD COUNTS PROGRAM
    log=$(mktemp)
    timeout 600 "$3" >"$log" 2>&1
    code=$?
    ok=$(grep -c '^\[       OK \]' "$log")
    bad=$(grep -c '^\[  FAILED  \] [a-z]' "$log")
    # A program that died, or failed outside a test, counts as a failure of its own.
    [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    [ "$code" -ne 0 ] || [ "$ok" -gt 0 ] || bad=1
    if [ "$bad" -gt 0 ]; then
        echo "FAILED (exit $code): ${3#"$1"/}"
        grep -v '^\[\( RUN  \|      OK\|======\)' "$log" | head -60
    else
        echo "ok $ok ${3#"$1"/}"
    fi
    echo "$ok $bad" >>"$2"
    rm -f "$log"
}

if [ "$1" = --one ]; then
    shift
    run_one "$@"
    exit
fi

build=$1
shift
RWE_BINARY=$build/rwe-analyze
export RWE_BINARY
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
printf '%s\n' "$@" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh "$0" --one "$build" "$counts"
awk -v programs=$# '{ passed += $1; failed += $2 }
    END {
        failed += programs - NR
        print passed + 0 " passed, " failed + 0 " failed"
        exit failed > 0 || passed == 0
    }' "$counts"
