"""Mails that leave beside the request: how long a page takes must not tell who has an account."""

import logging
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)
# One thread: mails leave in order, and a slow server holds one of them up at a time. The
# interpreter waits for it at its end.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="post")


def send_soon(message: EmailMessage) -> None:
    """Hand a mail to the sending thread. What fails is in the log, without the address."""
    _sender.submit(_send, message)


def wait_until_sent() -> None:
    """Return once everything handed over before is sent."""
    _sender.submit(lambda: None).result()


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (OSError, SMTPException) as error:
        # Without its subject: it may repeat what somebody wrote.
        logger.warning("A mail was not sent (%s)", type(error).__name__)
