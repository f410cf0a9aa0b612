#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A file as C, so that the program carries it: `sh assets/embed.sh assets/page.css` prints the bytes
# rwe_embedded_page_css, with a zero behind them, and rwe_embedded_page_css_size. Of style sheets and scripts
# comments on lines of their own and blank lines stay out.
set -eu
name=rwe_embedded_$(basename "$1" | tr -c 'A-Za-z0-9\n' _)
content() {
    case $1 in
    *.css | *.js) sed -e '/^ *\/\*.*\*\/$/d' -e '/^$/d' "$1" ;;
    *) cat "$1" ;;
    esac
}
echo '#include <stddef.h>'
echo "extern const char ${name}[];"
echo "extern const size_t ${name}_size;"
echo "const char ${name}[] = {"
content "$1" | od -An -v -tu1 | sed 's/  *\([0-9][0-9]*\)/(char)\1,/g'
echo '0};'
echo "const size_t ${name}_size = sizeof ${name} - 1;"
