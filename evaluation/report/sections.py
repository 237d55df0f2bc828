"""The report's sections, made of the JSON document and shared by page and PDF."""

from typing import Any

from evaluation.rates import text_of
from evaluation.report.comparisons import accuracy, discard, verification
from evaluation.report.parts import Engines, Section, Table, label_of
from evaluation.report.searches import identification

SHOWN = 25
"""Rows of a list of pictures in the report; the CSV files have up to 1000."""


def sections(document: dict[str, Any]) -> list[Section]:
    """All parts of the report, in order; those that were not measured are left out."""
    engines = document["engines"]
    made = [
        _failures(engines),
        *identification(engines),
        *verification(engines),
        accuracy(engines),
        *discard(engines),
        _speed(engines),
        _resembling(engines),
        _nearly(engines),
    ]
    return [*made, _comparison(document)] if document["comparison"] else made


def facts(document: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured, on what and how, for the head of the report."""
    source, plan = document["source"], document["plan"]
    rows = [
        ("Made", f"{document['made_at']} with Candor {document['candor']}"),
        ("Folder", source["folder"]),
        ("Pairs", source["pairs_file"] or f"{source['pairs']} drawn from the folder"),
        (
            "Pictures",
            f"{source['pictures']} of {source['subjects']} subjects,"
            f" {source['subjects_with_two_pictures']} of them with two or more",
        ),
        ("SHA-256 of names and files", source["sha256"]),
        ("Enrolled", _ENROLLED[plan["enrol"]]),
        ("Several faces", _SEVERAL[plan["several"]]),
        (
            "Intervals",
            f"95 %, {plan['rounds']} rounds of drawing subjects anew, seed {plan['seed']}",
        ),
    ]
    for one in document["engines"]:
        about = one["engine"]
        rows.append((f"Engine {about['label']}", f"{about['scale']}, licence {about['licence']}"))
        rows.append(("its contract", about["contract"]))
    return rows


_ENROLLED = {
    "all": "every picture but the searched one; a subject is as similar as its best picture",
    "first": "the first picture of each subject that has a template",
}
_SEVERAL = {
    "refuse": "no template, as in enrolment (several_faces)",
    "largest": "the largest is taken",
}


def _failures(engines: Engines) -> Section:
    codes = sorted({row["code"] for one in engines for row in one["failures"]["reasons"]})
    rows = [["all reasons", *(text_of(one["failures"]["rate"]) for one in engines)]]
    for code in codes:
        found = [
            next((r["rate"] for r in one["failures"]["reasons"] if r["code"] == code), None)
            for one in engines
        ]
        rows.append([code, *("none" if rate is None else text_of(rate) for rate in found)])
    return Section(
        "Failure to enrol",
        "Pictures that gave no template, of all pictures, by the code of the reason.",
        [Table(["reason", *(label_of(one) for one in engines)], rows)],
    )


def _speed(engines: Engines) -> Section:
    rows = [
        [
            label_of(one),
            row["stage"],
            f"{row['median_ms']:.2f}",
            f"{row['p95_ms']:.2f}",
            str(row["measured"]),
        ]
        for one in engines
        for row in one["speed"]
    ]
    return Section(
        "Speed",
        "Milliseconds on this machine. Decode, detect and embed as the processes ran beside each"
        " other; search is one template against all templates of the folder in this program, not"
        " the portal's search in its database.",
        [Table(["engine", "stage", "median ms", "p95 ms", "measured"], rows)],
    )


def _resembling(engines: Engines) -> Section:
    rows = [
        [
            label_of(one),
            row["picture"],
            row["other_picture"],
            f"{row['own_similarity']:.4f}",
            f"{row['other_similarity']:.4f}",
        ]
        for one in engines
        for row in one["label_errors"]["resembling_another"][:SHOWN]
    ]
    header = ["engine", "picture", "resembles more", "own subject", "other subject"]
    return Section(
        "Labels to look at: more like another subject",
        "Pictures that are more like a picture of another subject than like any of their own: a"
        " wrong label, or an engine that errs. The clearest first; the rest is in"
        " label_errors.csv.",
        [Table(header, rows)],
    )


def _nearly(engines: Engines) -> Section:
    rows = [
        [
            label_of(one),
            row["picture"],
            row["other_picture"],
            "same file" if row["same_file"] else "same picture",
            f"{row['correlation']:.4f}",
        ]
        for one in engines
        for row in one["label_errors"]["nearly_the_same"][:SHOWN]
    ]
    header = ["engine", "picture", "and", "what", "correlation of pixels"]
    return Section(
        "Labels to look at: one picture under two subjects",
        "Equal files, and pictures that are equal after scaling.",
        [Table(header, rows)],
    )


def _comparison(document: dict[str, Any]) -> Section:
    rows = [
        [
            f"{part['engine']} - {part['against']}",
            row["rate"],
            f"{row['difference'] * 100:+.2f} ({row['low'] * 100:+.2f} to {row['high'] * 100:+.2f})",
            "yes" if row["differs"] else "not shown",
        ]
        for part in document["comparison"]
        for row in part["differences"]
    ]
    header = ["engines", "rate", "difference, percentage points", "differs"]
    return Section(
        "Engines compared",
        "Differences on the same pictures, failures counted as misses, with paired intervals: below"
        " 0 the engine named first errs less.",
        [Table(header, rows)],
    )
