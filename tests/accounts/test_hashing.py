"""The work that a password costs: the same whoever it is for, and also once after a change."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.login.hashers import PasswordHasher
from accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

WRONG = "not the password at all"
NOW, BEFORE = "m=19456,t=2,p=1", "m=47104,t=1,p=1"


class OlderHasher(PasswordHasher):
    """As it was before docs/adr/0009."""

    time_cost = 1
    memory_cost = 47_104


def parameters(encoded: str) -> str:
    return encoded.split("$")[3]


@pytest.fixture(autouse=True)
def work(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameters of every run of Argon2, in their order."""
    settings.PASSWORD_HASHERS = ["accounts.login.hashers.PasswordHasher"]
    done: list[str] = []
    encode, verify = PasswordHasher.encode, PasswordHasher.verify

    def encoding(self: PasswordHasher, password: str, salt: str) -> str:
        encoded = encode(self, password, salt)
        done.append(parameters(encoded))
        return encoded

    def verifying(self: PasswordHasher, password: str, encoded: str) -> bool:
        done.append(parameters(encoded))
        return verify(self, password, encoded)

    monkeypatch.setattr(PasswordHasher, "encode", encoding)
    monkeypatch.setattr(PasswordHasher, "verify", verifying)
    return done


def person(name: str, **changes: Any) -> str:
    """The address of somebody with a password of today, unless `changes` hold another."""
    user = User.objects.create_user(f"{name}@alder.example", PASSWORD, name=name)
    User.objects.filter(pk=user.pk).update(**changes)
    return user.email


def cost(work: list[str], email: str, password: str) -> list[str]:
    work.clear()
    Client().post(reverse("account_login"), {"login": email, "password": password})
    return list(work)


def test_one_hash_for_everybody(work: list[str]) -> None:
    addresses = [
        "nobody@alder.example",
        person("ana"),
        person("locked", locked_at=timezone.now()),
        person("left", is_active=False),
        person("invited", password="!"),
    ]
    costs = {(at, word): cost(work, at, word) for at in addresses for word in (PASSWORD, WRONG)}
    assert costs == {key: [NOW] for key in costs}


def test_an_older_hash_costs_one_more_until_the_right_password_comes(work: list[str]) -> None:
    """The right password is hashed anew; a wrong one as well, so that the time does not tell."""
    old = OlderHasher().encode(PASSWORD, OlderHasher().salt())
    ana = person("ana", password=old)
    locked = person("locked", password=old, locked_at=timezone.now())
    for email in (ana, locked):
        assert cost(work, email, WRONG) == [BEFORE, NOW], email
        assert cost(work, email, PASSWORD) == [BEFORE, NOW], email
        assert parameters(User.objects.get(email=email).password) == NOW
        assert cost(work, email, PASSWORD) == cost(work, email, WRONG) == [NOW]
