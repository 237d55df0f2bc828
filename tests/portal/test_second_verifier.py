"""Two verifiers that share no code come to the same verdict over the same exports."""

import ast
import random
from pathlib import Path

import pytest
import rfc8785

from accounts.actor import command_actor
from accounts.models import Agency
from portal import signing
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.handing_out import checkpoint_json
from portal.audit.recorder import record
from tests.portal import second_verifier
from tests.portal.attacks_on_record import NAIVE, SMART
from tests.portal.exports import exported, kinds
from tests.portal.record_model import KEYS, honest, outside
from tests.portal.test_record_export import any_value

TURNS = 300


def test_it_shares_nothing_with_the_first_or_the_portal() -> None:
    tree = ast.parse(Path(second_verifier.__file__).read_text())
    names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not [name for name in names if name and name.split(".")[0] in ("portal", "rfc8785")]


def test_its_canonical_form_is_rfc_8785_too() -> None:
    chance = random.Random(2)
    for _ in range(2000):
        document = {"value": any_value(chance)}
        assert second_verifier.write(document).encode() == rfc8785.dumps(document)


def test_both_agree_on_honest_and_on_manipulated_records() -> None:
    chance = random.Random("two")
    verdicts = set()
    for turn in range(TURNS):
        history = honest(chance)
        known = history.checkpoints[-1]
        covered = known["document"]["entries"]
        attack = chance.choice([None, *NAIVE, *SMART])
        if attack is not None and covered >= 3:
            attack(history, chance, covered)
        files = history.files()
        one = not kinds(files, outside=outside(known), keys=[KEYS[0].public])
        other = second_verifier.holds(files.files, KEYS[0].public, [known])
        assert one == other, (turn, attack)
        verdicts.add(one)
    assert verdicts == {True, False}


@pytest.mark.django_db
def test_both_agree_on_a_real_export(alder: Agency) -> None:
    clerk = command_actor("test", alder.pk)
    record(clerk, Action.CASE_HELD, content={"reason": "Zebra, à l’aube"})
    made = take_checkpoint(alder.pk)
    assert made is not None
    record(clerk, Action.CASE_VIEWED)
    files = exported(alder.pk, with_contents=True)
    key, published = signing.public_key_text(), checkpoint_json(made)
    assert kinds(files, keys=[key], outside=outside(published)) == set()
    assert second_verifier.holds(files.files, key, [published])
    files.files["record.jsonl"] = files.files["record.jsonl"].replace(
        b"case.viewed", b"case.closed"
    )
    assert "changed" in kinds(files, keys=[key])
    assert not second_verifier.holds(files.files, key, [published])
