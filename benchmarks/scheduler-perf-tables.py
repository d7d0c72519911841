#!/usr/bin/env python3
"""Measures the workloads of scheduler_perf and writes the tables of benchmarks/README.md between their marks.

    benchmarks/scheduler-perf-tables.py                       both tables, three runs of each workload
    benchmarks/scheduler-perf-tables.py --repeat 1 figures    only the workloads with a threshold, once each
    benchmarks/scheduler-perf-tables.py --save runs.json      keep the measurements; --load FILE shows them again

Run it on a machine that does nothing else: rates by wall time mean nothing otherwise.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "benchmarks" / "README.md"


def names(simk, *arguments):
    listed = subprocess.run(
        [simk, "bench", "scheduling", "--list", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [line.split()[0] for line in listed.stdout.splitlines() if "not run:" not in line]


def measure(simk, repeat, workloads, *arguments):
    """The run in the middle of several for each workload, each in a process of its own: memory that one has let go
    of would be the next one's."""
    measured = []
    for name in workloads:
        command = [simk, "bench", "scheduling", "--format", "json", "--repeat", str(repeat)]
        command += ["--name", f"^{name}$", *arguments]
        print(name, *arguments, file=sys.stderr)
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if not done.stdout.strip():
            sys.exit(f"no output (exit status {done.returncode})")
        measured += json.loads(done.stdout)["workloads"]
    return measured


def rows(workloads):
    for workload in workloads:
        for measurement in workload["measurements"]:
            yield workload, measurement


def cycle(measurement):
    times = measurement["cycleMilliseconds"]
    return f"{times['Perc50'] * 1000:.1f}, {times['Perc99'] * 1000:.0f}"


def memory(workload):
    return f"{workload['peakResidentBytes'] / 1048576:.0f} MiB"


def figures(workloads):
    """Workloads with a threshold, those that are furthest from it first."""
    lines = []
    for workload, measurement in rows(workloads):
        threshold = measurement.get("threshold", {}).get("value", 0)
        if not threshold:
            continue
        rate = measurement["podsPerProcessorSecond"]
        ratio = rate / threshold
        attempts = measurement["attempts"]
        scheduled = measurement["podsScheduled"]
        note = f" ({attempts:,} attempts)" if attempts > scheduled else ""
        lines.append((ratio, (
            f"| `{workload['name']}` | {threshold:g} | {measurement['podsPerSecond']:,.0f} | {rate:,.0f}{note} "
            f"| {'**' if ratio < 100 else ''}{ratio:,.0f}{'**' if ratio < 100 else ''} "
            f"| {cycle(measurement)} | {memory(workload)} |")))
    head = [
        "| workload | threshold | pods/s | pods/cpu s | ratio | cycle p50, p99 (µs) | peak |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    enough = sum(1 for ratio, _ in lines if ratio >= 100)
    return [f"{enough} of {len(lines)} are at 100 times their threshold or more; the others are in bold.", ""] + head + [
        line for _, line in sorted(lines, key=lambda entry: entry[0])]


def scaling(adaptive, whole):
    lines = [
        "| nodes, pods | nodes scored | pods/s | pods/cpu s | cycle p50, p99 (µs) | peak | B/node | B/pod |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for title, workloads in (("adaptive", adaptive), ("all", whole)):
        for workload, measurement in rows(workloads):
            lines.append(
                f"| {workload['nodes']:,}, {measurement['podsScheduled']:,} | {title} "
                f"| {measurement['podsPerSecond']:,.0f} | {measurement['podsPerProcessorSecond']:,.0f} "
                f"| {cycle(measurement)} | {memory(workload)} | {workload['bytesPerNode']:,} "
                f"| {workload['bytesPerPod']:,} |")
    return lines


def write(mark, lines):
    text = README.read_text()
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)", re.S)
    if not pattern.search(text):
        sys.exit(f"{README}: the mark {mark} is missing")
    README.write_text(pattern.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="table", help="figures, scaling (default: both)")
    parser.add_argument("--simk", default=str(ROOT / ".build" / "release" / "simk"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--save", metavar="FILE")
    parser.add_argument("--load", metavar="FILE")
    options = parser.parse_args()
    tables = options.tables or ["figures", "scaling"]
    for table in tables:
        if table not in ("figures", "scaling"):
            parser.error(f"there is no table {table}")
    if options.load:
        measured = json.loads(pathlib.Path(options.load).read_text())
    else:
        if not os.access(options.simk, os.X_OK):
            sys.exit(f"{options.simk} is not there: make build, or --simk")
        measured = {}
        if "figures" in tables:
            workloads = names(options.simk, "--label-filter", "performance")
            measured["figures"] = measure(options.simk, options.repeat, workloads)
        if "scaling" in tables:
            sizes = names(options.simk, "--name", "^SchedulingBasic/(500Nodes|5000Nodes_(10000|150000)|50000Nodes|130000Nodes)")
            sizes.sort(key=lambda name: [int(number) for number in re.findall(r"[0-9]+", name)])
            measured["adaptive"] = measure(options.simk, options.repeat, sizes)
            measured["whole"] = measure(options.simk, options.repeat, sizes, "--percentage-of-nodes-to-score", "100")
    if options.save:
        pathlib.Path(options.save).write_text(json.dumps(measured, indent=1))
    if "figures" in tables:
        write("figures of scheduler_perf", figures(measured["figures"]))
    if "scaling" in tables:
        write("scaling of scheduler_perf", scaling(measured["adaptive"], measured["whole"]))


main()
