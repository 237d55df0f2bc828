"""E-mails to people: plain text, in their language, without anything of a case."""

from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage, send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.licensing import Terms
from accounts.models import Agency, Invitation, LicenseVersion, SignOnDomain, User
from accounts.usage import Limit
from portal.post import send_soon


def send_invitation(invitation: Invitation, agency: str, token: str) -> None:
    """Send an invitation's link. Raises OSError when the mail server does not take it."""
    link = settings.BASE_URL + reverse("invitation", args=[token])
    context = {
        "agency": agency,
        "invited_by": invitation.invited_by_label,
        "link": link,
        "expires": timezone.localtime(invitation.expires_at),
        "zone": timezone.get_current_timezone_name(),
    }
    with translation.override(_language_of(invitation)):
        # A line break in a header is an attack, or a mistake in a name.
        subject = _("Invitation to %(agency)s") % {"agency": " ".join(agency.split())}
        text = render_to_string("accounts/mails/invitation.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email])


def send_license_alarm(agency: Agency, version: LicenseVersion) -> None:
    """Tell the platform's contact that a license is not what was signed. Raises OSError."""
    link = settings.BASE_URL + reverse("admin:accounts_license_change", args=[version.license_id])
    context = {"agency": agency.name, "version": version, "link": link}
    with translation.override(settings.LANGUAGE_CODE):
        text = render_to_string("accounts/mails/license_tampered.txt", context)
        subject = _("License %(number)s does not match its signature") % {
            "number": " ".join(version.license.number.split())
        }
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [settings.PLATFORM_CONTACT])


def tell_platform_of_domain(agency: Agency, domain: SignOnDomain) -> None:
    """Tell the platform's contact that a domain waits for its word, once that is committed.

    A contact that is no e-mail address is told nothing.
    """
    if "@" not in settings.PLATFORM_CONTACT:
        return
    link = settings.BASE_URL + reverse("admin:accounts_signondomain_change", args=[domain.pk])
    context = {"agency": agency.name, "domain": domain, "link": link}
    with translation.override(settings.LANGUAGE_CODE):
        text = render_to_string("accounts/mails/domain_proposed.txt", context)
        subject = _("The domain %(domain)s waits for confirmation") % {"domain": domain.domain}
    sender, to = settings.DEFAULT_FROM_EMAIL, [settings.PLATFORM_CONTACT]
    message = EmailMessage(subject, text, sender, to)
    transaction.on_commit(partial(send_soon, message))


def _language_of(invitation: Invitation) -> str:
    """A person's own language comes before the one the administrator chose for them."""
    own = User.objects.filter(email=invitation.email).values_list("language", flat=True).first()
    return own or invitation.language


def send_usage_warning(agency: Agency, limit: Limit, address: str, language: str) -> None:
    """Say that most of a limit is used. Raises OSError when the mail server does not take it."""
    link = settings.BASE_URL + reverse("usage")
    with translation.override(language or None):
        subject = _("%(percent)s %% of a license's limit is used") % {"percent": limit.percent}
        context = {"agency": agency, "limit": limit, "link": link}
        text = render_to_string("accounts/mails/usage_warning.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [address])


def send_license_reminder(agency: Agency, terms: Terms, address: str, language: str) -> None:
    """Say when the license ends. Raises OSError when the mail server does not take it."""
    link = settings.BASE_URL + reverse("license")
    with translation.override(language or None):
        subject = _("License %(number)s ends soon") % {"number": " ".join(terms.number.split())}
        context = {"agency": agency, "terms": terms, "link": link}
        text = render_to_string("accounts/mails/license_ending.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [address])


def tell_of_security(user: User, name: str, *, source: str) -> None:
    """Tell a person by the texts accounts/mails/NAME_*.txt what happened to their account.

    Leaves once the transaction commits; a mail server that does not answer undoes nothing.
    """
    facts = {"timestamp": timezone.now(), "ip": source, "base_url": settings.BASE_URL}
    with translation.override(user.language or None):
        subject = render_to_string(f"accounts/mails/{name}_subject.txt", facts).strip()
        text = render_to_string(f"accounts/mails/{name}_message.txt", facts)
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email])
    transaction.on_commit(partial(send_soon, message))
