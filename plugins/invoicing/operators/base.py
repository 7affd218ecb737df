"""Bases of the operators that work on all of a billing model, or on one parcel of a run."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator

from invoicing.domain.rules import Model


class ModelOperator(BaseOperator):
    """
    Base of the operators that look for the work of one billing model.

    :param model: billing model, such as ``retainer``, ``milestone`` or ``one_off``
    """

    def __init__(self, *, model: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = Model(model)


class ParcelOperator(BaseOperator):
    """
    Base of the operators that carry one parcel a step further.

    :param parcel_id: id of the parcel (templated)
    """

    template_fields: Sequence[str] = ("parcel_id",)

    def __init__(self, *, parcel_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parcel_id = parcel_id
