"""An evaluation that is kept: on pages, reports and bundles of its agency, and nowhere else."""

import copy
import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency, User
from evaluation.faults import EvaluationFault
from evaluation.keeping import keep_evaluation
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.error_rates import evaluation_of, rates_in_words
from searches.models import EngineEvaluation
from tests.evaluation.kept import evaluation_json
from tests.factories import (
    engines_contract,
    make_gallery,
    make_image,
    make_search,
    person_jpeg,
)
from tests.searches.documents_cast import text_of, unpacked
from tests.searches.procedure import conclude, filled_gallery, make_office, searched
from tests.searches.test_report import pdf_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]
NAME = "Custody photographs of 2025"
MISSED = (
    "Where 9.94 % (6.00 to 14.00) of searches of strangers bring a candidate (FPIR), 2.47 % (0.62"
    " to 43.90) of searches for enrolled people miss them (FNIR)."
)


def keep(agency: Agency, document: dict[str, Any], name: str = NAME) -> list[EngineEvaluation]:
    data = json.dumps(document).encode()
    return keep_evaluation(actor=command_actor("test", agency.pk), document=data, name=name)


def test_what_was_measured_is_said_in_words(in_alder: Agency) -> None:
    assert rates_in_words(None) == ["not measured"]
    (row,) = keep(in_alder, evaluation_json())
    assert rates_in_words(row) == [
        "Measured on “Custody photographs of 2025”, 1 Nov 2026: 40 subjects, 163 pictures, a"
        " gallery of 40 people. The intervals are of 95 %.",
        MISSED,
        "Not the first candidate: 7.41 % (2.44 to 14.29) of searches for enrolled people.",
    ]
    assert "path" not in str(row.figures)
    assert "cmc" not in row.figures["identification"]


def test_the_gallery_says_it_and_other_agencies_do_not(
    in_alder: Agency, birch: Agency, ada: User, bob: User, client: Client
) -> None:
    gallery = make_gallery(in_alder)
    make_image(gallery, "A-1")
    address = reverse("gallery_scores", args=[gallery.pk])
    client.force_login(ada)
    assert "<p>not measured</p>" in client.get(address).content.decode()
    keep(in_alder, evaluation_json())
    assert MISSED in client.get(address).content.decode()
    with scope(birch.pk):
        assert evaluation_of(engines_contract().id) is None
        other = make_gallery(birch)
        make_image(other, "B-1")
    client.force_login(bob)
    page = client.get(reverse("gallery_scores", args=[other.pk])).content.decode()
    assert "<p>not measured</p>" in page


def test_a_report_says_what_was_known_at_the_conclusion(alder: Agency, tmp_path: Path) -> None:
    with scope(alder.pk):
        office, gallery = make_office(alder), filled_gallery(alder, 2)
        before = conclude(office, searched(office, person_jpeg(1), gallery))
        (row,) = keep(alder, evaluation_json())
        again = make_search(before.probe, [gallery], actor=office.actor("analyst"))
        after = conclude(office, again)
        assert "Error rates: not measured" in " ".join(text_of(pdf_of(before)).split())
        report = " ".join(text_of(pdf_of(after)).split())
        assert MISSED in report
        told = json.loads((unpacked(office, after, tmp_path) / "search.json").read_bytes())
        rates = told["engine"]["error_rates"]
        assert (rates["name"], rates["subjects"]) == (NAME, 40)
        assert rates["evaluation_sha256"] == row.document_sha256
        assert rates["identification"] == row.figures["identification"]


def test_it_is_kept_once_and_never_changes(in_alder: Agency) -> None:
    document = evaluation_json()
    (row,) = keep(in_alder, document)
    assert keep(in_alder, document, "Another name") == [row]
    entry = AuditEntry.objects.get(action=Action.EVALUATION_KEPT)
    digest = hashlib.sha256(json.dumps(document).encode()).hexdigest()
    contract = engines_contract().id
    assert entry.data == {"contract": contract, "name": NAME, "sha256": digest}
    for attack in (lambda: EngineEvaluation.objects.update(name="x"), row.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()
    (later,) = keep(in_alder, evaluation_json(subjects=41))
    assert evaluation_of(contract) == later
    assert evaluation_of(contract, until=row.kept_at) == row
    assert evaluation_of("another contract") is None


def test_what_is_refused_keeps_nothing(in_alder: Agency, ana: User, as_actor: Any) -> None:
    pairs = copy.deepcopy(evaluation_json())
    pairs["source"]["kind"] = "pairs"
    for document, name, code in (
        ({"format": "x"}, NAME, "evaluation_unreadable"),
        (evaluation_json() | {"version": 2}, NAME, "evaluation_unreadable"),
        ([], NAME, "evaluation_unreadable"),
        (pairs, NAME, "evaluation_of_pairs"),
        (evaluation_json(), " ", "evaluation_name"),
        (evaluation_json(), "x" * 201, "evaluation_name"),
    ):
        with pytest.raises(EvaluationFault) as caught:
            keep(in_alder, document, name)  # type: ignore[arg-type]
        assert caught.value.code == code
    data = json.dumps(evaluation_json()).encode()
    with pytest.raises(PermissionDenied):
        keep_evaluation(actor=as_actor(ana, in_alder), document=data, name=NAME)
    assert not EngineEvaluation.objects.exists()
    assert not AuditEntry.objects.filter(action=Action.EVALUATION_KEPT).exists()


def test_the_command_reads_what_evaluate_wrote(alder: Agency, tmp_path: Path) -> None:
    said = StringIO()
    options = {"agency": alder.slug, "name": NAME, "stdout": said}
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("keep_evaluation", str(tmp_path), **options)
    (tmp_path / "evaluation.json").write_text("no JSON")
    with pytest.raises(CommandError, match=r"^evaluation_unreadable:"):
        call_command("keep_evaluation", str(tmp_path), **options)
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation_json()))
    call_command("keep_evaluation", str(tmp_path), **options)
    assert said.getvalue() == f"Kept for {engines_contract().id}: {NAME}\n"
    with scope(alder.pk):
        assert EngineEvaluation.objects.get().name == NAME
