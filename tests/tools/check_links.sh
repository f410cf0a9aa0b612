#!/bin/sh
# Links and paths of the repository's Markdown files that lead inside it: the file is there, and so is the
# heading that a link names. Usage, from the root of the repository: sh tests/tools/check_links.sh
set -eu

# A file without its code blocks.
prose() { awk '/^```/ { code = !code } !code' "$1"; }

# The anchors of a file's headings, as code hosts make them: lower case, blanks as hyphens, no other signs.
anchors() {
    prose "$1" | sed -n 's/^#\{1,\} //p' | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# The targets of a file's links, those to other places left out.
links() {
    prose "$1" | sed 's/`[^`]*`//g' | grep -o ']([^)]*)' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' || :
}

# Paths of the repository that stand in a file as code; a pattern counts, a path with a place to fill does not.
paths() {
    prose "$1" | grep -oE '`(analysis|assets|doc|include|po|sample_data|src|tests)/[^` ]*`' | tr -d '`' |
        grep -v '[<…{]' || :
}

bad=0
for document in $(git ls-files -co --exclude-standard '*.md'); do
    for target in $(links "$document"); do
        file=${target%%#*}
        place=$document
        [ -z "$file" ] || place=$(dirname "$document")/$file
        if [ ! -e "$place" ]; then
            echo "$document: the link to $target leads to no file"
            bad=1
        elif [ "$file" != "$target" ] && ! anchors "$place" | grep -qx -- "${target#*#}"; then
            echo "$document: the link to $target leads to no heading"
            bad=1
        fi
    done
    set -f # a pattern is opened by ls below, from a list of its own
    for path in $(paths "$document"); do
        set +f
        # shellcheck disable=SC2086
        ls -d $path >/dev/null 2>&1 || { echo "$document: there is no $path"; bad=1; }
    done
    set +f
done
exit "$bad"
