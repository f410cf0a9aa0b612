#!/bin/sh
# Writes the catalogues po/LANGUAGE.po as C: the table that src/base/language.c reads. Needs msgfmt (gettext).
set -eu
names=en
rows=
echo '#include "rwe/base/language.h"'
echo 'extern const struct rwe_language rwe_catalogues[];'
compiled=$(mktemp)
trap 'rm -f "$compiled"' EXIT
for catalogue in "$@"; do
    name=$(basename "$catalogue" .po)
    msgfmt --check -o "$compiled" "$catalogue"
    echo "static const unsigned char $name[] = {"
    od -An -v -tu1 "$compiled" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
    echo '};'
    names="$names|$name"
    rows="$rows{\"$name\", $name, sizeof $name}, "
done
echo "const char rwe_language_names[] = \"$names\";"
echo "const struct rwe_language rwe_catalogues[] = {$rows{NULL, NULL, 0}};"
