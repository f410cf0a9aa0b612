#!/bin/sh
# Links of the repository's Markdown files that lead inside it: the file is there, and so is the heading.
# Usage, from the root of the repository: sh tests/tools/check_links.sh
set -eu

# The anchors of a file's headings, as code hosts make them: lower case, blanks as hyphens, no other signs.
anchors() {
    awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ /, ""); print }' "$1" |
        tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# TARGET lines of a file's links, code left out.
links() {
    awk '/^```/ { code = !code } !code { gsub(/`[^`]*`/, ""); print }' "$1" |
        grep -o ']([^)]*)' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' || :
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
done
exit "$bad"
