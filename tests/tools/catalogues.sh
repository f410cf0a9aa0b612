#!/bin/sh
# The catalogues of texts, po/LANGUAGE.po. Needs gettext's tools.
#   catalogues.sh update   takes in new templates of the code, untranslated, and drops those that are gone
#   catalogues.sh check    every template of the code is translated once, with its places, and nothing else is there
set -eu
export LC_ALL=C.UTF-8
template=$(mktemp)
merged=$(mktemp)
trap 'rm -f "$template" "$merged"' EXIT

# What looks a text up: the argument that holds it. N_ only marks it.
xgettext --language=C --from-code=UTF-8 --no-wrap --sort-by-file -o "$template" \
    --keyword --keyword=N_:1 --keyword=rwe_text:1 --keyword=rwe_message:1 \
    --keyword=rwe_fail:4 --keyword=rwe_error_set:4 \
    --keyword=rwe_document_section:3 --keyword=rwe_document_chapter:2 \
    --keyword=rwe_document_paragraph:2 --keyword=rwe_document_warning:4 \
    --keyword=rwe_document_table:2 --keyword=rwe_document_figure:4 \
    --keyword=rwe_grid_column:2 --keyword=rwe_grid_fact_column:4 --keyword=rwe_grid_row:3 \
    --keyword=rwe_grid_note:2 --keyword=rwe_grid_words:2 \
    --keyword=rwe_figure_describe:2 --keyword=rwe_figure_note:2 \
    --keyword=rwe_complaints_note:2 --keyword=rwe_protocol_say:3 --keyword=ask_for:3 \
    --flag=rwe_fail:4:c-format --flag=rwe_error_set:4:c-format \
    $(git ls-files 'src/*.c' 'src/*.h' 'analysis/*.c' 'analysis/*.h' | grep -v '^src/simulator/')
# No date, which would change by itself; and the charset that xgettext leaves open.
sed -i -e '/^"POT-Creation-Date/d' -e 's/charset=CHARSET/charset=UTF-8/' "$template"
# Sorted and without references, which would change with every edit.
merge() { # FILE: the catalogue with the templates of now
    msgmerge --quiet --no-fuzzy-matching --no-wrap --sort-output --no-location "$1" "$template" -o - |
        msgattrib --no-obsolete --no-wrap --sort-output --no-location -
}

bad=0
for catalogue in po/*.po; do
    case ${1:-check} in
    update) merge "$catalogue" >"$merged" && cp "$merged" "$catalogue" ;;
    check)
        merge "$catalogue" >"$merged"
        cmp -s "$merged" "$catalogue" || { echo "$catalogue is not of this code: sh tests/tools/catalogues.sh update"; bad=1; }
        missing=$(msgattrib --untranslated "$merged" | grep -c '^msgid ' || true)
        [ "$missing" -le 1 ] || { echo "$catalogue: $((missing - 1)) texts are not translated"; bad=1; }
        msgfmt --check-format --check-header -o /dev/null "$catalogue" || bad=1
        ;;
    esac
done
[ "$bad" -eq 0 ] && [ "${1:-check}" = check ] && echo "catalogues: every text is translated once"
exit "$bad"
