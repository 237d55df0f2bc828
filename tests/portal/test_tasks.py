"""What the clock and the bells ask for is there."""

import ast
from pathlib import Path

import pytest

from portal.celery import app
from portal.celeryconfig import beat_schedule

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "accounts", "searches", "galleries", "oversight")


def named_in_code() -> set[str]:
    """Every text in the code that names a task of a tasks module."""
    found = set()
    for name in APPS:
        for path in (ROOT / name).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= {node.value} if ".tasks." in node.value else set()
    return {text for text in found if text.split(".")[0] in APPS and " " not in text}


@pytest.mark.parametrize("name", sorted(named_in_code()))
def test_every_task_that_is_rung_for_is_registered(name: str) -> None:
    app.loader.import_default_modules()
    assert name in app.tasks


def test_every_task_of_the_clock_is_found_in_the_code() -> None:
    assert {entry["task"] for entry in beat_schedule.values()} <= named_in_code()
    assert len(named_in_code()) > 20
