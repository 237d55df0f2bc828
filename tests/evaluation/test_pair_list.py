"""Lists of pairs: what is read, and what is refused with its line."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.faults import EvaluationFault
from evaluation.folder import read_folder
from evaluation.pair_drawing import draw_pairs
from evaluation.pair_list import read_pairs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve people of 1 to 4 files, named as those of LFW."""
    for number in range(12):
        name = f"Person_{number:02d}"
        (tmp_path / "in" / name).mkdir(parents=True)
        for picture in range(1, number % 4 + 2):
            (tmp_path / "in" / name / f"{name}_{picture:04d}.jpg").write_bytes(b"x")
    return tmp_path / "in"


def test_the_list_of_lfw(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    lines = ["2\t1", "Person_01\t1\t2", "Person_02\t1\tPerson_03\t4"]
    lines += ["Person_05\t1\t2", "Person_01\t2\tPerson_00\t1"]
    file.write_text("\n".join(lines))
    labelled, pairs = read_pairs(file, folder)
    assert pairs.same.tolist() == [True, False, True, False]
    assert pairs.fold.tolist() == [0, 0, 1, 1]
    assert labelled.names[pairs.second[1]] == "Person_03/Person_03_0004.jpg"
    assert labelled.subjects == [f"Person_{n:02d}" for n in (0, 1, 2, 3, 5)]


def test_csv_whose_folders_say_nothing_takes_subjects_from_the_lines(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
    file = tmp_path / "pairs.csv"
    file.write_text("first,second,same\na.jpg,b.jpg,1\nc.jpg,b.jpg,yes\na.jpg,d.jpg,0\n")
    labelled, pairs = read_pairs(file, None)
    assert pairs.same.tolist() == [True, True, False]
    assert labelled.subject_of.tolist() == [0, 0, 0, 1]
    assert pairs.fold.tolist() == [0, 1, 0]  # dealt out by kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "pairs_empty"),
        ("first,second\na,b", "line 1: the column same is missing"),
        ("first,second,same\na.jpg,b.jpg,1\na.jpg,b.jpg", "line 3: 3 values are needed"),
        ("first,second,same\na.jpg,b.jpg,maybe", "line 2: same is 'maybe'"),
        ("first,second,same,fold\na.jpg,b.jpg,1,x", "line 2: fold is 'x'"),
        ("first,second,same\na.jpg,b.jpg,1\n", "pairs that are the same"),
        ("first,second,same\na.jpg,b.jpg,0\n", "pairs that are different"),
        ("first,second,same\na.jpg,b.jpg,1\n\na.jpg,gone.jpg,0\n", "line 4:"),
        ("10 300\nPerson 1\n", "line 2: neither NAME n m nor NAME n OTHER m"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(EvaluationFault) as caught:
        read_pairs(tmp_path / "pairs.csv", None)
    assert said in f"{caught.value.code} {caught.value.message}"


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationFault) as caught:
        read_pairs(tmp_path / "none.csv", None)
    assert caught.value.code == "pairs_missing"


def test_drawn_folds_share_no_subject_and_are_balanced(folder: Path) -> None:
    labelled = read_folder(folder)
    pairs, again = draw_pairs(labelled, seed=7), draw_pairs(labelled, seed=7)
    assert (pairs.first == again.first).all()
    assert (pairs.second == again.second).all()
    subject = labelled.subject_of
    assert ((subject[pairs.first] == subject[pairs.second]) == pairs.same).all()
    met: dict[int, int] = {}
    for pictures in (pairs.first, pairs.second):
        for picture, fold in zip(pictures, pairs.fold, strict=True):
            assert met.setdefault(int(subject[picture]), int(fold)) == fold
    for fold in np.unique(pairs.fold):
        here = pairs.same[pairs.fold == fold]
        assert here.sum() * 2 >= len(here) > here.sum()
    listed = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert len(listed) == len(pairs.first)
