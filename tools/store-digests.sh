#!/usr/bin/env bash
# Stores the digests of the shipped scenarios for the tests, after a change that is meant to alter results.
# Explain such a change in CHANGELOG.md under "Changed results".
set -eu
cd "$(dirname "$0")/.."
swift build -c "${CONFIGURATION:-debug}" --product simk >&2
simk="$(swift build -c "${CONFIGURATION:-debug}" --show-bin-path)/simk"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=Tests/simkTests/digests.json
{
    echo "{"
    first=1
    for file in scenarios/*.json; do
        # A replay through the scheduler alone has no digest.
        grep -q '"cluster"' "$file" || continue
        name=$(basename "$file" .json)
        digest=$("$simk" run "$file" --format json --out "$scratch/$name" |
            sed -n 's/^  "digest": "\([0-9a-f]*\)".*/\1/p')
        [ $first -eq 1 ] || echo ","
        first=0
        printf '  "%s": "%s"' "$name" "$digest"
    done
    echo
    echo "}"
} >"$scratch/digests.json"
mv "$scratch/digests.json" "$out"
cat "$out"
