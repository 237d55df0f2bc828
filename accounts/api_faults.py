"""What can go wrong between a program and the API, whatever it asks for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

API_FAULTS: dict[str, str | Promise] = {
    "body_malformed": _("The body is not what its media type says: it cannot be read."),
    "input_invalid": _("Some of what was sent cannot be accepted."),
    "query_invalid": _("A parameter of the address cannot be understood."),
    "fields_unknown": _("The parameter “fields” names a field that is not there."),
    "cursor_invalid": _("The cursor leads nowhere. Begin the list again without one."),
    "permission_denied": _("The token, or its owner, may not do this."),
    "training_needed": _("The token's owner needs a valid training certificate for this."),
    "not_found": _("There is nothing here that this token may see."),
    "method_not_allowed": _("This address does not take that method."),
    "not_acceptable": _("The API answers in JSON of version 1 only."),
    "media_type_unsupported": _("The body has a media type that this address does not take."),
    "server_failed": _("That failed on our side. Tell the operator the request's name."),
    "key_service_away": _(
        "The service that keeps the keys does not answer. Nothing is lost; try again in a minute."
    ),
    "file_store_away": _(
        "The store of the files does not answer. Nothing is lost; try again in a minute."
    ),
    "database_away": _("The database does not answer. Nothing is lost; try again in a moment."),
    "decoder_away": _(
        "No process for opening pictures can be started. Nothing is lost; try again in a minute."
    ),
    "body_too_large": _("The body is larger than this address takes."),
    "https_only": _("The API is there over https only. If a token was sent, revoke it."),
    "length_missing": _("Content-Length has to say how long the body is."),
    "body_not_received": _("The request did not arrive as a whole. Send it again."),
    "too_many_requests": _("Too many requests with this token. Wait, then go on more slowly."),
    "picture_address_invalid": _("This is no address of a picture that we gave."),
    "picture_address_expired": _("This address of a picture is too old. Ask for another one."),
    "too_many_waiting": _("Too many programs wait here already. Ask again in a moment."),
    "idempotency_key_invalid": _(
        "An Idempotency-Key has 1 to 255 printable characters without spaces."
    ),
    "idempotency_key_reused": _(
        "This Idempotency-Key was used for another request. Take a new key."
    ),
    # webhooks
    "webhook_address": _(
        "A webhook needs an https address of a public host whose name can be looked up."
    ),
    "webhook_events": _("Choose at least one of the events offered."),
    "webhooks_full": _("There can be at most 10 webhooks. Remove one first."),
    "webhook_disabled": _("This webhook is disabled. Enable it first."),
    "webhook_removed": _("This webhook was removed."),
}
