#!/bin/sh
# Installs into a folder of its own, as a packager does, and uses what was installed: the example, compiled
# against the header and pkg-config, shared and static; the man page; the completion; the package of Debian, unpacked.
# Usage, from the root of the repository: sh tests/tools/check_install.sh
set -eu

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
failed=0
fail() {
    echo "FAILED: $1" >&2
    failed=1
}

${MAKE:-make} --no-print-directory install DESTDIR="$root" PREFIX=/usr >"$stage/install.log" 2>&1 ||
    { cat "$stage/install.log" >&2; exit 1; }
for file in bin/rwe-analyze lib/librwe.a lib/librwe.so.0 lib/librwe.so lib/pkgconfig/rwe.pc include/rwe.h \
    share/man/man1/rwe-analyze.1 share/bash-completion/completions/rwe-analyze \
    share/rwe-analyze/nct07062484.yaml; do
    [ -s "$root/usr/$file" ] || fail "usr/$file is not installed"
done
# The other headers are the library's own: no contract.
[ "$(cd "$root/usr/include" && find . -type f)" = ./rwe.h ] || fail "more headers than rwe.h are installed"

# ---- a program of somebody else -------------------------------------------------------------------

for language in "${CC:-cc} -std=c99 -x c" "${CXX:-c++} -std=c++11 -x c++"; do
    printf '#include "rwe.h"\n' |
        $language -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$root/usr/include" - ||
        fail "rwe.h with $language"
done

PKG_CONFIG_PATH=$root/usr/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
asked="pkg-config --define-variable=prefix=$root/usr"
version=$("$root/usr/bin/rwe-analyze" --version)
[ "$version" = "rwe-analyze $(pkg-config --modversion rwe)" ] ||
    fail "the program says \"$version\", rwe.pc $(pkg-config --modversion rwe)"
"$root/usr/bin/rwe-analyze" sample_data/cohort.csv --triangulation --quiet --format csv >"$stage/facts.csv"
facts=$(wc -l <"$stage/facts.csv")
example=doc/examples/triangulation.c
${CC:-cc} "$example" $($asked --cflags --libs rwe) -o "$stage/shared" &&
    [ "$(LD_LIBRARY_PATH=$root/usr/lib "$stage/shared" sample_data/cohort.csv 2>/dev/null | wc -l)" -eq "$facts" ] ||
    fail "the shared library"
readelf -d "$stage/shared" 2>/dev/null | grep -q 'librwe.so.0' || fail "librwe.so.0 is not what is linked"
# Static as far as this library goes; what it needs may be shared.
${CC:-cc} "$example" $($asked --cflags rwe) "$root/usr/lib/librwe.a" \
    $($asked --libs --static rwe | sed 's/-lrwe\>//') -o "$stage/static" &&
    [ "$("$stage/static" sample_data/cohort.csv 2>/dev/null | wc -l)" -eq "$facts" ] || fail "the static library"
# Neither has a name that could be one of the user's.
for library in "-D $root/usr/lib/librwe.so" "$root/usr/lib/librwe.a"; do
    nm --defined-only --extern-only $library | sed -n 's/.* [A-Z] //p' | grep -v '^rwe_\(version\|session_.*\)$' &&
        fail "names that are shown by $library"
done

# ---- what stands by -------------------------------------------------------------------------------

page=$root/usr/share/man/man1/rwe-analyze.1
if command -v groff >/dev/null 2>&1; then
    groff -man -Tutf8 -Kutf8 -ww -z "$page" 2>"$stage/troff" || fail "groff"
    [ ! -s "$stage/troff" ] || { cat "$stage/troff" >&2; fail "the man page has troff warnings"; }
else
    echo "man page: not checked, groff is not here"
fi
if command -v bash >/dev/null 2>&1; then
    bash -euc '. "$1"; COMP_WORDS=(rwe-analyze --match-o) COMP_CWORD=1
        complete -p rwe-analyze >/dev/null
        name=$(complete -p rwe-analyze | sed -n "s/.* -F \([^ ]*\) .*/\1/p")
        [ -n "$name" ] || exit 1
        "$name" rwe-analyze --match-o rwe-analyze
        [ "${COMPREPLY[0]%=}" = --match-order ]' completion \
        "$root/usr/share/bash-completion/completions/rwe-analyze" ||
        fail "the completion does not complete --match-o to --match-order"
fi
"$root/usr/bin/rwe-analyze" sample_data/cohort.csv --ae sample_data/ae.csv --km --psm --quiet \
    >"$stage/report.txt" || fail "the installed program"

# ---- the package -----------------------------------------------------------------------------------

if command -v dpkg-shlibdeps >/dev/null 2>&1; then
    package=$(sh tests/tools/make_deb.sh | tail -1)
    dpkg-deb -x "$package" "$stage/deb"
    for file in bin/rwe-analyze share/man/man1/rwe-analyze.1.gz share/bash-completion/completions/rwe-analyze \
        share/doc/rwe-analyze/copyright share/doc/rwe-analyze/README.md share/doc/rwe-analyze/examples/cohort.csv; do
        [ -s "$stage/deb/usr/$file" ] || fail "usr/$file is not in $package"
    done
    (cd "$stage/deb" && dpkg-deb --ctrl-tarfile "$OLDPWD/$package" | tar -xO ./md5sums | md5sum --quiet -c) ||
        fail "the sums of $package"
    depends=$(dpkg-deb -f "$package" Depends)
    for library in $(printf '%s' "$depends" | tr ',' '\n' | sed 's/^ *\([^ |]*\).*/\1/'); do
        dpkg-query -W "$library" >/dev/null 2>&1 || fail "$package depends on $library, which this program was not built with"
    done
    # What the program is linked to, directly, is among them.
    multiarch=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
    for library in $(readelf -d "$stage/deb/usr/bin/rwe-analyze" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        owner=$(dpkg-query -S "*/$multiarch/$library" 2>/dev/null | head -1 | cut -d: -f1)
        case ", $depends," in *" $owner "* | *" $owner,"*) ;; *) fail "$package does not depend on $owner ($library)" ;; esac
    done
    (cd "$stage/deb/usr/share/doc/rwe-analyze/examples" && "$stage/deb/usr/bin/rwe-analyze" rotterdam.csv \
        --study rotterdam.yaml --km --quiet >"$stage/report.txt") || fail "the program of $package"
else
    echo "package: not checked, dpkg-dev is not here"
fi

[ "$failed" -eq 0 ] && echo "install: header, libraries, program, man page, completion and package work"
exit "$failed"
