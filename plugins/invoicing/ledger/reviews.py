"""Reviews: what people were asked about a version of a draft, step by step, and what they said."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import Approval, ReviewRequest
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import approvals, review_requests
from invoicing.services.ledger_ports import Reviewed


class ReviewRows(Rows):
    """Questions to people and their answers, UNIQUE (draft, version, step) each."""

    def ask(self, request: ReviewRequest, at: datetime) -> ReviewRequest:
        """Store the question, or return the one that was asked before about this step."""
        row = {
            "draft_id": request.draft_id,
            "version": request.version,
            "step": request.step,
            "chain": request.chain,
            "parcel_id": request.parcel_id,
            "content_hash": request.content_hash,
            "subject": request.subject,
            "body": request.body,
            "options": request.options,
            "asked_at": at,
        }
        if self.inserted(review_requests, row):
            return request
        kept = self._of_version(request.draft_id, request.version).requests
        return next((one for one in kept if one.step == request.step), request)

    def approve(self, found: Sequence[Approval], at: datetime) -> None:
        """Store what a rule approved; a step that was answered before keeps its answer."""
        self.insert_rest(approvals, [_row(approval, at) for approval in found])

    def decide(self, approval: Approval, at: datetime, parcel_id: str = "") -> Approval:
        """Store an answer, or return the one that was given before to this step."""
        if self.inserted(approvals, _row(approval, at, parcel_id)):
            return approval
        kept = self._of_version(approval.draft_id, approval.version).approvals
        return next((one for one in kept if one.step == approval.step), approval)

    def answered(self, parcel_id: str) -> Approval | None:
        """Return the answer that came through this parcel, if any."""
        query = select(approvals).where(approvals.c.parcel_id == parcel_id)
        row = self.connection.execute(query).first()
        return _approval(row) if row else None

    def of_versions(self, items: Collection[ParcelItem]) -> dict[str, Reviewed]:
        """Return what was asked and answered about each of these versions, by draft id."""
        versions = {(item.draft_id, item.version) for item in items}
        drafts = {item.draft_id for item in items}
        asked: dict[str, list[Row[Any]]] = {draft: [] for draft in drafts}
        answered: dict[str, list[Row[Any]]] = {draft: [] for draft in drafts}
        for table, found in ((review_requests, asked), (approvals, answered)):
            for row in self.rows_by(select(table), table.c.draft_id, drafts):
                if (row.draft_id, row.version) in versions:
                    found[row.draft_id].append(row)
        return {draft: _in_order(asked[draft], answered[draft]) for draft in drafts}

    def asked(self, draft_id: str, version: int) -> ReviewRequest | None:
        """Return the newest question about this version, if any."""
        return next(reversed(self._of_version(draft_id, version).requests), None)

    def decision(self, draft_id: str, version: int) -> Approval | None:
        """Return the newest answer about this version, if any."""
        return next(reversed(self._of_version(draft_id, version).approvals), None)

    def _of_version(self, draft_id: str, version: int) -> Reviewed:
        return self.of_versions([ParcelItem(draft_id, version)])[draft_id]


def _row(approval: Approval, at: datetime, parcel_id: str = "") -> dict[str, object]:
    return {
        "draft_id": approval.draft_id,
        "version": approval.version,
        "step": approval.step,
        "content_hash": approval.content_hash,
        "answer": approval.answer,
        "decided_by": approval.decided_by,
        "rule": approval.rule,
        "comment": approval.comment,
        "decided_at": at,
        "parcel_id": parcel_id or None,
    }


def _in_order(asked: list[Row[Any]], answered: list[Row[Any]]) -> Reviewed:
    """Sort by instant, and by place in the chain what happened in the same one."""
    steps = [step for row in asked for step in row.chain]
    place = {step: at for at, step in reversed(list(enumerate(steps)))}
    requests = sorted(asked, key=lambda row: (row.asked_at, place[row.step]))
    approved = sorted(answered, key=lambda row: (row.decided_at, place.get(row.step, len(steps))))
    return Reviewed(tuple(map(_request, requests)), tuple(map(_approval, approved)))


def _request(row: Row[Any]) -> ReviewRequest:
    return ReviewRequest(
        row.parcel_id, row.draft_id, row.version, row.content_hash, row.subject, row.body,
        row.options, row.step, row.chain,
    )  # fmt: skip


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        row.draft_id, row.version, row.content_hash, row.answer, row.decided_by, row.rule,
        row.comment, row.step,
    )  # fmt: skip
