"""How one checkpoint reaches a file, a mailbox or a web address."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Agency
from oversight.models import Destination, DestinationKind
from portal.audit.handing_out import checkpoint_file
from portal.audit.models import Checkpoint
from portal.outgoing import Outgoing


class NotDelivered(Exception):
    """The other side did not take it; the message is a short word for the page."""


def name_of(checkpoint: Checkpoint) -> str:
    return f"checkpoint-{checkpoint.number:08d}.json"


def write_file(folder: Path, checkpoint: Checkpoint) -> None:
    """A file of its own for each checkpoint; one that is there already is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(checkpoint)
    if path.exists():
        return
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        file.write(checkpoint_file(checkpoint))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


def _to_file(agency: Agency, destination: Destination, checkpoint: Checkpoint) -> None:
    write_file(Path(settings.PUBLISH_DIR) / agency.slug, checkpoint)


def _to_mail(agency: Agency, destination: Destination, checkpoint: Checkpoint) -> None:
    with translation.override("en"):
        facts = {"agency": agency.name, "number": checkpoint.number, "head": checkpoint.head}
        subject = _("%(agency)s: checkpoint %(number)s of the record") % facts
        text = (
            _(
                "The attached file is the signed head of the record of %(agency)s. Keep it: with"
                " it, anybody can show later whether the record was changed.\n\nHead: %(head)s"
            )
            % facts
        )
    message = EmailMessage(" ".join(subject.split()), text, to=[destination.target])
    message.attach(name_of(checkpoint), checkpoint_file(checkpoint), "application/json")
    message.send()


def _to_web(agency: Agency, destination: Destination, checkpoint: Checkpoint) -> None:
    with Outgoing(settings.PUBLISH_HOSTS, settings.PUBLISH_CA_FILE) as session:
        answer = session.post(
            destination.target,
            data=checkpoint_file(checkpoint),
            headers={"Content-Type": "application/json"},
        )
    if not 200 <= answer.status_code < 300:
        raise NotDelivered(f"HTTP {answer.status_code}")


CARRIERS: Mapping[str, Callable[[Agency, Destination, Checkpoint], None]] = {
    DestinationKind.FILE: _to_file,
    DestinationKind.EMAIL: _to_mail,
    DestinationKind.WEBHOOK: _to_web,
}
