"""docs/security.md leaves out no item of OWASP ASVS 5.0.0 level 2, and its evidence is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
VERDICTS = ("met", "in part", "not met", "n/a")
ROW = re.compile(r"^\| (V[\d.]+) \| (\d) \| (.+?) \| (.+?) \| (.*) \|$", re.MULTILINE)
PATHS = re.compile(r"`([\w.]+/[\w./-]+|pyproject\.toml|requirements\.txt)`")
# Of each section the items of level 1, and those that level 2 adds (the standard's own file,
# 5.0/docs_en/OWASP_Application_Security_Verification_Standard_5.0.0_en.csv).
ITEMS = """
V1.1: / 1 2
V1.2: 1 2 3 4 5 / 6 7 8 9
V1.3: 1 2 / 3 4 5 6 7 8 9 10 11
V1.4: / 1 2 3
V1.5: 1 / 2
V2.1: 1 / 2 3
V2.2: 1 2 / 3
V2.3: 1 / 2 3 4
V2.4: / 1
V3.2: 1 2 /
V3.3: 1 / 2 3 4
V3.4: 1 2 / 3 4 5 6
V3.5: 1 2 3 / 4 5
V3.7: / 1 2
V4.1: 1 / 2 3
V4.2: / 1
V4.3: / 1 2
V4.4: 1 / 2 3 4
V5.1: / 1
V5.2: 1 2 / 3
V5.3: 1 2 /
V5.4: / 1 2 3
V6.1: 1 / 2 3
V6.2: 1 2 3 4 5 6 7 8 / 9 10 11 12
V6.3: 1 2 / 3 4
V6.4: 1 2 / 3 4
V6.5: / 1 2 3 4 5
V6.6: / 1 2 3
V6.8: / 1 2 3 4
V7.1: / 1 2 3
V7.2: 1 2 3 4 /
V7.3: / 1 2
V7.4: 1 2 / 3 4 5
V7.5: / 1 2
V7.6: / 1 2
V8.1: 1 / 2
V8.2: 1 2 / 3
V8.3: 1 /
V8.4: / 1
V9.1: 1 2 3 /
V9.2: 1 / 2 3 4
V10.1: / 1 2
V10.2: / 1 2
V10.3: / 1 2 3 4
V10.4: 1 2 3 4 5 / 6 7 8 9 10 11
V10.5: / 1 2 3 4 5
V10.6: / 1 2
V10.7: / 1 2 3
V11.1: / 1 2
V11.2: / 1 2 3
V11.3: 1 2 / 3
V11.4: 1 / 2 3 4
V11.5: / 1
V11.6: / 1
V12.1: 1 / 2 3
V12.2: 1 2 /
V12.3: / 1 2 3 4
V13.1: / 1
V13.2: / 1 2 3 4 5
V13.3: / 1 2
V13.4: 1 / 2 3 4 5
V14.1: / 1 2
V14.2: 1 / 2 3 4
V14.3: 1 / 2 3
V15.1: 1 / 2 3
V15.2: 1 / 2 3
V15.3: 1 / 2 3 4 5 6 7
V16.1: / 1
V16.2: / 1 2 3 4 5
V16.3: / 1 2 3 4
V16.4: / 1 2 3
V16.5: / 1 2 3
V17.1: / 1
V17.2: / 1 2 3 4
V17.3: / 1 2
"""
ROWS = ROW.findall(PAGE.read_text())


def wanted() -> list[tuple[str, str]]:
    """Number and level of every item, in the standard's order."""
    found = []
    for line in ITEMS.split("\n")[1:-1]:
        section, _, items = line.partition(": " if ": " in line else ":")
        for level, numbers in zip("12", items.split("/"), strict=True):
            found += [(f"{section}.{number}", level) for number in numbers.split()]
    return found


def test_every_item_stands_there_once_with_its_level() -> None:
    assert [(number, level) for number, level, *_ in ROWS] == wanted()
    assert [level for _, level in wanted()].count("1") == 70
    assert len(wanted()) == 253


def faults_of(verdict: str, asked: str, evidence: str) -> list[str]:
    named = PATHS.findall(evidence)
    found = [f"{path} is not there" for path in named if not (ROOT / path).exists()]
    if verdict not in VERDICTS:
        found.append(f"no verdict: {verdict}")
    if not asked.strip() or not evidence.strip():
        found.append("an empty cell")
    if verdict == "met" and not named and "](" not in evidence:
        found.append("met by what?")
    return found


def test_every_item_has_a_verdict_and_evidence_that_is_there() -> None:
    wrong = {row[0]: faults_of(row[3], row[2], row[4]) for row in ROWS}
    assert {number: faults for number, faults in wrong.items() if faults} == {}


def test_a_row_without_evidence_is_noticed() -> None:
    assert faults_of("met", "x", "surely") == ["met by what?"]
    assert faults_of("met", "x", "`tests/nowhere.py`") == ["tests/nowhere.py is not there"]
    assert faults_of("fine", "x", "[page](x.md)") == ["no verdict: fine"]
    assert faults_of("n/a", "x", " ") == ["an empty cell"]
