"""The e-mail that tells a closed agency's administrators that their export can be fetched."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Agency, Membership, Offboarding, Role
from portal.tenancy import scope

logger = logging.getLogger(__name__)


def tell_of_export(agency: Agency, pk: int) -> None:
    """Tell each administrator where the export is, and until when.

    A mail server that is away loses the mail: the page says the same.
    """
    with scope(agency.pk):
        row = Offboarding.objects.get(pk=pk)
        admins = Membership.objects.filter(
            roles__contains=[Role.ADMIN], deactivated_at=None, user__is_active=True
        )
        people = [m.user for m in admins.select_related("user").order_by("user_id")]
    context = {
        "agency": agency,
        "deadline": row.deadline,
        "files": row.files_total,
        "link": settings.BASE_URL + reverse("closed_agencies"),
    }
    for person in people:
        with translation.override(person.language or settings.LANGUAGE_CODE):
            subject = _("%(agency)s: the export of all data is ready") % {"agency": agency.name}
            text = render_to_string("accounts/mails/export_ready.txt", context)
        try:
            # A line break in a header is an attack, or a mistake in a name.
            subject = " ".join(subject.split())
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [person.email])
        except (OSError, SMTPException) as error:
            logger.warning("Export of agency %s not told (%s)", agency.pk, type(error).__name__)
