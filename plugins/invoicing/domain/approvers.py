"""Approvers: who is asked about a draft, link by link of the chain, and who may answer."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from invoicing.domain.errors import RefusedError
from invoicing.domain.money import Money
from invoicing.domain.review import Approver, ReviewPolicy, ReviewReason, ReviewStep


def steps_for(reasons: Iterable[ReviewReason], policy: ReviewPolicy) -> tuple[ReviewStep, ...]:
    """Return the links of the chain that must approve, in order; no reason means none.

    A step that names no reasons is asked for every one. A reason that no step is about is a gap in
    the policy: then all of them are asked rather than nobody.
    """
    codes = {reason.code for reason in reasons}
    if not codes:
        return ()
    asked = tuple(step for step in policy.chain if not step.reasons or step.reasons & codes)
    answered = {code for step in asked for code in step.reasons or codes}
    return asked if codes <= answered else policy.chain


def who_may(
    step: ReviewStep,
    *,
    gross: Money,
    author: str,
    earlier: Collection[str],
    policy: ReviewPolicy,
    today: date,
    overdue: bool = False,
    authors: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the logins that may answer this step today, as the policy lists them.

    Whoever is away is replaced by the delegate, by the delegate's delegate if need be; when an
    answer is ``overdue``, delegates may answer besides. The author never may (four eyes), nor one
    of the ``authors`` of its earlier versions, nor one of ``earlier``, who approved an earlier
    step, nor anybody whose limit is below ``gross``.
    """
    makers = {author, *authors}
    found = dict.fromkeys(_asked(step, policy, today, overdue=overdue))
    return tuple(
        login
        for login in found
        if not _objection(policy.approvers[login], gross=gross, makers=makers, earlier=earlier)
    )


def check_approver(
    login: str,
    step: ReviewStep,
    *,
    gross: Money,
    author: str,
    earlier: Collection[str],
    policy: ReviewPolicy,
    today: date,
    overdue: bool = False,
    authors: Collection[str] = (),
) -> None:
    """Refuse an answer by anybody but those who may give it, and say why."""
    if not login:
        raise RefusedError("nobody answered; a time-out approves nothing")
    approver = policy.approvers.get(login)
    if approver is None:
        raise RefusedError(f"{login} is not among the approvers in config/review.yaml")
    makers = {author, *authors}
    objection = _objection(approver, gross=gross, makers=makers, earlier=earlier)
    if objection:
        raise RefusedError(objection)
    asked = tuple(dict.fromkeys(_asked(step, policy, today, overdue=overdue)))
    if login not in asked:
        away = f"{login} is away on {today}; " if _is_away(approver, today) else ""
        names = ", ".join(asked) or "nobody who is there"
        raise RefusedError(f"{away}step {step.name} asks {names} (config/review.yaml)")


def check_second_person(
    login: str, *, asked_by: str, amount: Money, policy: ReviewPolicy, today: date
) -> None:
    """Refuse to let somebody carry out what changes an issued invoice, and say why.

    It takes an approver of the policy who is there today, whose limit the amount keeps to, and who
    did not ask for it.
    """
    approver = policy.approvers.get(login)
    if approver is None:
        raise RefusedError(f"{login or 'nobody'} is not among the approvers in config/review.yaml")
    if _is_among(login, [asked_by]):
        raise RefusedError(f"{login} asked for this; another approver has to carry it out")
    if _is_away(approver, today):
        raise RefusedError(f"{login} is away on {today} (config/review.yaml)")
    if objection := _over_limit(approver, amount):
        raise RefusedError(objection)


def objection_to_mail(approver: Approver, amount: Money) -> str:
    """Say why somebody cannot answer by mail about ``amount``, or nothing."""
    login, limit = approver.login, approver.mail_limits.get(amount.currency)
    if not approver.email:
        return f"{login} has no email in config/review.yaml"
    if limit is None:
        return f"{login} has no mail limit for {amount.currency} and may not answer by mail"
    return f"{amount} is over the mail limit of {login}, {limit}" if amount > limit else ""


def stands_in_for(login: str, step: ReviewStep, policy: ReviewPolicy) -> str:
    """Name the approver in whose place ``login`` answers; nothing for one whom the step names."""
    if login in step.approvers:
        return ""
    for listed in step.approvers:
        if login in _line_of(listed, policy):
            return listed
    return ""


def _asked(step: ReviewStep, policy: ReviewPolicy, today: date, *, overdue: bool) -> Iterator[str]:
    for listed in step.approvers:
        for login in _line_of(listed, policy):
            away = _is_away(policy.approvers[login], today)
            if not away:
                yield login
            if not away and not overdue:
                break


def _line_of(login: str, policy: ReviewPolicy) -> tuple[str, ...]:
    """Return an approver, the delegate, the delegate's delegate: each once, all of them known."""
    line: dict[str, None] = {}
    while login in policy.approvers and login not in line:
        line[login] = None
        login = policy.approvers[login].delegate
    return tuple(line)


def _is_away(approver: Approver, today: date) -> bool:
    return any(away.starts_on <= today <= away.ends_on for away in approver.away)


def _objection(
    approver: Approver, *, gross: Money, makers: Collection[str], earlier: Collection[str]
) -> str:
    """Say why somebody may never answer about this draft, whoever is asked; nothing if they may."""
    login = approver.login
    if _is_among(login, makers):
        return f"{login} made this draft and may not decide about it"
    if _is_among(login, earlier):
        return f"{login} approved an earlier step; each step needs another person"
    return _over_limit(approver, gross)


def _is_among(login: str, others: Iterable[str]) -> bool:
    """Tell whether a person is one of the others; to a directory, Anna and anna are one person."""
    return login.casefold() in {one.strip().casefold() for one in others}


def _over_limit(approver: Approver, amount: Money) -> str:
    if not approver.limits:
        return ""
    limit = approver.limits.get(amount.currency)
    if limit is None:
        return f"{approver.login} has no limit for {amount.currency} and may not approve in it"
    return f"{amount} is over the limit of {approver.login}, {limit}" if amount > limit else ""
