"""One benchmark in a process of its own: `python -m tests.benchmarks.child NAME`."""

import json
import sys
from importlib import import_module

import django


def main(name: str) -> None:
    """Print the figures of bench_NAME as JSON on the last line."""
    django.setup()
    figures = import_module(f"tests.benchmarks.bench_{name}").run()
    print("\n" + json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
