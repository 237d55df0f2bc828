"""Whoever has the database and not the key: every manipulation is found, and no honest one is."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.audit.candor_verify import FIRST
from portal.audit.canonical import moment
from tests.portal.attacks_on_record import NAIVE, SMART, Attack
from tests.portal.exports import examined, kinds
from tests.portal.record_model import KEYS, STRANGER, History, Key, honest, outside, signed

EACH = 40  # of 19 naive attacks: 760; and 400 smart ones
SMART_ONES = 400
HONEST = 1000


def published(chance: random.Random) -> tuple[History, dict[str, Any], int]:
    """An honest history, a checkpoint of it that somebody has, and how many links that covers."""
    while True:
        history = honest(chance)
        known = history.checkpoints[-1]
        if (covered := known["document"]["entries"]) >= 3:
            return history, known, covered


def up_to_the_last_signer(history: History) -> list[Key]:
    """The keys by which these checkpoints count: one that signed none yet vouches for none."""
    ids = [key.id for key in history.keys]
    return history.keys[: ids.index(history.checkpoints[-1]["key_id"]) + 1]


@pytest.mark.parametrize("attack", NAIVE, ids=lambda attack: attack.__name__)
def test_every_naive_manipulation_is_found_by_its_kind(attack: Attack) -> None:
    chance = random.Random(attack.__name__)
    for turn in range(EACH):
        history, known, covered = published(chance)
        expected = attack(history, chance, covered)
        found = kinds(history.files(), outside=outside(known), keys=[KEYS[0].public])
        assert found & expected, (turn, expected, found)


def test_every_smart_manipulation_is_found_by_one_published_checkpoint() -> None:
    chance = random.Random("smart")
    for turn in range(SMART_ONES):
        history, known, covered = published(chance)
        earlier = history.copy()
        attack = chance.choice(SMART)
        named = attack(history, chance, covered)
        options = {"outside": outside(known), "keys": [KEYS[0].public]}
        found = kinds(history.files(), **options)
        assert found & {"rewritten", "truncated"}, (turn, attack.__name__, found)
        assert not found & {"changed", "broken", "removed", "damaged"}, (turn, found)
        # An earlier export of the same record names what was done.
        _, later = examined(earlier.files(), history.files(), keys=[KEYS[0].public])
        assert named <= later.kinds(), (turn, named, later.findings)


def test_an_earlier_export_names_what_was_done_and_nothing_else() -> None:
    history = honest(random.Random(3), rotations=False)
    for _ in range(4):
        history.write()
    history.sign()
    earlier = history.files()
    entry = history.links[4]["entry"]
    entry["source"] = "10.9.9.9"
    gone = history.links.pop(7)["entry"]
    history.recompute()
    history.checkpoints = []
    history.write()
    history.sign()
    _, later = examined(earlier, history.files())
    texts = {f.kind: f.text for f in later.findings}
    assert set(texts) == {"changed", "removed"}
    assert texts["changed"].startswith(f"entry {entry['id']} (number 5) in export 0")
    assert texts["removed"].startswith(f"entry {gone['id']} (number 8) in export 0")


def test_findings_say_where() -> None:
    chance = random.Random(5)
    history, known, _covered = published(chance)
    entry = history.links[1]["entry"]
    entry["source"] = "10.9.9.9"
    (report,) = examined(history.files(), outside=outside(known))
    assert report.findings[0] == ("changed", f"entry {entry['id']} (number 2, line 2)")
    history.recompute()
    history.checkpoints = []
    (report,) = examined(history.files(), outside=outside(known))
    (text,) = [f.text for f in report.findings if f.kind == "rewritten"]
    number, last = known["document"]["number"], known["document"]["entries"]
    assert f"checkpoint {number} (" in text
    assert f"between numbers 1 and {last} was changed, removed, inserted or reordered" in text


def test_no_honest_history_gives_a_false_alarm() -> None:
    chance = random.Random("honest")
    for turn in range(HONEST):
        history = honest(chance, rounds=4)
        known = chance.choice(history.checkpoints)
        sources = [history.files()]
        shape = chance.randrange(5)
        if shape == 1:  # a filtered export
            sources = [history.files(lambda entry: entry["action"] == "login")]
        elif shape == 2:  # a segment, beside the whole
            sources.append(history.files(start=chance.randrange(len(history.links))))
        elif shape == 3:  # the same record, later
            history.write()
            if chance.random() < 0.5:
                history.rotate()
            history.sign()
            sources.append(history.files())
        elif shape == 4:  # and what is not signed yet
            history.write()
            sources = [history.files()]
        key = chance.choice(up_to_the_last_signer(history)) if shape < 2 else history.keys[0]
        options: dict[str, Any] = {} if chance.random() < 0.3 else {"keys": [key.public]}
        if key.id == history.keys[0].id:
            options["outside"] = outside(known)
        reports = examined(*sources, **options)
        assert [r.findings for r in reports] == [[] for _ in sources], (turn, shape)


def test_what_nothing_covers_is_said_and_not_called_right() -> None:
    history = honest(random.Random(8))
    known = history.checkpoints[-1]
    history.checkpoints = []
    assert kinds(history.files()) == {"uncovered"}
    short = history.files(start=2)
    assert kinds(short, outside=outside(known)) == set()
    history.links[0]["head"] = FIRST
    assert "broken" in kinds(history.files(), outside=outside(known))


def grown(seed: int) -> History:
    """An honest record under three checkpoints."""
    history = History(random.Random(seed))
    for _ in range(3):
        history.write()
        history.sign()
    return history


@pytest.mark.parametrize(("minutes", "found"), [(59, set()), (61, {"backdated"})])
def test_an_act_may_last_an_hour_and_no_longer(minutes: int, found: set[str]) -> None:
    history = grown(1)
    at = datetime.fromisoformat(history.checkpoints[-1]["document"]["at"])
    history.append({**history.entry(), "at": moment(at - timedelta(minutes=minutes))})
    assert kinds(history.files()) == found


def test_a_checkpoint_cannot_borrow_the_name_of_a_key() -> None:
    history = grown(2)
    forged = signed(history.checkpoints[-1]["document"], STRANGER)
    history.checkpoints[-1] = {**forged, "key_id": KEYS[0].id}
    assert kinds(history.files(), keys=[KEYS[0].public]) == {"signature"}


def test_a_checkpoint_that_was_taken_out_of_the_middle_is_missed() -> None:
    history = grown(3)
    del history.checkpoints[1]
    assert kinds(history.files()) == {"checkpoint"}


def test_a_checkpoint_of_another_record_is_no_check_of_this_one() -> None:
    history, other = grown(4), grown(5)
    other.agency = 12345
    other.recompute()
    other.checkpoints = []
    other.sign()
    assert kinds(history.files(), outside=outside(other.checkpoints[-1])) >= {"mixed"}


def test_a_checkpoint_over_less_than_the_one_before_shows_a_cut() -> None:
    history = grown(6)
    history.links = history.links[:1]
    history.sign()
    while len(history.links) < 60:
        history.write()
    assert "truncated" in kinds(history.files())
