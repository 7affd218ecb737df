"""Review: put a draft before a person where the policy says so, and carry the answer home."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException

from invoicing.domain.errors import RefusedError, TransientError
from invoicing.domain.review import LABELS, Answer, Approval
from invoicing.hooks.connections import services_from_airflow
from invoicing.services.ports import Services
from invoicing.services.review import answer_review, expire_review, open_review

LEDGER_AWAY_SECONDS = 60
PAUSE_SECONDS = 1.0

T = TypeVar("T")


class ReviewDraftOperator(HITLOperator):
    """
    Ask a person about a draft in Airflow's Required Actions; ask nobody when nobody has to decide.

    The question comes from the ledger and the answer goes into the ledger, bound to the version
    that was shown. Everything but an approval skips the rest of this parcel, and of no other. Where
    several people approve in turn, each is asked by a run of its own, and the last one counts.
    Returns the id of the draft that was approved, and never what a person wrote.

    :param parcel_id: id of the parcel (templated)
    """

    # The question's text is not templated: part of it was written by clients.
    template_fields: Sequence[str] = ("parcel_id",)

    def __init__(
        self, *, parcel_id: str, params: ParamsDict | dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        # Airflow wants options when it reads the DAG; the real ones carry the draft's version.
        super().__init__(
            subject="Review of a draft",
            options=list(LABELS.values()),
            params={"comment": _comment_field()},
            **kwargs,
        )
        self.parcel_id = parcel_id

    def execute(self, context: Context) -> list[str]:
        """Return at once when there is nobody to ask, else park the task until the answer."""
        request = open_review(services_from_airflow(), self.parcel_id)
        if request is None:
            self.log.info("Nobody has to decide about parcel %s now", self.parcel_id)
            return []
        self.subject, self.body = request.subject, request.body
        self.options = list(request.options)
        super().execute(context)
        return []  # not reached: the base class parks the task by an exception

    def execute_complete(self, context: Context, event: dict[str, Any]) -> list[str]:
        """Write the answer into the ledger; this is a new process that knows only the event."""
        services = services_from_airflow()
        if event.get("error_type") == "timeout":
            _while_ledger_is_away(lambda: expire_review(services, self.parcel_id))
            raise AirflowSkipException("nobody answered in time: the next run asks again")
        if "error" in event:
            self.process_trigger_event_error(event)
        approval = self._record(services, event)
        if approval.answer is not Answer.APPROVE:
            raise AirflowSkipException(f"{LABELS[approval.answer]}: not issued")
        step = f" in step {approval.step}" if approval.step else ""
        self.log.info("Draft %s v%d is approved%s", approval.draft_id, approval.version, step)
        return [approval.draft_id]

    def _record(self, services: Services, event: dict[str, Any]) -> Approval:
        """Write the answer down; a task that tried again would ask again, with the old text."""
        chosen, said = event["chosen_options"], event["params_input"] or {}
        label = chosen[0] if len(chosen) == 1 else ""
        # Matched by login: the id is a number where users live in a database.
        login = str((event["responded_by_user"] or {}).get("name") or "")
        comment = str(said.get("comment") or "")
        try:
            return _while_ledger_is_away(
                lambda: answer_review(services, self.parcel_id, label, login, comment)
            )
        except RefusedError as refusal:
            self.log.warning("The answer is refused: %s", refusal)
            raise AirflowSkipException("the answer is refused: the next run asks again") from None


def _comment_field() -> Param:
    return Param(
        "",
        type=["string", "null"],
        title="Comment",
        description="Why you reject the draft or send it back; kept in the trail.",
    )


def _while_ledger_is_away(step: Callable[[], T]) -> T:
    ends = time.monotonic() + LEDGER_AWAY_SECONDS
    while True:
        try:
            return step()
        except TransientError:
            if time.monotonic() > ends:
                raise
            time.sleep(PAUSE_SECONDS)
