"""`manage.py evaluate` with the real engine on a small folder of drawn people.

No test here asks for the database, so that any access to it would fail.
"""

import csv
import json
import re
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

import evaluation
from evaluation.faults import FAULTS
from searches.engines.synthetic.folder import write_folder

SCHEMA = Path(evaluation.__file__).parent / "evaluation.schema.json"
DOCS = Path(settings.BASE_DIR) / "docs/evaluation.md"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight people of three pictures, with a wrong label, a picture that lies under two subjects
    (the same file, and a smaller copy), a person of one picture, and a text file."""
    folder = tmp_path_factory.mktemp("planted")
    write_folder(folder, people=8, pictures=3, first_seed=700)
    shutil.move(folder / "P-0700/01.jpg", folder / "P-0701/wrong.jpg")
    shutil.copy(folder / "P-0702/01.jpg", folder / "P-0703/same.jpg")
    copy = cv2.imread(str(folder / "P-0704/01.jpg"))
    assert copy is not None
    small = cv2.resize(copy, (340, 340), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "P-0705/small.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 75])
    for name in ("02.jpg", "03.jpg"):
        (folder / "P-0707" / name).unlink()
    (folder / "P-0706/notes.txt").write_text("no picture")
    return folder


def run(*arguments: object, out: Path, **options: Any) -> tuple[str, dict[str, Any]]:
    said = StringIO()
    options = {"processes": 1, "rounds": 100} | options
    call_command("evaluate", *map(str, arguments), out=out, stdout=said, **options)
    return said.getvalue(), json.loads((out / "evaluation.json").read_text())


@pytest.fixture(scope="module")
def made(
    planted: Path, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, dict[str, Any]]:
    """One run with two engines: the installed one, and its package named by its folder."""
    out = tmp_path_factory.mktemp("out")
    second = f"open:{models / 'open-1'}"
    said, document = run(planted, out=out, engine=["open", second])
    return out, said, document


def test_planted_errors_are_listed(made: tuple[Path, str, dict[str, Any]]) -> None:
    errors = made[2]["engines"][0]["label_errors"]
    resembling = {(row["picture"], row["other_subject"]) for row in errors["resembling_another"]}
    assert ("P-0701/wrong.jpg", "P-0700") in resembling
    assert ("P-0703/same.jpg", "P-0702") in resembling
    first = errors["resembling_another"][0]
    assert first["other_similarity"] - first["own_similarity"] > 0.02
    nearly = {(r["picture"], r["other_picture"]): r["same_file"] for r in errors["nearly_the_same"]}
    assert nearly == {
        ("P-0702/01.jpg", "P-0703/same.jpg"): True,
        ("P-0704/01.jpg", "P-0705/small.jpg"): False,
    }


def test_the_figures_follow_from_the_searches(made: tuple[Path, str, dict[str, Any]]) -> None:
    out, said, document = made
    one = document["engines"][0]
    with (out / "searches.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["engine"] == "open"]
    mated = [row for row in rows if row["mated"] == "1"]
    found = one["identification"]
    assert (len(rows), len(mated)) == (24, 23)
    assert (found["mated_searches"], found["non_mated_searches"]) == (23, 24)
    hit = found["investigation"][0]
    first = sum(row["rank"] == "1" for row in mated)
    assert hit["hit_rate"]["value"] == pytest.approx(first / 23, abs=1e-12)
    # The text file is a failed search of an enrolled person, and so a miss.
    assert hit["with_failures"]["value"] == pytest.approx(first / 24, abs=1e-12)
    assert hit["hit_rate"]["low"] <= hit["hit_rate"]["value"] <= hit["hit_rate"]["high"]
    assert found["investigation"][1]["hit_rate"]["value"] is None  # eight subjects, rank 20
    assert found["identification"][0]["fnir"]["value"] is None  # 24 of 30 searches needed
    published = found["published_threshold"]
    wrong = sum(float(row["other_similarity"]) >= published["threshold"] for row in rows)
    assert published["fpir"]["value"] == pytest.approx(wrong / 24, abs=1e-12)
    assert one["failures"]["rate"]["value"] == pytest.approx(1 / 25)
    assert [row["code"] for row in one["failures"]["reasons"]] == ["image_unknown_format"]
    assert [row["stage"] for row in one["speed"]] == ["decode", "detect", "embed", "search"]
    assert f"{first / 23:.2%}".replace("%", " %") in said


def test_equal_engines_do_not_differ(made: tuple[Path, str, dict[str, Any]]) -> None:
    document = made[2]
    labels = [one["engine"]["label"] for one in document["engines"]]
    assert labels == ["open", "open open-1"]
    (part,) = document["comparison"]
    assert {row["rate"] for row in part["differences"]} >= {"fte", "fnir_rank_1"}
    assert not any(row["differs"] or row["difference"] for row in part["differences"])


def test_what_is_written_keeps_its_schema(made: tuple[Path, str, dict[str, Any]]) -> None:
    out, said, document = made
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    names = {path.name for path in out.iterdir()}
    tables = ("cmc", "det", "roc", "discard", "searches", "pairs", "label_errors")
    files = {"evaluation.json", "report.html", "report.pdf", *(f"{name}.csv" for name in tables)}
    assert names == files
    page = (out / "report.html").read_text()
    assert page.count("<svg") == 3
    # Nothing runs and nothing is fetched.
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "P-0701/wrong.jpg" in page
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "open" in said


def test_the_pairs_that_were_drawn_can_be_measured_alone(
    made: tuple[Path, str, dict[str, Any]], planted: Path, tmp_path: Path
) -> None:
    _, document = run(planted, out=tmp_path, pairs=made[0] / "pairs.csv")
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    before, after = made[2]["engines"][0], document["engines"][0]
    assert document["source"]["kind"] == "pairs"
    for name in ("pairs", "lost", "folds"):
        assert after["accuracy"][name] == before["accuracy"][name]
    assert after["accuracy"]["accuracy"]["value"] == before["accuracy"]["accuracy"]["value"]
    assert after["identification"]["value"] is None
    assert after["verification"]["comparisons_within_subjects"] > 0


def refused(*arguments: object, out: Path, **options: Any) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("evaluate", *map(str, arguments), out=out, processes=1, **options)
    return str(caught.value)


def test_bad_input_is_refused_with_a_code(tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "in"
    assert refused(out=out).startswith("nothing_given:")
    assert refused(folder, out=out).startswith("folder_missing:")
    folder.mkdir()
    assert refused(folder, out=out).startswith("folder_empty:")
    (folder / "A").mkdir()
    for name in ("1.jpg", "2.jpg"):
        (folder / "A" / name).write_bytes(b"no picture")
    assert refused(folder, out=out).startswith("one_subject:")
    (folder / "A/2.jpg").rename(folder / "B.jpg")
    assert refused(folder, out=out).startswith("no_mates:")
    assert refused(folder, out=out, rounds=5).startswith("number_out_of_range: --rounds")
    assert refused(folder, out=out, engine=["guess"]).startswith("engine_unknown:")
    assert refused(folder, out=out, engine=["open", "open"]).startswith("engine_given_twice:")
    (folder / "B").mkdir()
    (folder / "B.jpg").rename(folder / "B/1.jpg")
    (folder / "B/2.jpg").write_bytes(b"")
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert refused(folder, out=blocked / "out").startswith("out_not_writable:")
    missing = refused(folder, out=out, engine=[f"open:{tmp_path / 'none'}"])
    assert missing.startswith("model_missing:")
    assert not list(out.glob("*"))


def test_a_folder_without_one_usable_picture_is_refused(models: Path, tmp_path: Path) -> None:
    for subject in ("A", "B"):
        (tmp_path / "in" / subject).mkdir(parents=True)
        for name in ("1.jpg", "2.jpg"):
            (tmp_path / "in" / subject / name).write_bytes(b"no picture")
    said = refused(tmp_path / "in", out=tmp_path / "out")
    assert said.startswith("no_templates: Engine open made templates of 0 of 4 pictures")
    assert said.endswith("image_unknown_format.")
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_code_is_documented(code: str) -> None:
    assert f"`{code}`" in DOCS.read_text()
