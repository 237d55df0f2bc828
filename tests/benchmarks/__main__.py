"""`python -m tests.benchmarks [NAME ...] [--json]`: what Candor promises about speed, measured.

Ratios come from alternating runs on the same machine and travel; absolute times do not. A figure
over its budget is shown as such and is no error: exit status 1 means that something did not run.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks.budgets import BUDGETS
from tests.benchmarks.installation import temporary_installation

ROOT = Path(__file__).resolve().parents[2]
NAMES = [path.stem.removeprefix("bench_") for path in sorted(Path(__file__).parent.glob("bench_*"))]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value beside what was promised; `verdict` is "OK", "over" or "-" (no budget)."""

    benchmark: str
    name: str
    value: float
    budget: str
    verdict: str
    explanation: str


def judge(benchmark: str, name: str, value: float, explanation: str) -> Figure:
    budget = BUDGETS.get(benchmark, {}).get(name)
    if budget is None:
        return Figure(benchmark, name, value, "-", "-", explanation)
    verdict = "OK" if budget.is_met(value) else "over"
    return Figure(benchmark, name, value, str(budget), verdict, explanation)


def measure(benchmark: str, environment: dict[str, str]) -> list[Figure]:
    """Run one benchmark. Raises RuntimeError when it fails or leaves a promised figure out."""
    command = [sys.executable, "-m", "tests.benchmarks.child", benchmark]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"bench_{benchmark} ended with status {done.returncode}")
    figures = [judge(benchmark, *row) for row in json.loads(done.stdout.splitlines()[-1])]
    missing = BUDGETS.get(benchmark, {}).keys() - {figure.name for figure in figures}
    if missing:
        raise RuntimeError(f"bench_{benchmark} did not measure {', '.join(sorted(missing))}")
    return figures


def load() -> str:
    """How busy the machine is: other work bends absolute times and hardly bends ratios."""
    one, five, fifteen = os.getloadavg()
    return f"{os.cpu_count()} cores, load average {one:.1f} {five:.1f} {fifteen:.1f}"


def show(figures: list[Figure]) -> None:
    for figure in figures:
        digits = 4 if 0.9 < figure.value <= 1 else 2  # 0.998 of a recall is not 1
        value, budget = f"{figure.value:,.{digits}f}", figure.budget
        print(f"{figure.name:<38}{value:>12}  {budget:>10}  {figure.verdict:<5}")
        print(f"    {figure.explanation}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(NAMES)}")
    before, figures, failures = load(), list[Figure](), list[str]()
    if not options.json:
        print(f"{before}\n{'figure':<38}{'value':>12}  {'budget':>10}")
    with temporary_installation() as environment:
        for name in options.names or NAMES:
            try:
                measured = measure(name, environment)
            except RuntimeError as error:
                failures.append(str(error))
                continue
            figures += measured
            if not options.json:
                show(measured)
    if options.json:
        rows = [asdict(figure) for figure in figures]
        print(json.dumps({"machine": before, "figures": rows, "failures": failures}, indent=2))
    else:
        print(load())
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
