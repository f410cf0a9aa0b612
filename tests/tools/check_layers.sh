#!/bin/sh
# Includes only point down: cli > analysis > stats, data, report > base. data may use the shapes of
# stats (survival_data.h), which are its product; stats and report know only base.
set -eu
bad=0
check() { # LAYER, the layers it may include
    layer=$1
    allowed=$2
    case $layer in
    analysis) files="analysis/*.[ch] include/rwe/analysis/*.h" ;;
    cli) files="src/cli/*.[ch]" ;;
    *) files="src/$layer/*.[ch] include/rwe/$layer/*.h" ;;
    esac
    for included in $(grep -ho '#include "rwe/[a-z]*/' $files | sed 's|.*rwe/\(.*\)/|\1|' | sort -u); do
        case " $allowed " in
        *" $included "*) ;;
        *)
            echo "$layer must not include $included:"
            grep -n "#include \"rwe/$included/" $files
            bad=1
            ;;
        esac
    done
}
check base "base"
check stats "stats base"
check data "data stats base"
check report "report base"
check analysis "analysis stats data report base"
check cli "analysis report data base"
[ "$bad" -eq 0 ] && echo "layers: includes only point down"
exit "$bad"
