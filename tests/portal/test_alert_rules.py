"""The alert rules and the dashboard ask for numbers that there are, with labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from portal.metrics.instruments import REGISTRY
from portal.observing.rows import KINDS, Rows

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "observability"
LABELS_OF_PROMETHEUS = {"job", "le"}


def rules() -> list[dict[str, object]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, object]] = group["rules"]
    return found


def panels() -> Iterator[str]:
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def offered() -> dict[str, set[str]]:
    """Every name that a query may use -> its labels."""
    found: dict[str, set[str]] = {}
    for instrument in cast(Any, REGISTRY)._collector_to_names:
        kinds = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        for suffix in kinds[instrument._type]:
            labels = set(instrument._labelnames)
            found[instrument._name + suffix] = labels
    for family in Rows().collect():
        found[family.name] = {name for sample in family.samples for name in sample.labels}
    return found


def test_every_query_asks_for_what_there_is(db: None) -> None:
    known, used = offered(), set()
    for query in [*(str(rule["expr"]) for rule in rules()), *panels()]:
        names = set(re.findall(r"candor_\w+", query))
        assert names <= known.keys(), query
        used |= names
        asked = {part for by in re.findall(r"by \(([^)]+)\)", query) for part in by.split(", ")}
        asked |= set(re.findall(r"[{,](\w+)=", query))
        has = set().union(*(known[name] for name in names))
        assert asked <= has | LABELS_OF_PROMETHEUS, query
        kinds = re.search(r'kind=~?"([^"]+)"', query)
        assert kinds is None or set(kinds[1].split("|")) <= set(KINDS), query
    shown = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in used}
    assert {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in known} <= shown


def test_every_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    words = (ROOT / "docs" / "observability.md").read_text()
    for rule in rules():
        assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
        assert f"`{rule['alert']}`" in words


def test_every_number_is_documented(db: None) -> None:
    words = (ROOT / "docs" / "observability.md").read_text()
    plain = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in offered()}
    assert [name for name in sorted(plain) if f"`{name}" not in words] == []
