#!/usr/bin/env bash
# Builds in release mode, runs the benchmarks, prints their tables.
#
#   benchmarks/run.sh                          every case, then every whole command
#   benchmarks/run.sh event-queue/hold         one case at its sizes
#   benchmarks/run.sh event-queue/hold:50000   one case at one size
#   REPEATS=9 benchmarks/run.sh                medians over nine instead of five
set -eu
cd "$(dirname "$0")/.."

# As `make build` does, or each would compile everything anew.
swift build -c release -Xswiftc -enforce-exclusivity=unchecked --product simk-benchmarks >&2
binaries=$(swift build -c release --show-bin-path)
"$binaries/simk-benchmarks" --repeats "${REPEATS:-5}" "$@"
[ $# -gt 0 ] && exit 0

# Whole commands: a line of commands.txt each, "name | command". They are timed where simk has been built.
if [ ! -x "$binaries/simk" ]; then
    echo "run.sh: simk itself is not built ('make build'): its commands are not timed" >&2
    exit 0
fi
export SIMK="$binaries/simk"
echo
while IFS='|' read -r name command; do
    case "$name" in '' | '#'*) continue ;; esac
    benchmarks/compare.sh -n "${REPEATS:-5}" -l "$(echo "$name" | xargs)" "$command"
done <benchmarks/commands.txt
