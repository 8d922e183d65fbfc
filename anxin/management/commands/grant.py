"""Apply `anxin/grants.py` to the database; run as the owner after every migration."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from anxin.grants import GRANTS, ROLES


class Command(BaseCommand):
    help = "Give each database role exactly the rights that anxin/grants.py lists."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            for role in ROLES:
                cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
                cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}")
                cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            # what is temporary is found first, also by triggers that look into a table of that name
            database = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
            for role in ROLES:
                self._check(cursor, role)
            for table, rights in GRANTS.items():
                for role, privileges in rights.items():
                    cursor.execute(f"GRANT {privileges} ON {table} TO {role}")
                    if "INSERT" in privileges:
                        self._sequence(cursor, table, role)

    @staticmethod
    def _check(cursor: Any, role: str) -> None:
        """Who does not own the database revokes nothing, and PostgreSQL only warns."""
        cursor.execute(
            "SELECT has_database_privilege(%s, current_database(), 'TEMPORARY, CREATE')"
            " OR has_schema_privilege(%s, 'public', 'CREATE')",
            [role, role],
        )
        if cursor.fetchone() != (False,):
            raise CommandError(
                f"{role} may create tables, and so stand them in the way of the triggers' own:"
                " have the owner of the database revoke CREATE and TEMPORARY on it from PUBLIC."
            )

    @staticmethod
    def _sequence(cursor: Any, table: str, role: str) -> None:
        cursor.execute(
            "SELECT pg_get_serial_sequence(%s, column_name) FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s AND is_identity = 'YES'",
            [table, table],
        )
        for (sequence,) in cursor.fetchall():
            cursor.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}")
