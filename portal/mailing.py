"""How e-mails leave: the address of a mail server, or files in a folder. No models in here."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Mail:
    """What Django's e-mail settings need."""

    backend: str
    folder: Path
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    start_tls: bool = False
    tls: bool = False


def parse(url: str, folder: Path) -> Mail:
    """Settings from smtp://user:password@host:587?tls=true or smtps://...; files without a URL.

    Raises ValueError on anything else; its text repeats nothing of the URL, which has a password.
    """
    if not url:
        return Mail("django.core.mail.backends.filebased.EmailBackend", folder)
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("use smtp://user:password@host:port?tls=true or smtps://")
    options = parse_qs(parts.query, keep_blank_values=True)
    start_tls = options.pop("tls", ["false"])
    if options or start_tls not in (["true"], ["false"]) or parts.path not in ("", "/"):
        raise ValueError("the only option is ?tls=true or ?tls=false")
    tls = parts.scheme == "smtps"
    if tls and start_tls == ["true"]:
        raise ValueError("smtps:// is encrypted from the start: leave ?tls=true out")
    return Mail(
        backend="django.core.mail.backends.smtp.EmailBackend",
        folder=folder,
        host=parts.hostname,
        port=_port_of(parts) or (465 if tls else 587 if start_tls == ["true"] else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        start_tls=start_tls == ["true"],
        tls=tls,
    )


def _port_of(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        # Python's own words repeat what may be a piece of the password.
        raise ValueError("percent-encode special characters, and give a number as port") from None
