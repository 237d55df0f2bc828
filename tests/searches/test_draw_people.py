"""`manage.py draw_people`: a folder to import and pictures to search with."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def test_draws_people_to_import_and_pictures_to_search_with(tmp_path: Path) -> None:
    call_command("draw_people", str(tmp_path / "new"), people=2, pictures=1, verbosity=0)
    drawn = [path.relative_to(tmp_path / "new") for path in (tmp_path / "new").rglob("*.jpg")]
    assert sorted(map(str, drawn)) == [
        "gallery/P-0001/01.jpg",
        "gallery/P-0002/01.jpg",
        "search/P-0001.jpg",
        "search/P-0002.jpg",
    ]
    pictures = {path.read_bytes() for path in (tmp_path / "new").rglob("*.jpg")}
    assert len(pictures) == 4, "a picture to search with is none of the gallery's"


def test_a_folder_that_has_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("draw_people", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize(("people", "pictures"), [(0, 1), (10_000, 1), (1, 0), (1, 1000)])
def test_numbers_out_of_range_draw_nothing(tmp_path: Path, people: int, pictures: int) -> None:
    with pytest.raises(CommandError, match="1 to 9999 people"):
        call_command("draw_people", str(tmp_path / "new"), people=people, pictures=pictures)
    assert not (tmp_path / "new").exists()
