"""A sender is proven by our own mail server or not at all."""

import pytest

from invoicing.domain.mail_proof import is_proven

OURS = ("mx.brightwater.example",)
SENDER = "lea@lead.example"


@pytest.mark.parametrize(
    "results",
    [
        "mx.brightwater.example; dmarc=pass header.from=lead.example",
        "MX.Brightwater.Example 1; dmarc=pass (p=reject) header.from=Lead.Example",
        "mx.brightwater.example; spf=fail smtp.mailfrom=x.example; dkim=pass header.d=lead.example",
        "mx.brightwater.example; dkim=fail header.d=x.example; dkim=pass header.d=lead.example",
        'mx.brightwater.example; dkim = pass reason="good; fine" header.d="lead.example"',
        "mx.brightwater.example; dmarc/1=pass header.from=lead.example",
        r"mx.brightwater.example (a \) b (c)); dmarc=pass header.from=lead.example",
    ],
)
def test_dmarc_or_an_aligned_signature_proves_the_sender(results: str) -> None:
    assert is_proven(results, OURS, SENDER)


@pytest.mark.parametrize(
    "results",
    [
        "",
        "mx.brightwater.example",
        "mx.brightwater.example; none",
        "; dmarc=pass header.from=lead.example",
        "mx.evil.example; dmarc=pass header.from=lead.example",
        "mx.brightwater.example.evil.example; dmarc=pass header.from=lead.example",
        "mx.brightwater.example; dmarc=pass header.from=evil.example",
        "mx.brightwater.example; dmarc=pass",
        "mx.brightwater.example; dmarc=fail header.from=lead.example",
        "mx.brightwater.example; dkim=pass header.d=lead.example; dmarc=fail header.from=x.example",
        "mx.brightwater.example; spf=pass smtp.mailfrom=lead.example",
        "mx.brightwater.example; dkim=pass header.d=evil.example",
        "mx.brightwater.example; dkim=pass header.d=evillead.example",
        "mx.brightwater.example; dkim=pass header.d=mail.lead.example",
        "mx.brightwater.example; dkim=pass header.d=example",
        "mx.brightwater.example; dkim=pass",
        "mx.brightwater.example; dkim=neutral header.d=lead.example",
        'mx.brightwater.example; spf=pass smtp.mailfrom="a; dmarc=pass header.from=lead.example"',
        r'mx.brightwater.example; spf=pass smtp.helo="a\"; dmarc=pass header.from=lead.example"',
        "mx.brightwater.example; spf=pass (x; dmarc=pass header.from=lead.example)",
        "mx.brightwater.example; dmarc=pass header.from=lead.example (not closed",
        'mx.brightwater.example; dmarc=pass header.from="lead.example',
    ],
)
def test_everything_else_proves_nothing(results: str) -> None:
    assert not is_proven(results, OURS, SENDER)


def test_a_domain_above_the_senders_may_sign_for_it() -> None:
    results = "mx.brightwater.example; dkim=pass header.d=lead.example"

    assert is_proven(results, OURS, "lea@mail.lead.example")
    assert not is_proven(results, OURS, "")
    assert not is_proven(results, (), SENDER)
