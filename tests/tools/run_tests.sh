#!/bin/sh
# Runs test programs (cmocka, one each) and prints what failed, then "N passed, N failed".
# Usage: run_tests.sh BUILD PROGRAM…   Exit 1 when anything failed.
set -u
build=$1
shift
passed=0
failed=0
RWE_BINARY=$build/rwe-analyze
export RWE_BINARY
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
    timeout 600 "$program" >"$log" 2>&1
    code=$?
    ok=$(grep -c '^\[       OK \]' "$log")
    bad=$(grep -c '^\[  FAILED  \] [a-z]' "$log")
    # A program that died, or failed outside a test, counts as a failure of its own.
    [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    [ "$code" -ne 0 ] || [ "$ok" -gt 0 ] || bad=1
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        echo "FAILED (exit $code): ${program#"$build"/}"
        grep -v '^\[\( RUN  \|      OK\|======\)' "$log" | head -60
    else
        echo "ok $ok ${program#"$build"/}"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
