#!/usr/bin/env bash
# Checks for what simk is built with, and installs the missing system libraries where that is allowed.
set -eu

if ! command -v swift >/dev/null 2>&1; then
    echo "simk needs Swift 6.2 or newer, and 'swift' is not on the PATH." >&2
    echo "Install it as https://www.swift.org/install/linux describes, then run this again." >&2
    exit 1
fi

missing=()
has_header() { echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1 || [ -f "/usr/include/$1" ]; }
has_header gsl/gsl_version.h || missing+=(libgsl-dev)
has_header sqlite3.h || missing+=(libsqlite3-dev)
has_header zlib.h || missing+=(zlib1g-dev)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "simk needs the GNU Scientific Library, SQLite and zlib with their headers." >&2
    echo "Install your system's packages for them (on Debian and Ubuntu: ${missing[*]}), then run this again." >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "simk needs system libraries that are not installed, and installing them takes root's rights. Type:" >&2
    echo "" >&2
    echo "    sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
    echo "" >&2
    echo "and then run this again." >&2
    exit 1
fi
echo "Installing ${missing[*]} ..."
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}"
