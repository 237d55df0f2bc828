"""The closed lists about requests of data subjects."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestKind(models.TextChoices):
    ACCESS = "access", _("Access: what is held about me")
    CORRECTION = "correction", _("Correction: something is wrong")
    ERASURE = "erasure", _("Erasure: what is held is to be deleted")


class RequestState(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("state of a request", "Received")
    IDENTITY = "identity", pgettext_lazy("state of a request", "Identity check")
    WAITING = "waiting", pgettext_lazy("state of a request", "Waiting for the person")
    IN_WORK = "in_work", pgettext_lazy("state of a request", "In work")
    DECIDED = "decided", pgettext_lazy("state of a request", "Decided")
    WITHDRAWN = "withdrawn", pgettext_lazy("state of a request", "Withdrawn")
    LAPSED = "lapsed", pgettext_lazy("state of a request", "Lapsed")


OPEN_STATES = ("received", "identity", "waiting", "in_work")
# The trigger oversight_guard_request refuses every other way.
WAYS = (
    ("received", "identity"),
    ("received", "in_work"),
    ("identity", "waiting"),
    ("identity", "in_work"),
    ("waiting", "identity"),
    ("waiting", "in_work"),
    ("in_work", "waiting"),
    ("in_work", "identity"),
    ("in_work", "decided"),
    ("waiting", "lapsed"),
    *((state, "withdrawn") for state in OPEN_STATES),
)


class Channel(models.TextChoices):
    PAGE = "page", pgettext_lazy("how a request came", "The public page")
    POST = "post", pgettext_lazy("how a request came", "Post")
    EMAIL = "email", pgettext_lazy("how a request came", "E-mail")
    IN_PERSON = "in_person", pgettext_lazy("how a request came", "In person")
    OTHER = "other", pgettext_lazy("how a request came", "Another way")


class Reach(models.TextChoices):
    EMAIL = "email", _("By e-mail")
    POST = "post", _("By post")


class IdentityMethod(models.TextChoices):
    """How somebody was satisfied; no copy of any document is kept."""

    SEEN = "seen", _("Seen in person, with a document")
    DOCUMENT = "document", _("Document shown, nothing kept of it")
    KNOWN = "known", _("Known to the agency already")
    FACTS = "facts", _("Facts that only the person knows")
    AUTHORITY = "authority", _("Representative: authority and identity checked")


class RequestOutcome(models.TextChoices):
    GRANTED = "granted", pgettext_lazy("outcome of a request", "Granted")
    PARTLY = "partly", pgettext_lazy("outcome of a request", "Granted in part")
    REFUSED = "refused", pgettext_lazy("outcome of a request", "Refused")


class RefusalGround(models.TextChoices):
    IDENTITY = "identity", _("It was not shown that the request comes from the person concerned.")
    UNFOUNDED = "unfounded", _("The request is manifestly unfounded.")
    EXCESSIVE = "excessive", _("The request is excessive, because it repeats earlier ones.")
    LAW = "law", _("The law obliges or allows the agency to refuse the request.")
    NOT_OURS = "not_ours", _("The agency does not answer for what the request is about.")


class Withheld(models.TextChoices):
    """What a letter leaves out; it reads the same as if there were nothing."""

    NOTHING = "", _("Nothing")
    OPEN_CASES = "open_cases", _("Searches in cases that are open")
    SEARCHES = "searches", _("All searches, and who received something of them")
    EVERYTHING = "everything", _("Everything, also that there are pictures")


class WithheldGround(models.TextChoices):
    """Directive (EU) 2016/680, Article 15(1), (a) to (e)."""

    INQUIRIES = "inquiries", _("It would obstruct official or legal inquiries")
    OFFENCES = "offences", _("It would prejudice the prevention or prosecution of offences")
    PUBLIC_SECURITY = "public_security", _("It would endanger public security")
    NATIONAL_SECURITY = "national_security", _("It would endanger national security")
    OTHERS = "others", _("It would harm the rights of others")


class SentHow(models.TextChoices):
    LINK = "link", pgettext_lazy("how a letter was sent", "By the link")
    POST = "post", pgettext_lazy("how a letter was sent", "By post")
    HANDED = "handed", pgettext_lazy("how a letter was sent", "Handed over")


class NoteKind(models.TextChoices):
    NOTE = "note", pgettext_lazy("note on a request", "Note of the agency")
    MESSAGE = "message", pgettext_lazy("note on a request", "Message of the person")
    REPLY = "reply", pgettext_lazy("note on a request", "Message to the person")


class LetterAbout(models.TextChoices):
    DECISION = "decision", _("Decision")
    ERASED = "erased", _("Erasure done")
