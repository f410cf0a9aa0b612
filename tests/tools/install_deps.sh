#!/bin/sh
# Sees to what building and testing needs. Arguments: pkg-config names. Says what it will install and
# how; with DEPS=skip it only says what is missing. Debian and Ubuntu (apt), Fedora (dnf), Homebrew.
set -eu

missing=
command -v cc >/dev/null 2>&1 || missing="$missing cc"
command -v pkg-config >/dev/null 2>&1 || missing="$missing pkg-config"
for package in "$@"; do
    pkg-config --exists "$package" 2>/dev/null || missing="$missing $package"
done
# libcsv has no pkg-config file: ask the compiler.
printf '#include <stdio.h>\n#include <csv.h>\nint main(void) { struct csv_parser p; return csv_init(&p, 0); }\n' |
    cc -x c - -lcsv -o /dev/null 2>/dev/null || missing="$missing libcsv"
# Nor has ReadStat, which reads the files of SPSS, Stata and SAS.
printf '#include <readstat.h>\nint main(void) { readstat_parser_free(readstat_parser_init()); }\n' |
    cc -x c - -lreadstat -o /dev/null 2>/dev/null || missing="$missing readstat"
# Nor has GLPK, which a test of matching calls.
printf '#include <glpk.h>\nint main(void) { return glp_free_env(); }\n' |
    cc -x c - -lglpk -o /dev/null 2>/dev/null || missing="$missing glpk"
# The catalogues of texts are compiled by gettext.
command -v msgfmt >/dev/null 2>&1 || missing="$missing gettext"
[ -n "$missing" ] || exit 0

# Homebrew's names were looked up, and have not been tried on a Mac.
managers="apt-get dnf brew"
[ "$(uname -s)" != Darwin ] || managers=brew
manager=
for each in $managers; do
    if [ -z "$manager" ] && command -v "$each" >/dev/null 2>&1; then manager=$each; fi
done
update=":"
case $manager in
apt-get)
    install="apt-get install -y --no-install-recommends"
    update="apt-get update"
    packages="gcc libc6-dev make pkg-config gettext libgsl-dev libcsv-dev libjansson-dev libyaml-dev
        libuchardet-dev nettle-dev libzip-dev libexpat1-dev libreadstat-dev libcairo2-dev libpango1.0-dev libpng-dev
        libcmocka-dev libglpk-dev fonts-dejavu-core"
    ;;
dnf)
    install="dnf install -y"
    packages="gcc make pkgconf-pkg-config gettext gsl-devel libcsv-devel jansson-devel libyaml-devel
        uchardet-devel nettle-devel libzip-devel expat-devel readstat-devel cairo-devel pango-devel libpng-devel
        libcmocka-devel glpk-devel dejavu-sans-fonts"
    ;;
brew)
    install="brew install"
    packages="pkg-config gettext gsl libcsv jansson libyaml uchardet nettle libzip expat readstat cairo pango libpng
        cmocka glpk"
    ;;
*)
    echo "Missing:$missing. None of $managers is here: install GSL, libcsv, jansson, libyaml," \
        "uchardet, Nettle, libzip, expat, ReadStat, cairo, pango, libpng, cmocka and GLPK with their headers." >&2
    exit 1
    ;;
esac
packages=$(echo $packages)

echo "Missing:$missing"
if [ "${DEPS:-}" = skip ]; then
    echo "DEPS=skip: nothing is installed. It would be: $install $packages" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ] && [ "$manager" != brew ]; then
    as_root=sudo
fi
echo "Installing with: $as_root $install $packages"
# A fresh machine has no lists of packages, and old lists may name packages that are gone.
if [ "$update" != : ] && ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
    $as_root $update
fi
# PNG and PDF figures take letters from the fonts of the machine. For Chinese labels it needs some font that
# has them: fonts-wqy-microhei (5 MB) or fonts-noto-cjk on Debian; nothing else depends on it.
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
$as_root $install $packages || { $as_root $update && $as_root $install $packages; }
