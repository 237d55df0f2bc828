"""What one area of the portal puts into the access matrix."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.access_matrix.ground import Ground

# Statuses of GET (POST where the page has no GET) for, in this order:
PEOPLE = [
    "analyst",
    "examiner",
    "supervisor",
    "auditor",
    "admin",
    "stranger",
    "nobody",
    "anonymous",
]
# stranger: everything in another agency; nobody: logged in, in no agency.
L = 302  # to the log-in page

Table = dict[str, list[int]]
Arguments = dict[str, list[object]]
Posts = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Area:
    """Rows by name of the address, in the order of PEOPLE; and what the addresses are asked with.

    `arguments` makes what they name, in the scope of Alder; `posts` says what a form would send.
    """

    table: Table
    post_only: Iterable[str]
    arguments: Callable[[Ground], Arguments]
    posts: Callable[[Ground], Posts]
