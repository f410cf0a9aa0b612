#!/bin/sh
# No file of the project names a place outside it: a folder beside it, of one machine, or of temporary files (which
# TMPDIR says). Usage, from the root of the repository: sh tests/tools/check_paths.sh
set -eu
outside='(^|[^A-Za-z0-9_.}])/(tmp|root|home|Users|work)(/|"|$)|\.\./shared'
if git grep -nIE "$outside" -- . ':!tests/tools/check_paths.sh'; then
    echo "These name a place outside the project." >&2
    exit 1
fi
echo "paths: no file names a place outside the project"
