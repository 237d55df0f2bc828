"""Whether two accounts are named as if one person had both."""

import re
import unicodedata

from oversight.misuse.facts import PersonFact

# Shorter ones differ by a letter too often: Kim and Tim.
LEAST_LETTERS = 6


def nearly_equal(one: PersonFact, other: PersonFact) -> bool:
    """The same name in another order, or addresses that differ by a letter or a number."""
    if _words(one.name) == _words(other.name) and _words(one.name):
        return True
    return _same_address(_local(one.email), _local(other.email))


def _same_address(one: str, other: str) -> bool:
    letters = re.sub(r"\d+", "", one), re.sub(r"\d+", "", other)
    # examiner1 and examiner2 are a series of an office; smith and smith2 are not.
    if one != letters[0] and other != letters[1]:
        return False
    if letters[0] == letters[1]:
        return bool(letters[0])
    return min(map(len, letters)) >= LEAST_LETTERS and _one_letter_apart(*letters)


def _one_letter_apart(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if len(one) == len(other):
        return one[start + 1 :] == other[start + 1 :]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:]


def _local(email: str) -> str:
    """What stands before the @ without separators, and without what follows a +."""
    return re.sub(r"[^a-z0-9]", "", _plain(email.partition("@")[0].partition("+")[0]))


def _words(name: str) -> list[str]:
    return sorted(re.findall(r"[a-z]+", _plain(name)))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))
