"""Django's PostgreSQL backend, with three additions.

Each new session is told the current tenant scope before its first query, so that a connection
that was lost and opened again never runs without it; a database that is being restored lets nobody
in; and when no DATABASE_URL is set, the first connection starts the embedded server.
"""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base
from psycopg.conninfo import conninfo_to_dict

from portal import embedded
from portal.database.gate import refuse_if_closed
from portal.scoping import apply_scope


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        options = self.settings_dict["OPTIONS"]
        role = options.get("embedded_role")
        if role is None:
            return super().get_connection_params()
        name = self.settings_dict["NAME"]
        urls = embedded.ensure_running(Path(options["embedded_var"]), database=name)
        params = conninfo_to_dict(urls.owner_url if role == "owner" else urls.app_url)
        plain = {k: v for k, v in options.items() if not k.startswith("embedded_")}
        server = {"HOST": params.get("host", ""), "USER": params.get("user", "")}
        server |= {"PASSWORD": params.get("password", ""), "PORT": params.get("port", "")}
        before = self.settings_dict
        self.settings_dict = {**before, **server, "OPTIONS": plain}
        try:
            return super().get_connection_params()
        finally:
            self.settings_dict = before

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if self.alias == "default":
            refuse_if_closed(self)
            apply_scope(self)
