"""Licences of all packages are known and allowed, and an SBOM without one of them is noticed."""

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.dependencies import (
    ACCEPTED,
    ALLOWED,
    ALLOWED_FOR_TOOLS,
    FLAWED,
    PAGE,
    UNANSWERED,
    judged,
    licence_of,
    locked,
    missing_in,
    page,
    pinned,
    serving,
    serving_pins,
    unjudged,
    unpinned_under,
)


def test_the_page_of_licences_is_current() -> None:
    assert PAGE.read_text() == page()


def test_every_licence_is_allowed() -> None:
    wrong, run_on = {}, serving()
    for name in pinned():
        allowed = ALLOWED if canonicalize_name(name) in run_on else ALLOWED_FOR_TOOLS
        if unjudged(licence_of(name), allowed):
            wrong[name] = licence_of(name)
    assert wrong == {}


@pytest.mark.parametrize("licence", ["unknown", "GPL-3.0-or-later", "MIT AND AGPL-3.0-only", ""])
def test_a_licence_that_nobody_judged_is_refused(licence: str) -> None:
    assert unjudged(licence, ALLOWED)


def test_what_candor_runs_on_is_pinned_through_and_through() -> None:
    """And the linter under the GPL is none of it."""
    run_on = serving()
    assert run_on - {canonicalize_name(name) for name in pinned()} == set()
    assert {"django", "sqlalchemy", "fido2", "insightface"} <= run_on
    assert not {"djlint", "pytest"} & run_on


@pytest.mark.parametrize("version", ["3.11.0", "3.11.2", "3.12.0", "3.13.0", "3.14.0"])
def test_every_python_is_pinned_as_much(version: str) -> None:
    """And insightface goes without its OpenCV (ADR 0005)."""
    assert unpinned_under(version) == {"opencv-python"}


def test_all_that_candor_runs_on_is_locked_to_hashes() -> None:
    """As it is tested, and no more. `make lock` writes it."""
    found = locked()
    assert sorted(found) == sorted(serving_pins())
    for name, hashes in found.items():
        assert hashes, name
        assert all(re.fullmatch("[0-9a-f]{64}", one) for one in hashes), name


def test_an_sbom_without_a_package_is_noticed(tmp_path: Path) -> None:
    components = [{"name": one.name, "version": one.version} for one in distributions()]
    whole, part = tmp_path / "whole.json", tmp_path / "part.json"
    whole.write_text(json.dumps({"components": components}))
    assert missing_in(whole) == []
    lost = [one for one in components if one["name"].lower() != "django"]
    part.write_text(json.dumps({"components": lost}))
    assert [one.split()[0] for one in missing_in(part)] == ["django"]


def report_of(tmp_path: Path, entries: list[object]) -> Path:
    report = tmp_path / "flaws.json"
    report.write_text(json.dumps({"dependencies": entries}))
    return report


def test_an_audit_that_nobody_answered_is_none(tmp_path: Path) -> None:
    """pip-audit says "No known vulnerabilities found" then, and ends with 0."""
    answered: list[object] = [{"name": n, "version": "1", "vulns": []} for n in pinned()]
    skipped = {"name": pinned()[0], "skip_reason": "not found"}
    assert judged(report_of(tmp_path, answered))[0] == 0
    assert judged(report_of(tmp_path, [skipped, *answered[1:]]))[0] == UNANSWERED
    assert judged(report_of(tmp_path, answered[1:]))[0] == UNANSWERED
    assert judged(tmp_path / "nothing.json")[0] == UNANSWERED
    (tmp_path / "broken.json").write_text("{")
    assert judged(tmp_path / "broken.json")[0] == UNANSWERED


def test_a_known_flaw_fails_until_somebody_has_judged_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaw = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["6.0"]}
    report = report_of(tmp_path, [{"name": "django", "version": "5.2.19", "vulns": [flaw]}])
    status, text = judged(report)
    assert (status, "django 5.2.19: PYSEC-2026-1" in text) == (FLAWED, True)
    monkeypatch.setitem(ACCEPTED, "CVE-2026-1", "only where it is served by itself")
    assert judged(report)[0] == UNANSWERED  # of the others nothing is known
