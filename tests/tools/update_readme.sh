#!/bin/sh
# Keeps what the documents show true: README.md and README.zh.md, CONTRIBUTING.md, the pages in doc/ and those of the
# analyses. In a Markdown file
#
#   <!-- output: COMMAND -->          the lines up to <!-- end --> become "$ COMMAND" and what it prints
#   <!-- end -->
#   <!-- file: NAME -->               the code block that follows is written to NAME, for later commands
#
# Commands run in a folder of their own that holds copies of sample_data (both as ./FILE and as
# sample_data/FILE) and a link to the repository's headers, with this build's program, library and
# pkg-config file. What long outputs are cut with is not shown as part of the command:
#   | first N    | last N
#   | blocks [-N] TITLE…   the paragraphs and tables (at most N lines each) that begin with these lines
#
# A link in any Markdown file to a file or a heading that is not there fails too.
#
# Usage, from the root of the repository:
#   tests/tools/update_readme.sh [--check] [FILE.md…]     --check: change nothing, fail where it would
#   JOBS=N limits how many documents are made at a time (default: as many as there are processors).
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL # a make that calls this must not speak in the outputs of those that documents run
root=$(pwd)
build=${BUILD:-build/release}
check=0
if [ "${1:-}" = --check ]; then
    check=1
    shift
fi
[ $# -gt 0 ] || set -- README.md README.zh.md CONTRIBUTING.md doc/*.md analysis/README.md analysis/*/*.md

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
/^<!-- output: .* -->$/ {
    print
    command = $0
    sub(/^<!-- output: /, "", command)
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

# One document, in a place of its own: says what became of it; fails where that is not as it should be.
cat >"$work/renew.sh" <<'RENEW'
set -eu
document=$1
WORK=$(mktemp -d "$ALL/XXXXXX")
PLACE=$WORK/place
SCRATCH=$WORK/scratch
export WORK PLACE SCRATCH
mkdir "$PLACE" "$PLACE/sample_data"
cp -r sample_data/* "$PLACE"
cp -r sample_data/* "$PLACE/sample_data"
ln -s "$ROOT/include" "$PLACE/include"
awk -v work="$WORK" -v place="$PLACE" -f "$ALL/renew.awk" "$document" >"$WORK/new"
rm -rf "$PLACE"
if grep -n 'NOTHING BEGINS WITH' "$WORK/new" >"$WORK/lost"; then
    sed "s|^|$document: |" "$WORK/lost"
    exit 1
elif cmp -s "$WORK/new" "$document"; then
    exit 0
elif [ "$CHECK" -eq 1 ]; then
    # One write, so that documents that are made at the same time do not mix their lines.
    printf '%s is out of date; run tests/tools/update_readme.sh:\n%s\n' \
        "$document" "$(diff "$document" "$WORK/new" | head -20)"
    exit 1
fi
cat "$WORK/new" >"$document"
echo "renewed $document"
RENEW

PATH=$root/$build:$PATH
PKG_CONFIG_PATH=$stage/lib/pkgconfig
LD_LIBRARY_PATH=$stage/lib
PRELUDE=$work/prelude
ROOT=$root
ALL=$work
CHECK=$check
DEPS=skip
export PATH PKG_CONFIG_PATH LD_LIBRARY_PATH PRELUDE ROOT ALL CHECK DEPS

bad=0
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" sh "$work/renew.sh" || bad=1
sh tests/tools/check_links.sh || bad=1
[ "$bad" -eq 0 ] || exit 1
[ "$check" -eq 0 ] || echo "documents: every output shown is what the program prints, and every link leads somewhere"
