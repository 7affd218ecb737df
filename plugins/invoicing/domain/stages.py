"""The nine stages an invoice passes, in order: the one list every layer is named after."""

from enum import StrEnum


class Stage(StrEnum):
    """One step of the way of an invoice; a stage has the same file name in every layer."""

    REPORT = "report"
    DECIDE = "decide"
    DRAFT = "draft"
    REVIEW = "review"
    ISSUE = "issue"
    RENDER = "render"
    DISPATCH = "dispatch"
    FOLLOW_UP = "follow_up"
    RECONCILE = "reconcile"


STAGES: tuple[str, ...] = tuple(stage.value for stage in Stage)
