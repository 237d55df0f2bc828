"""The keys of an agency's stored files, as its rows name them.

A file can only be opened with the key of its row (portal.storage), so what no row names is noise
and of no use to anybody.
"""

from django.db import connection

# Names of files stand in columns of these names, alone or in a list.
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace
WHERE c.table_schema = 'public' AND c.column_name ~ '_keys?$'
    AND c.data_type IN ('character varying', 'jsonb') AND NOT t.relispartition
    AND EXISTS (SELECT FROM information_schema.columns a WHERE a.table_schema = 'public'
        AND a.table_name = c.table_name AND a.column_name = 'agency_id')
ORDER BY c.table_name, c.column_name
"""


def stored_keys(agency_id: int) -> list[str]:
    """Each key once, in their order; in the agency's scope."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column, kind in cursor.fetchall():
            value = f'"{column}"'
            if kind == "jsonb":
                value = f"jsonb_array_elements_text({value})"
            cursor.execute(
                f"SELECT key FROM (SELECT {value} AS key FROM {table}"  # noqa: S608
                " WHERE agency_id = %s) AS named WHERE key LIKE %s",
                [agency_id, f"{agency_id}/%"],
            )
            found.update(key for (key,) in cursor.fetchall())
    return sorted(found)
