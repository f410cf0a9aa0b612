#!/bin/sh
# Includes only point down: cli, rwe.c > analysis > stats, data, report > base; the simulator stands on base alone. data
# may use the shapes of stats (survival_data.h), which are its product; stats and report know only base.
set -eu
bad=0
check() { # LAYER, its folder, the layers that it may include
    layer=$1
    folder=$2
    allowed=$3
    files=$(find "$folder" "include/rwe/$layer" -name '*.[ch]' 2>/dev/null || true)
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
check base src/base "base"
check stats src/stats "stats base"
check data src/data "data stats base"
check report src/report "report base"
check analysis analysis "analysis stats data report base"
check simulator src/simulator "simulator base"
check rwe src/rwe.c "analysis report data base"
check cli src/cli "analysis report data simulator base"
[ "$bad" -eq 0 ] && echo "layers: includes only point down"
exit "$bad"
