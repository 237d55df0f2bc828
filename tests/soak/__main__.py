"""`python -m tests.soak`: a long soak, whose report is printed. Exit status 1: something broke."""

import argparse
import os
import secrets
import signal
import sys
from pathlib import Path
from types import FrameType

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402

from searches.model_building import build_open_models  # noqa: E402
from tests.soak.fleet import fleet  # noqa: E402
from tests.soak.plan import planned  # noqa: E402
from tests.soak.report import report  # noqa: E402
from tests.soak.soaking import soak  # noqa: E402

WARM_UP = 60.0


def _stop(number: int, frame: FrameType | None) -> None:
    """What was started is ended before this process."""
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--searches", type=int, default=10_000)
    parser.add_argument("--enrolments", type=int, default=20_000)
    parser.add_argument("--faults", type=int, default=400)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6) + 1)
    parser.add_argument("--hours", type=float, default=12.0, help="after which users go home")
    parser.add_argument("--embedded-broker", action="store_true", help="instead of Redis")
    said = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    plan = planned(
        *(said.searches, said.enrolments, said.faults, said.seed),
        embedded_broker=said.embedded_broker,
    )
    print(f"seed {plan.seed}", flush=True)
    models = Path(settings.MODELS_DIR)
    build_open_models(models)
    with fleet(models, embedded_broker=plan.embedded_broker) as made:
        soaked = soak(made, plan, limit=said.hours * 3600, warm_up=WARM_UP)
    print(report(soaked))
    return 0 if soaked.holds else 1


if __name__ == "__main__":
    sys.exit(main())
