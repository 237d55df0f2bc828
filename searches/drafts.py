"""The values of a draft: what of a form is kept, and what a form gets back of it."""

import json
from collections.abc import Mapping

from django.http import QueryDict

from searches.models import Probe
from searches.services.capture import MAX_TEXT
from searches.services.grounds import MAX_REFERENCE, MAX_WORDS

Values = dict[str, str | list[str]]

# The fields that are kept, and how many characters of each: what the form itself accepts at most.
# Neither a picture nor a document is among them: an upload makes a probe, and a document is chosen
# when the search is submitted.
OF_CAPTURE: Mapping[str, int] = {
    "captured_on": 10,
    "capture_kind": 20,
    "capture_place": MAX_TEXT,
    "capture_device": MAX_TEXT,
}
OF_SEARCH: Mapping[str, int] = {
    "face": 4,
    "seen": 60,
    "purpose": 30,
    "basis": 24,
    "reason": MAX_WORDS,
    "facts": MAX_WORDS,
    "reference": MAX_REFERENCE,
    "limit": 4,
}
LISTS = ("galleries", "grants")
MOST_CHOSEN, ID_LENGTH = 500, 36


def entered_for_upload(sent: QueryDict) -> Values:
    """What was entered beside the picture that is not uploaded yet; nothing is checked."""
    return _texts(sent, OF_CAPTURE)


def entered_for_search(sent: QueryDict) -> Values:
    """What was entered on the page of a picture; nothing is checked, so that halves are kept."""
    lists = {
        name: [str(one)[:ID_LENGTH] for one in sent.getlist(name)[:MOST_CHOSEN]] for name in LISTS
    }
    return _texts(sent, OF_SEARCH) | lists


def _texts(sent: QueryDict, fields: Mapping[str, int]) -> Values:
    return {name: str(sent.get(name, ""))[:most] for name, most in fields.items()}


def as_text(entered: Values) -> str:
    """For sealing. Empty values stay: who emptied a field does not want it filled again."""
    return json.dumps(entered, ensure_ascii=False, sort_keys=True)


def from_text(text: str) -> Values:
    """The values again; those of fields that there are no more are left to the form to ignore."""
    values: Values = json.loads(text)
    return values


def initial_for(probe: Probe, entered: Values) -> tuple[Values, bool]:
    """The initial values of the search form, and whether the face had to be left out.

    A face is a number in one picture: where the picture was turned or edited since, the number
    would mean another person.
    """
    values = dict(entered)
    face, seen = values.pop("face", ""), values.pop("seen", "")
    if not face or seen != probe.shown_as:
        return values, bool(face)
    return values | {"face": face}, False
