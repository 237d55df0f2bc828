"""Writing an evaluation into a folder: JSON, CSV, page and PDF."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from evaluation.evaluating import Result, Task
from evaluation.faults import EvaluationFault
from evaluation.report.csv_files import write_csv_files
from evaluation.report.parts import Section
from evaluation.report.sections import facts, sections
from searches.documents.printing import compile_pdf, words

TEMPLATES = Path(__file__).parent.parent / "templates/evaluation"


def prepare_folder(out: Path) -> None:
    """Make the folder before hours of work are lost. Raises EvaluationFault("out_not_writable")."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".candor-evaluation"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvaluationFault("out_not_writable", path=out, reason=reason) from error


def write_all(
    out: Path, task: Task, results: Sequence[Result], document: dict[str, Any]
) -> list[str]:
    """Write every file; returns their names. Raises EvaluationFault("out_not_writable")."""
    made, before = sections(document), facts(document)
    context = {"document": document, "sections": made, "facts": before}
    try:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        (out / "evaluation.json").write_text(f"{text}\n", encoding="utf-8")
        page = render_to_string("evaluation/report.html", context)
        (out / "report.html").write_text(page, encoding="utf-8")
        (out / "report.pdf").write_bytes(_pdf(document, made, before))
        write_csv_files(out, task, results)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvaluationFault("out_not_writable", path=out, reason=reason) from error
    return sorted(path.name for path in out.iterdir() if path.is_file())


def _pdf(
    document: dict[str, Any], made: Sequence[Section], before: Sequence[tuple[str, str]]
) -> bytes:
    at = datetime.fromisoformat(document["made_at"])
    data = {
        "date": {"year": at.year, "month": at.month, "day": at.day},
        "facts": [{"name": name, "value": words(value)} for name, value in before],
        "limits": document["limits"],
        "sections": [
            {
                "title": words(section.title),
                "text": section.text,
                "plot": section.plot,
                "alt": section.plot_title,
                "tables": [
                    {
                        "header": [words(cell) for cell in table.header],
                        "rows": [[words(cell) for cell in row] for row in table.rows],
                    }
                    for table in section.tables
                ],
            }
            for section in made
        ],
    }
    return compile_pdf(TEMPLATES / "typst/report.typ", data, at)
