"""Telling people of something: the one place where their notifications and mails are made ready.

Both belong to the open transaction: what is rolled back was never told. A mail says no more than
that there is something; a notification holds its kind and the id of the row, and gets its words
when it is shown (accounts/notification_page.py).
"""

from collections.abc import Callable, Iterable
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Model
from django.utils import translation

from accounts.models import Notification, NotificationKind, User
from portal.post import send_soon

# The subject and the text of a mail, in the language that is active.
Words = Callable[[], tuple[str, str]]
Post = Callable[[EmailMessage], object]


def when_committed(message: EmailMessage) -> None:
    """Beside the request: a mail server that is away must not hold up or undo the act."""
    transaction.on_commit(partial(send_soon, message))


def at_once(message: EmailMessage) -> None:
    """For the clock, which tries again later. Raises OSError, SMTPException."""
    message.send()


def tell(
    people: Iterable[User],
    kind: NotificationKind,
    about: Model,
    words: Words,
    *,
    post: Post = when_committed,
    in_digest: bool = False,
) -> None:
    """Notify people of a row of the agency in whose scope this runs, and mail each of them.

    `in_digest` says that who has chosen one e-mail for all that waits finds it there
    (accounts/services/digests.py) and gets no mail of its own.
    """
    told = list(people)
    notify(told, kind, about)
    for user in told:
        if not (in_digest and user.digest):
            post(mail_to(user, words))


def notify(people: Iterable[User], kind: NotificationKind, about: Model) -> None:
    """The notifications alone, where mails go to addresses that need not be anybody's here."""
    Notification.objects.bulk_create(
        Notification(
            user=user,
            kind=kind,
            subject_type=str(about._meta.model_name),
            subject_id=str(about.pk),
        )
        for user in people
    )


def mail_to(user: User, words: Words) -> EmailMessage:
    """A mail in the language of its reader."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        subject, text = words()
    # A line break in a header is an attack, or a mistake in a name.
    subject = " ".join(subject.splitlines())
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email])
