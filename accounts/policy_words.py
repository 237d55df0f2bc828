"""The security policies in plain words: what each is, what it is for, and its value."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise

Words = str | StrPromise

# A label and an explanation for each policy, in the order of the page.
WORDS: dict[str, tuple[Words, Words]] = {
    "idle_minutes": (
        gettext_lazy("Idle time"),
        gettext_lazy("Whoever does nothing for so long has to log in again."),
    ),
    "session_hours": (
        gettext_lazy("Longest log-in"),
        gettext_lazy("After so long everybody has to log in again."),
    ),
    "reauthentication_minutes": (
        gettext_lazy("Proof before dangerous acts"),
        gettext_lazy("So long after a log-in, a dangerous act does not ask for it again."),
    ),
    "lock_failures": (
        gettext_lazy("Failures until the lock"),
        gettext_lazy(
            "So many failed log-ins lock a person's log-in until an administrator releases it."
        ),
    ),
    "lock_window_minutes": (
        gettext_lazy("Window of the failures"),
        gettext_lazy("For so long a failed log-in counts. A longer window is tighter."),
    ),
    "disable_after_days": (
        gettext_lazy("Unused accounts"),
        gettext_lazy("Log-in is disabled for people who have not logged in for so long."),
    ),
    "token_max_days": (
        gettext_lazy("Life of API tokens"),
        gettext_lazy("New tokens expire after so long at the latest."),
    ),
    "invitation_days": (
        gettext_lazy("Life of invitations"),
        gettext_lazy("The link of a new invitation works for so long."),
    ),
    "passkey_required": (
        gettext_lazy("Passkeys only"),
        gettext_lazy("A passkey or security key is needed to log in; an app's code is not enough."),
    ),
    "single_sign_on_required": (
        gettext_lazy("Single sign-on only"),
        gettext_lazy("People log in through the agency's own identity provider only."),
    ),
    "authorize_every_search": (
        gettext_lazy("Authorize every search"),
        gettext_lazy(
            "A supervisor authorizes each search before it is done, also an initial identification"
            " on stated facts."
        ),
    ),
    "lend_examiners": (
        gettext_lazy("Our examiners may be lent"),
        gettext_lazy(
            "A supervisor of another agency may ask one of your examiners to examine one search of"
            " theirs, for a time. Off is tighter: it ends what is lent at once."
        ),
    ),
    "banner_en": (
        gettext_lazy("Notice in English"),
        gettext_lazy("What everybody accepts after each log-in. Empty: the standard text."),
    ),
    "banner_fr": (
        gettext_lazy("Notice in French"),
        gettext_lazy("The same for people who use Candor in French. Empty: the standard text."),
    ),
}


def value_in_words(name: str, value: Any) -> str:
    """Such as "30 minutes", "Yes" or the text of a notice."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name.endswith("_minutes"):
        return ngettext("%(n)s minute", "%(n)s minutes", value) % {"n": value}
    if name.endswith("_hours"):
        return ngettext("%(n)s hour", "%(n)s hours", value) % {"n": value}
    if name.endswith("_days"):
        return ngettext("%(n)s day", "%(n)s days", value) % {"n": value}
    if name == "lock_failures":
        return ngettext("%(n)s failure", "%(n)s failures", value) % {"n": value}
    return str(value) or _("Standard text")


def bound_in_words(name: str, value: Any) -> str:
    """What the installation allows at most, or at least where longer is tighter."""
    words = {"value": value_in_words(name, value)}
    if name == "lock_window_minutes":
        return _("at least %(value)s") % words
    return _("at most %(value)s") % words
