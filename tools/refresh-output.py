#!/usr/bin/env python3
"""Runs what the pages of the documentation show, and writes the present output into them.

    tools/refresh-output.py [--simk PATH] [--check] [PAGE...]

Without pages, all that have marks. `--check` changes nothing and ends with status 1 when a page is out of date.

A page is worked through from top to bottom in an empty folder, in which `scenarios` is the repository's and `simk`
is on the path. Marks are comments, which readers do not see:

    <!-- file: NAME -->             the fenced block that follows becomes this file
    <!-- append: NAME -->           the block that follows is put at the end of the file
    <!-- before: LINE | NAME -->    the block that follows is put before the first line of the file that begins so
    <!-- shell: COMMAND -->         the command is run
    <!-- output: COMMAND -->        the block that follows is the command's output
    <!-- lines of: COMMAND -->      the block that follows holds some lines of the command's output
    <!-- shown -->                  in the block that follows, lines that begin with `$ ` are commands, and their output
                                    follows each

Where the block leaves lines out (a line that is only `…`), the same lines stay in: each is found in the new output by
its text without numbers and generated names. Times on the wall keep the page's figure when nothing else has changed.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile

MARK = re.compile(r"^<!-- (file|append|before|shell|output|lines of|shown)(?:: (.*?))? -->$")
WALL = re.compile(r"^  time  .* of virtual time in |\"seconds\": ")


def shape(line):
    """The line without what differs between versions: numbers, hashes, generated suffixes, the padding."""
    line = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+", "UID", line)
    line = re.sub(r"-[bcdfghjklmnpqrstvwxz2456789]{5,10}\b", "-X", line)
    line = re.sub(r"\b[0-9a-f]{16}\b", "DIGEST", line)
    return re.sub(r"\s+", " ", re.sub(r"[0-9][0-9.,]*(ms|m|s)?", "0", line)).strip()


def run(command, folder, simk):
    environment = dict(os.environ, PATH=os.path.dirname(simk) + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
    result = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.stdout.decode().rstrip("\n").split("\n") if result.stdout else [], result.returncode


def merged(old, new, place, is_excerpt=False):
    """The new output, of which the lines stay that the page shows; all of them where it leaves none out."""
    if not is_excerpt and "…" not in [line.strip() for line in old]:
        kept = list(new)
    else:
        shapes = [shape(line) for line in new]
        kept, position = [], 0
        for line in old:
            if line.strip() == "…":
                kept.append(line)
                continue
            wanted = shape(line)
            found = next((i for i in range(position, len(new)) if shapes[i] == wanted), None)
            if found is None:
                close = difflib.get_close_matches(wanted, shapes[position:], 1, 0.85)
                found = position + shapes[position:].index(close[0]) if close else None
            if found is None:
                print(f"{place}: nothing in the output is like this line any more:\n  {line}", file=sys.stderr)
                kept.append(line)
                continue
            kept.append(new[found])
            position = found + 1
    if len(kept) == len(old) and all(a == b or WALL.search(a) and WALL.search(b) for a, b in zip(kept, old)):
        return old
    return kept


def refreshed(path, repository, simk):
    lines = open(path, encoding="utf-8").read().split("\n")
    out, index, state = [], 0, None
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(repository, "scenarios"), os.path.join(folder, "scenarios"))
        os.symlink(os.path.join(repository, "Tests"), os.path.join(folder, "Tests"))
        last = 0
        while index < len(lines):
            line = lines[index]
            out.append(line)
            index += 1
            if mark := MARK.match(line.strip()):
                if mark[1] == "shell":
                    last = run(mark[2], folder, simk)[1]
                else:
                    state = (mark[1], mark[2])
                continue
            if not line.lstrip().startswith("```") or state is None:
                continue
            block = []
            while lines[index].strip() != "```":
                block.append(lines[index])
                index += 1
            (action, argument), state = state, None
            place = f"{os.path.relpath(path, repository)}:{index}"
            if action in ("file", "append"):
                with open(os.path.join(folder, argument), "w" if action == "file" else "a") as file:
                    file.write("\n".join(block) + "\n")
            elif action == "before":
                start, name = (part.strip() for part in argument.split("|"))
                target = os.path.join(folder, name)
                text = open(target).read().split("\n")
                at = next(i for i, candidate in enumerate(text) if candidate.strip().startswith(start))
                open(target, "w").write("\n".join(text[:at] + block + text[at:]))
            elif action in ("output", "lines of"):
                new, last = run(argument, folder, simk)
                block = merged(block, new, place, action == "lines of")
            else:
                block, last = shown(block, folder, simk, last, place)
            out.extend(block)
    return "\n".join(out)


def shown(block, folder, simk, last, place):
    """A block of commands with their output."""
    parts = []
    for line in block:
        if line.startswith("$ "):
            parts.append(([line], []))
        elif parts[-1][0][-1].count('"') % 2 == 1 and not parts[-1][1] and not parts[-1][0][-1].endswith('"'):
            parts[-1][0].append(line)  # a command of several lines: its quotation mark is still open
        elif len(parts[-1][0]) > 1 and "\n".join(parts[-1][0]).count('"') % 2 == 1:
            parts[-1][0].append(line)
        else:
            parts[-1][1].append(line)
    result = []
    for command, old in parts:
        text = "\n".join(command)[2:]
        new, status = ([str(last)], 0) if text == "echo $?" else run(text, folder, simk)
        last = status
        result += command + merged(old, new, place)
    return result, last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simk", default=".build/release/simk")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("pages", nargs="*")
    options = parser.parse_args()
    repository = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    simk = os.path.abspath(options.simk)
    if not os.access(simk, os.X_OK):
        sys.exit(f"{options.simk}: there is no such program. Build it with 'make build', or name it with --simk")
    pages = [os.path.abspath(page) for page in options.pages]
    if not pages:
        listed = subprocess.run(
            ["git", "-C", repository, "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout
        pages = [os.path.join(repository, name) for name in listed.split()]
    outdated = False
    for page in pages:
        text = open(page, encoding="utf-8").read()
        if not any(MARK.match(line.strip()) for line in text.split("\n")):
            continue
        new = refreshed(page, repository, simk)
        print(f"{os.path.relpath(page, repository)}: {'as it was' if new == text else 'changed'}")
        outdated = outdated or new != text
        if new != text and not options.check:
            open(page, "w", encoding="utf-8").write(new)
    sys.exit(1 if outdated and options.check else 0)


main()
