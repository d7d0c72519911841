#!/usr/bin/env python3
"""Writes Sources/Controllers/CronJob/TimeZoneTable.swift from the IANA time zone database.

usage: tools/generate-timezones.py TZDATA.ZI

Needs `zic`. The names are those of Sources/KubernetesModel/Validation/TimeZoneNames.swift. Rules before the year
2000 are left out: a zone counts as having had its first offset of that year ever since.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

START = 946684800  # 2000-01-01T00:00:00Z
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
NAMES = os.path.join(ROOT, "Sources/KubernetesModel/Validation/TimeZoneNames.swift")
TARGET = os.path.join(ROOT, "Sources/Controllers/CronJob/TimeZoneTable.swift")


def names():
    found = []
    for match in re.finditer(r'\(\s*"([^"]*)",\s*((?:"[^"]*"\s*\+?\s*)+)\)', open(NAMES).read()):
        region, places = match.group(1), "".join(re.findall(r'"([^"]*)"', match.group(2))).split()
        found += [region + "/" + place if region else place for place in places]
    return found


def load(path):
    """The transitions (time, offset), the first offset and the rule for later times of a TZif file."""
    data = open(path, "rb").read()
    place = 0
    for size in (4, 8):  # The version 1 block is skipped.
        isut, isstd, leap, times, types, chars = struct.unpack(">6l", data[place + 20:place + 44])
        place += 44
        body = data[place:]
        place += times * (size + 1) + types * 6 + chars + leap * (size + 4) + isstd + isut
    moments = struct.unpack(">%dq" % times, body[:8 * times])
    indices = body[8 * times:9 * times]
    offsets = [struct.unpack(">l", body[9 * times + 6 * i:9 * times + 6 * i + 4])[0] for i in range(types)]
    first = offsets[0]
    transitions = []
    for moment, index in zip(moments, indices):
        if moment < START:
            first = offsets[index]
        else:
            transitions.append((moment, offsets[index]))
    return first, tuple(transitions), data[place:].strip(b"\n").decode()


def rule(text):
    """A POSIX rule without the names of its times."""
    return re.sub(r"<[^>]*>|[A-Za-z]{3,}", "N", text)


def main():
    source = sys.argv[1]
    version = open(source).readline().split()[-1]
    zones = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["zic", "-b", "slim", "-d", folder, source], check=True)
        for name in names():
            zones.setdefault(load(os.path.join(folder, name)), []).append(name)
    lines = []
    for (first, transitions, footer), group in sorted(zones.items(), key=lambda item: item[1]):
        assert first % 60 == 0 and all(m % 60 == 0 and o % 60 == 0 for m, o in transitions), group
        changes = " ".join("%d:%d" % (moment // 60, offset // 60) for moment, offset in transitions)
        lines.append("|".join([" ".join(group), str(first // 60), changes, rule(footer)]))
    with open(TARGET, "w") as out:
        out.write("// Written by tools/generate-timezones.py.\n\n")
        out.write("/// The offsets of the world's time zones since the year 2000.\n///\n")
        out.write("/// Source: IANA tz database %s, https://www.iana.org/time-zones (public domain).\n" % version)
        out.write("enum TimeZoneTable {\n")
        out.write("    /// One line for zones that are alike: names; the first offset; changes, each a moment and\n")
        out.write("    /// the offset from then on; a POSIX rule for what comes after. In minutes, of the Unix epoch.\n")
        out.write('    static let lines = #"""\n')
        for line in lines:
            # Long lines are broken where a blank is.
            while len(line) > 100:
                cut = line.rfind(" ", 0, 100)
                if cut < 0:
                    break
                out.write("        " + line[:cut] + " \\#\n")
                line = line[cut + 1:]
            out.write("        " + line + "\n")
        out.write('        """#\n}\n')


main()
