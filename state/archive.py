"""The archive in Postgres: what is read and kept beside decisions once a test is over."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Row, text

from hub.archive import MAX_DOCUMENTS, Document, DocumentId, Upload
from hub.audit import AuditRecord
from hub.finalization import Draft
from hub.model import Author, SessionNumber, account_author
from hub.refusals import Code, Refusal
from hub.watch import WatchEntry
from state import drafts, trail, watch_log
from state.case import account_in
from state.database import Database, is_id
from state.jury_queue import JuryQueueInPostgres

_NAMES: Final = text("SELECT id, name FROM accounts WHERE id = ANY(CAST(:ids AS bigint[]))")

_COLUMNS: Final = "id, name, media_type, size_bytes, added_by, added_at"
_DOCUMENTS: Final = text(f"SELECT {_COLUMNS} FROM documents WHERE number = :number ORDER BY added_at, id")
_DOCUMENT: Final = text("""
SELECT name, media_type, content FROM documents WHERE number = :number AND id = CAST(:document AS uuid)
""")
# The session's row is locked first and by itself, like for a decision: whoever finalizes waits, or is waited for, and
# what is counted afterwards is what is there.
_LOCK_OPEN: Final = text("""
SELECT 1 FROM exam_sessions WHERE number = :number AND finalized_at IS NULL FOR NO KEY UPDATE
""")
_ADD: Final = text(f"""
INSERT INTO documents (number, name, media_type, size_bytes, sha256, content, added_by)
SELECT :number, :name, :media_type, :size_bytes, :sha256, :content, :author
WHERE (SELECT count(*) FROM documents WHERE number = :number) < :most
RETURNING {_COLUMNS}
""")
_REMOVE: Final = text("DELETE FROM documents WHERE number = :number AND id = CAST(:document AS uuid)")


class PostgresArchive(JuryQueueInPostgres):
    """`hub.archive.Archive` on Postgres."""

    def __init__(self, database: Database) -> None:
        """Use this pool."""
        self._database = database

    async def draft(self, number: SessionNumber) -> Draft:
        """Read the draft of a finalization."""
        async with self._database.single() as db:
            return await drafts.read(db, number)

    async def trail(self, number: SessionNumber) -> Sequence[AuditRecord]:
        """Read every decision of a session in its order."""
        async with self._database.single() as db:
            return await trail.read(db, number)

    async def names(self, authors: Collection[Author]) -> Mapping[Author, str]:
        """Find the names of accounts."""
        ids = sorted({account for author in authors if (account := account_in(author)) is not None})
        async with self._database.single() as db:
            return {account_author(row.id): row.name for row in await db.execute(_NAMES, {"ids": ids})}

    async def watch(self, number: SessionNumber) -> Sequence[WatchEntry]:
        """Read what the dashboards of a session could see."""
        async with self._database.single() as db:
            return await watch_log.read(db, number)

    async def documents(self, number: SessionNumber) -> Sequence[Document]:
        """List the documents of a session, the oldest first."""
        async with self._database.single() as db:
            return [_document_of(row) for row in await db.execute(_DOCUMENTS, {"number": number})]

    async def document(self, number: SessionNumber, document: DocumentId) -> Upload | None:
        """Read a document with its content."""
        async with self._database.single() as db:
            row = (await db.execute(_DOCUMENT, {"number": number, "document": document})).first()
        return None if row is None else Upload(row.name, row.media_type, row.content)

    async def add_document(self, number: SessionNumber, upload: Upload, author: Author) -> Document | Refusal:
        """Keep a document of a session that is not finalized."""
        values = {
            "number": number if is_id(number) else 0,
            "name": upload.name,
            "media_type": upload.media_type,
            "size_bytes": len(upload.content),
            "sha256": hashlib.sha256(upload.content).digest(),
            "content": upload.content,
            "author": author,
            "most": MAX_DOCUMENTS,
        }
        async with self._database.transaction() as db:
            if (await db.execute(_LOCK_OPEN, {"number": values["number"]})).first() is None:
                return Refusal(Code.ALREADY_FINALIZED)
            row = (await db.execute(_ADD, values)).first()
        return Refusal(Code.TOO_MANY_DOCUMENTS) if row is None else _document_of(row)

    async def remove_document(self, number: SessionNumber, document: DocumentId) -> Refusal | None:
        """Delete a document of a session that is not finalized."""
        async with self._database.transaction() as db:
            if (await db.execute(_LOCK_OPEN, {"number": number})).first() is None:
                return Refusal(Code.ALREADY_FINALIZED)
            await db.execute(_REMOVE, {"number": number, "document": document})
        return None


def _document_of(row: Row[tuple[object, ...]]) -> Document:
    return Document(
        id=DocumentId(str(row.id)),
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        by=Author(row.added_by),
        at=row.added_at,
    )
