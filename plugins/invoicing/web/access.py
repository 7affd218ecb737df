"""Who may do what in the web part: Airflow's login and its permission on our DAGs."""

from typing import Annotated, Literal

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, get_user
from fastapi import Depends, HTTPException, Request, status

# Follow up works on every invoice, so whoever may see or edit this DAG may see or edit them all.
PERMISSION_DAG = "follow_up"

# Browsers send neither of these from a foreign form, and ask us first before a foreign script may.
REQUESTED_WITH = "invoicing"

UserDep = GetUserDep
logged_in = Depends(get_user)


class _May:
    """A permission on our DAGs as a dependency: 401 without login, 403 without the permission."""

    def __init__(self, method: Literal["GET", "PUT"]) -> None:
        self.method = method

    def __call__(self, user: GetUserDep) -> str:
        """Return the login name of a user who has the permission."""
        if not is_allowed(self.method, user):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "your role does not allow this")
        return user.get_name()


def is_allowed(method: Literal["GET", "PUT"], user: GetUserDep) -> bool:
    """Ask Airflow's auth manager whether ``user`` may see (GET) or act (PUT)."""
    return get_auth_manager().is_authorized_dag(
        method=method, details=DagDetails(id=PERMISSION_DAG), user=user
    )


may_see = _May("GET")
may_act = _May("PUT")
Actor = Annotated[str, Depends(may_act)]


def same_site(request: Request) -> None:
    """Refuse a request that another site made the user's browser send: the login is a cookie."""
    asked_with = request.headers.get("x-requested-with", "")
    sent_from = request.headers.get("sec-fetch-site", "same-origin")
    if asked_with != REQUESTED_WITH or sent_from != "same-origin":
        raise HTTPException(status.HTTP_403_FORBIDDEN, "this must come from our own page")
