"""Wake-ups: tell Airflow that an event lies in the inbox, so that its DAG starts at once.

A wake-up carries nothing and may be lost: the event is committed before, and the sweep that every
billing DAG runs by the clock finds it all the same.
"""

import logging

from airflow.assets.manager import asset_manager
from airflow.models.asset import AssetModel
from airflow.utils.session import create_session
from sqlalchemy import select

from invoicing.domain.events import EventKind

log = logging.getLogger(__name__)


def wake_up(kind: EventKind) -> None:
    """Register an event of the asset that stands for ``kind``; a failure is logged, no more."""
    name = f"invoicing_{kind}"
    try:
        with create_session(scoped=False) as session:
            asset = session.scalar(select(AssetModel).where(AssetModel.name == name))
            if asset is None:
                log.warning("no DAG has declared the asset %s yet; the sweep will find it", name)
                return
            asset_manager.register_asset_change(asset=asset, source_is_api=True, session=session)
    except Exception as error:  # noqa: BLE001 - Airflow may fail in any way; the event is safe
        log.warning("no wake-up for %s (%s); the sweep will find it", name, type(error).__name__)
