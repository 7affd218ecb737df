"""Reviews: what people were asked about a version of a draft, and what was decided."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, select

from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import Approval, ReviewRequest
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import approvals, review_requests


class ReviewRows(Rows):
    """Questions to people and their answers, UNIQUE (draft, version) each."""

    def ask(self, request: ReviewRequest, at: datetime) -> ReviewRequest:
        """Store the question, or return the one that was asked before about this version."""
        row = {
            "draft_id": request.draft_id,
            "version": request.version,
            "parcel_id": request.parcel_id,
            "content_hash": request.content_hash,
            "subject": request.subject,
            "body": request.body,
            "options": request.options,
            "asked_at": at,
        }
        if self.inserted(review_requests, row):
            return request
        return self.asked(request.draft_id, request.version) or request

    def asked(self, draft_id: str, version: int) -> ReviewRequest | None:
        """Return the question about this version, if any."""
        here = _is_version(review_requests, draft_id, version)
        row = self.connection.execute(select(review_requests).where(here)).first()
        if row is None:
            return None
        return ReviewRequest(
            row.parcel_id, row.draft_id, row.version, row.content_hash, row.subject, row.body,
            row.options,
        )  # fmt: skip

    def decide(self, approval: Approval, at: datetime) -> Approval:
        """Store a decision, or return the one that was made before about this version."""
        row = {
            "draft_id": approval.draft_id,
            "version": approval.version,
            "content_hash": approval.content_hash,
            "answer": approval.answer,
            "decided_by": approval.decided_by,
            "rule": approval.rule,
            "comment": approval.comment,
            "decided_at": at,
        }
        if self.inserted(approvals, row):
            return approval
        return self.decision(approval.draft_id, approval.version) or approval

    def decision(self, draft_id: str, version: int) -> Approval | None:
        """Return the decision about this version, if any."""
        here = _is_version(approvals, draft_id, version)
        row = self.connection.execute(select(approvals).where(here)).first()
        return _approval(row) if row else None

    def decisions(self, items: Collection[ParcelItem]) -> dict[str, Approval]:
        """Return decisions by draft id."""
        versions = {(item.draft_id, item.version) for item in items}
        rows = self.rows_by(
            select(approvals), approvals.c.draft_id, {item.draft_id for item in items}
        )
        return {
            row.draft_id: _approval(row) for row in rows if (row.draft_id, row.version) in versions
        }


def _is_version(table: Table, draft_id: str, version: int) -> ColumnElement[bool]:
    return and_(table.c.draft_id == draft_id, table.c.version == version)


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        row.draft_id, row.version, row.content_hash, row.answer, row.decided_by, row.rule,
        row.comment,
    )  # fmt: skip
