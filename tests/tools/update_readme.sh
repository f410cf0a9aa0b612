#!/bin/sh
# Keeps what the documents show true. In a Markdown file
#
#   <!-- output: COMMAND -->          the lines up to <!-- end --> become "$ COMMAND" and what it prints
#   <!-- end -->
#   <!-- output, unchecked: … -->     the same, but --check passes over it (times, numbers of tests)
#   <!-- file: NAME -->               the code block that follows is written to NAME, for later commands
#
# Commands run in a folder of their own that holds copies of sample_data (both as ./FILE and as
# sample_data/FILE), with this build's program, library and pkg-config file. What long outputs are cut
# with is not shown as part of the command:
#   | first N    | last N
#   | blocks [-N] TITLE…   the paragraphs and tables (at most N lines each) that begin with these lines
#
# Usage, from the root of the repository:
#   tests/tools/update_readme.sh [--check] [FILE.md…]     --check: change nothing, fail where it would
set -eu
root=$(pwd)
build=${BUILD:-build/release}
check=0
if [ "${1:-}" = --check ]; then
    check=1
    shift
fi
[ $# -gt 0 ] || set -- README.md analysis/README.md analysis/*/*.md

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/stage"
make -s install DESTDIR="$work/stage" PREFIX=/usr/local >/dev/null
stage=$work/stage/usr/local
sed "s|^prefix=.*|prefix=$stage|" "$build/rwe.pc" >"$stage/lib/pkgconfig/rwe.pc"

cat >"$work/prelude" <<'PRELUDE'
cut_off() { echo "…"; }
first() { awk -v n="$1" 'NR <= n { print } END { if (NR > n) print "…" }'; }
last() { awk -v n="$1" '{ line[NR] = $0 } END { if (NR > n) print "…"; for (i = NR > n ? NR - n + 1 : 1; i <= NR; i++) print line[i] }'; }
blocks() {
    most=1000
    case $1 in -[0-9]*) most=${1#-}; shift ;; esac
    cat >"$SCRATCH"
    for title in "$@"; do
        cut_off
        TITLE=$title awk -v most="$most" '
            # A heading stands alone over its rule: the block looked for is longer.
            function flush(i) {
                if (n > 2 || (n > 0 && line[2] !~ /^(─|═)/)) {
                    for (i = 1; i <= n && i <= most; i++) print line[i]
                    done = 1
                }
                n = on = 0
            }
            done { next }
            !on && index($0, ENVIRON["TITLE"]) == 1 { on = 1 }
            on && $0 == "" { flush() }
            on { line[++n] = $0 }
            END {
                if (on) flush()
                if (!done) print "NOTHING BEGINS WITH " ENVIRON["TITLE"]
            }' "$SCRATCH"
    done
    cut_off
}
make() { command make --no-print-directory -C "$ROOT" "$@"; }
PRELUDE

# The document with its blocks made anew. Commands go through a file, so that no quoting is lost.
cat >"$work/renew.awk" <<'AWK'
function renew(command, shown, line) {
    shown = command
    sub(/ \| (first|last|blocks) .*/, "", shown)
    print command > (work "/command"); close(work "/command")
    system("cd \"$PLACE\" && sh -c '. \"$PRELUDE\"; . \"$WORK/command\"' > \"$WORK/printed\" 2>&1 < /dev/null")
    print "```text"
    print "$ " shown
    while ((getline line < (work "/printed")) > 0) print line
    close(work "/printed")
    print "```"
}
/^<!-- output(, unchecked)?: .* -->$/ {
    print
    unchecked = /^<!-- output, unchecked/
    if (unchecked && check) next
    command = $0
    sub(/^<!-- output(, unchecked)?: /, "", command)
    sub(/ -->$/, "", command)
    renew(command)
    skipping = 1
    next
}
/^<!-- end -->$/ { skipping = 0 }
skipping { next }
/^<!-- file: .* -->$/ { file = $3; fence = 0 }
file != "" && /^```/ {
    if (fence++) { close(place "/" file); file = "" }
    print
    next
}
file != "" && fence { print > (place "/" file) }
{ print }
AWK

PATH=$root/$build:$PATH
PKG_CONFIG_PATH=$stage/lib/pkgconfig
LD_LIBRARY_PATH=$stage/lib
PRELUDE=$work/prelude
ROOT=$root
DEPS=skip
export PATH PKG_CONFIG_PATH LD_LIBRARY_PATH PRELUDE ROOT DEPS

# One document, in a place of its own: says what became of it; fails where that is not as it should be.
renew() {
    WORK=$(mktemp -d "$work/XXXXXX")
    PLACE=$WORK/place
    SCRATCH=$WORK/scratch
    export WORK PLACE SCRATCH
    mkdir "$PLACE" "$PLACE/sample_data"
    cp -r sample_data/* "$PLACE"
    cp -r sample_data/* "$PLACE/sample_data"
    awk -v work="$WORK" -v place="$PLACE" -v check="$check" -f "$work/renew.awk" "$1" >"$WORK/new"
    if grep -n 'NOTHING BEGINS WITH' "$WORK/new"; then
        return 1
    elif cmp -s "$WORK/new" "$1"; then
        return 0
    elif [ "$check" -eq 1 ]; then
        echo "$1 is out of date; run tests/tools/update_readme.sh:"
        diff "$1" "$WORK/new" | head -20
        return 1
    fi
    cat "$WORK/new" >"$1"
    echo "renewed $1"
}

# As many at a time as there are processors.
jobs=$(getconf _NPROCESSORS_ONLN)
n=0
for document in "$@"; do
    { renew "$document" || : >"$work/bad"; } >"$work/said.$(printf %03d "$n")" 2>&1 &
    n=$((n + 1))
    [ $((n % jobs)) -ne 0 ] || wait
done
wait
cat "$work"/said.*
[ ! -e "$work/bad" ] || exit 1
[ "$check" -eq 0 ] || echo "documents: every output shown is what the program prints"
