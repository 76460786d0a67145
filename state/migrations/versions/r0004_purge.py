"""A narrow door for the owner: what a finalized session freezes may be emptied by a purge, and by nothing else.

`SET LOCAL vigie.purging = 'on'` counts for the owner of the table alone. It lifts the freeze on the documents and opens
to the rows of candidates and of finalizations a guard of its own, by which only the named columns may change: names
and words go, while numbers, facets and authors stay whatever the purge believes.
"""

from __future__ import annotations

from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None

_IS_PURGING = """
CREATE FUNCTION is_purging(cleared regclass) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- The setting first: it costs nothing, and everybody's writes pass here.
    IF current_setting('vigie.purging', true) IS DISTINCT FROM 'on' THEN RETURN false; END IF;
    RETURN current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = cleared);
END $$
"""

_GUARD = """
CREATE FUNCTION guard_purge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV THEN
        PERFORM refuse('a_purge_only_empties');
    END IF;
    RETURN NEW;
END $$
"""

_OF_CANDIDATES = (
    "last_name",
    "first_name",
    "normal_last_name",
    "normal_first_name",
    "birthdate",
    "sex",
    "birth_insee_code",
    "birth_postal_code",
    "birth_town",
    "birth_country",
    "results_email",
    "invitation_email",
    "external_id",
    "extra_time_percentage",
    "help",
    "reports",
    "additions",
)
_OF_FINALIZATIONS = ("abort_reasons", "comment")


def _divided(table: str, guard: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Leave inserts and deletions to the guard there is, and give a purge's updates to its own."""
    words = ", ".join(f"'{column}'" for column in columns)
    return (
        f"DROP TRIGGER guard ON {table}",
        f"CREATE TRIGGER guard BEFORE INSERT OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()",
        f"CREATE TRIGGER guard_update BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (NOT is_purging('{table}')) EXECUTE FUNCTION {guard}()",
        f"CREATE TRIGGER guard_purge BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (is_purging('{table}')) EXECUTE FUNCTION guard_purge({words})",
    )


_STATEMENTS = (
    _IS_PURGING,
    _GUARD,
    *_divided("candidates", "guard_candidate", _OF_CANDIDATES),
    *_divided("finalizations", "guard_of_finalized", _OF_FINALIZATIONS),
    "DROP TRIGGER guard ON documents",
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION guard_of_finalized()",
    "CREATE TRIGGER guard_delete BEFORE DELETE ON documents FOR EACH ROW"
    " WHEN (NOT is_purging('documents')) EXECUTE FUNCTION guard_of_finalized()",
)


def upgrade() -> None:
    """Divide the guards."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: the step before has no way back either."""
    raise NotImplementedError("The guards are not loosened by a program.")
