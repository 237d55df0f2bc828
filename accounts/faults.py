"""What can go wrong for people and access: stable codes and words that say what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: dict[str, str | Promise] = {
    # API tokens
    "token_permission_not_held": _("A token can only do what you may do yourself."),
    "token_without_permission": _("Choose at least one permission for the token."),
    "token_days_out_of_range": _("That is longer than a token may live. Choose fewer days."),
    "token_missing": _("Send an API token: Authorization: Bearer candor_..."),
    "token_invalid": _("This is not a valid API token."),
    "token_expired": _("The API token has expired. Create a new one."),
    "token_revoked": _("The API token was revoked. Create a new one."),
    "token_access_ended": _("The token's owner has no access to the agency at present."),
    # training certificates
    "certificate_not_a_member": _("Choose a person of your agency."),
    "certificate_ends_early": _("The last day of validity must not lie before the day of issue."),
    "certificate_issued_later": _("The day of issue has not come yet."),
    "certificate_withdrawn": _("The certificate was withdrawn already."),
    "reason_missing": _("A reason is needed."),
    "evidence_empty": _("The file is empty. Choose the certificate again."),
    "evidence_too_large": _("The file is too large. Scan the certificate at a lower quality."),
    "evidence_not_accepted": _("The certificate must be a PDF, JPEG or PNG file."),
}


class Fault(Exception):
    """A request that cannot be met; nothing was changed. `code` is a key of FAULTS."""

    def __init__(self, code: str) -> None:
        if code not in FAULTS:
            raise KeyError(code)
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        return str(FAULTS[self.code])

    def as_validation_error(self) -> ValidationError:
        """The same for a form."""
        return ValidationError(self.message, self.code)
