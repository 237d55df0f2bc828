"""What an agency's own systems are told of a search: its ids, its state, its stage."""

from accounts.models import EventType
from accounts.webhooks.events import Data, emit
from searches.models import Search, Stage


def announce(search: Search, *, state: str = "", stage: str = "") -> None:
    """Tell the webhooks where a search stands now, in the open transaction of what moved it.

    `state` is given when it changed too, `stage` when the row has not been read again since.
    """
    said: Data = {
        "search": search.pk,
        "case": search.case_id,
        "state": state or search.state,
        "stage": stage or search.stage,
    }
    if state:
        emit(EventType.SEARCH_STATE, said)
    emit(EventType.SEARCH_STAGE, said)
    if search.stage == Stage.CONCLUDED:
        emit(EventType.SEARCH_CONCLUDED, said)
