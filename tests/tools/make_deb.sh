#!/bin/sh
# Makes the package of Debian and Ubuntu, build/rwe-analyze_VERSION_ARCHITECTURE.deb: what make install installs, with
# documents, examples and licence. What it depends on is computed from the libraries that the program is linked to.
# Needs dpkg-dev. Usage, from the root of the repository: sh tests/tools/make_deb.sh   The last line is the file.
set -eu

for tool in dpkg-deb dpkg-shlibdeps strip; do
    command -v "$tool" >/dev/null 2>&1 || { echo "$tool is not here: apt-get install dpkg-dev binutils" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
doc=$root/usr/share/doc/rwe-analyze
make=${MAKE:-make}
umask 022
# The same sources give the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

$make --no-print-directory install DESTDIR="$root" PREFIX=/usr >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
strip --strip-unneeded "$root/usr/bin/rwe-analyze" "$root/usr/lib/librwe.so.0"
strip --strip-debug "$root/usr/lib/librwe.a"
gzip -9n "$root/usr/share/man/man1/rwe-analyze.1"
install -d "$doc/examples"
for page in README*.md CHANGELOG.md doc analysis; do
    find "$page" -name '*.md' | while read -r file; do install -D -m 644 "$file" "$doc/$file"; done
done
install -m 644 sample_data/*.csv sample_data/*.yaml sample_data/README.md "$doc/examples"
gzip -9n "$doc/CHANGELOG.md"
{
    printf '%s\n' 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/' \
        'Upstream-Name: rwe-analyze' '' 'Files: *' 'Copyright: the contributors to rwe-analyze' \
        'License: GPL-3.0-or-later' '' 'License: GPL-3.0-or-later'
    sed 's/^$/./; s/^/ /' LICENSE
} >"$doc/copyright"

version=$("$root/usr/bin/rwe-analyze" --version | cut -d' ' -f2)
architecture=$(dpkg --print-architecture)
mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: rwe-analyze\n\nPackage: rwe-analyze\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/rwe-analyze root/usr/lib/librwe.so.0 2>"$work/log" |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { cat "$work/log" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<CONTROL
Package: rwe-analyze
Version: $version
Architecture: $architecture
Maintainer: ${DEBFULLNAME:-$(id -un)} <${DEBEMAIL:-$(id -un)@$(hostname)}>
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Depends: $depends
Recommends: fonts-dejavu-core | fonts-liberation
Suggests: fonts-noto-cjk | fonts-wqy-microhei
Section: science
Priority: optional
Description: compare two treatments in a cohort of patients
 Baseline table, matching and weighting by the propensity score, Kaplan-Meier
 curves, hazard ratios, competing risks, response and adverse events, on the
 whole cohort and on each matched or weighted population, as one report.
CONTROL
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
mkdir -p build
package=build/rwe-analyze_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zgzip --build "$root" "$package" >/dev/null
echo "$package"
