"""One step of a learner, and who the learner is."""

from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.actor import Actor

DONE, NEXT, LATER = "done", "next", "later"


@dataclass(slots=True)
class Step:
    """One step. `posts` says that its link is a button that does something."""

    title: str | Promise
    text: str | Promise
    is_done: bool
    label: str | Promise
    href: str
    posts: bool = False
    state: str = LATER
    has_pictures: bool = False


def learner(actor: Actor) -> int:
    """The learner's id; nobody has the number 0."""
    return actor.user_id or 0
