"""The end of an exercise: what the answers come to, and the certificate where a pass is one."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor, system_actor
from accounts.certificates import today_in
from accounts.models import Activity, Agency, TrainingCertificate
from accounts.permissions import Permission
from accounts.services.training import CertificateFacts, add_certificate
from portal.audit.actions import Action
from portal.audit.recorder import record
from training.evidence import result_pdf
from training.models import Exercise
from training.queries import rules_in_force, score_in
from training.scoring import Score


def finish(actor: Actor, exercise: Exercise) -> None:
    """End a locked exercise whose pairs are all answered, in the transaction of its last answer.

    A pass counts as a certificate where the agency had it so when the exercise began and has it
    so still: an admin who finds the exercises too easy stops those under way as well.
    """
    score = score_in(exercise)
    passed = score.passes(
        pass_percent=exercise.pass_percent,
        false_positives_allowed=exercise.false_positives_allowed,
    )
    certificate = _certificate(exercise, score) if passed and exercise.counted else None
    exercise.ended_at, exercise.passed = timezone.now(), passed
    exercise.certificate = certificate
    exercise.save(update_fields=["ended_at", "passed", "certificate"])
    facts = {
        "passed": passed,
        "right": score.right,
        "false_positives": score.false_positives,
        "false_negatives": score.false_negatives,
        "inconclusive": score.inconclusive,
        "certificate": certificate.pk if certificate else None,
    }
    record(actor, Action.EXERCISE_FINISHED, exercise, facts)


def _certificate(exercise: Exercise, score: Score) -> TrainingCertificate | None:
    """A certificate for examining from today on, its evidence a document of the result."""
    rules = rules_in_force()
    if not rules.counts:
        return None
    agency = Agency.objects.get(pk=exercise.agency_id)
    today = today_in(agency)
    # The agency's admin decided it with the rules; nobody who is here now does.
    right = frozenset({Permission.MANAGE_CERTIFICATES})
    issuing = replace(system_actor("proficiency", agency.pk), permissions=right)
    facts = CertificateFacts(
        activity=Activity.EXAMINE,
        title=_("Proficiency exercise with %(n)s pairs of drawn faces") % {"n": score.pairs},
        issuer=agency.name,
        issued_on=today,
        valid_until=today + timedelta(days=rules.certificate_days - 1),
    )
    evidence = result_pdf(agency, exercise, score, timezone.now())
    return add_certificate(
        actor=issuing, user_id=exercise.person_id, facts=facts, evidence=evidence
    )
