#!/usr/bin/env bash
# Times one whole command, or two in turn, and prints medians of wall and processor seconds and their ratio.
#
#   benchmarks/compare.sh [-n RUNS] [-l LABEL] COMMAND [OTHER-COMMAND]
#
# With two commands every round runs both, the first one first in even rounds and second in odd ones, so that
# what else the machine does meets both alike; the ratio is the median over rounds of other / first.
# Each run has an empty folder of its own, $SCRATCH. Output is dropped. A command that fails ends the script.
set -eu
export LC_ALL=C

runs=5
label=
while getopts n:l: option; do
    case $option in
    n) runs=$OPTARG ;;
    l) label=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
case $runs in '' | *[!0-9]* | 0*) echo "compare.sh: -n wants a positive number" >&2; exit 2 ;; esac
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n 's/^#   //p' "$0" >&2
    exit 2
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Runs the command numbered $1 once; appends "wall cpu" in seconds to its file.
time_once() {
    local number=$1 command=$2 status=0
    export SCRATCH="$results/scratch"
    mkdir "$SCRATCH"
    local TIMEFORMAT='%R %U %S'
    { time bash -c "$command" >"$results/output" 2>&1 || status=$?; } 2>"$results/time"
    rm -rf "$SCRATCH"
    if [ "$status" -ne 0 ]; then
        echo "compare.sh: exit status $status from: $command" >&2
        tail -n 5 "$results/output" >&2
        exit 1
    fi
    tail -n 1 "$results/time" | awk '{ printf "%.3f %.3f\n", $1, $2 + $3 }' >>"$results/$number"
}

# The median of the numbers on standard input.
median() {
    sort -g | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

# Quotient of two columns, a line each; a run below the clock's resolution counts as a millisecond.
ratios() { awk '{ print ($2 < 0.001 ? 0.001 : $2) / ($1 < 0.001 ? 0.001 : $1) }'; }

for ((round = 0; round < runs; round++)); do
    if [ $# -eq 1 ]; then
        time_once 1 "$1"
    elif ((round % 2 == 0)); then
        time_once 1 "$1"
        time_once 2 "$2"
    else
        time_once 2 "$2"
        time_once 1 "$1"
    fi
done

for number in $(seq $#); do
    wall=$(cut -d' ' -f1 "$results/$number" | median)
    cpu=$(cut -d' ' -f2 "$results/$number" | median)
    printf '%-28s wall %9.3f s   cpu %9.3f s   (median of %d)\n' "${label:-command}$([ $# -gt 1 ] && echo " $number" || :)" \
        "$wall" "$cpu" "$runs"
done
if [ $# -eq 2 ]; then
    wall=$(paste -d' ' <(cut -d' ' -f1 "$results/1") <(cut -d' ' -f1 "$results/2") | ratios | median)
    cpu=$(paste -d' ' <(cut -d' ' -f2 "$results/1") <(cut -d' ' -f2 "$results/2") | ratios | median)
    printf '%-28s wall %9.2f     cpu %9.2f     (median of pairs, second / first)\n' "${label:-command} ratio" "$wall" "$cpu"
fi
