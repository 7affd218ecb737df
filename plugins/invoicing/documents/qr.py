"""The code that banking apps read (EPC069-12): account, amount and reference in one picture."""

import base64
from decimal import Decimal
from io import BytesIO

from invoicing.documents.printable import printable_text
from invoicing.domain.canonical import Plain

_COUNTRIES = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT"
    " NL NO PL PT RO RS SE SI SK SM VA"
)
"""Where accounts can be reached by a SEPA credit transfer."""
_MOST = Decimal("999999999.99")
_MASK = 3
_DOTS = 8  # of the picture, for each square: printers and screens keep the edges sharp
_NAME, _REFERENCE, _WHOLE = 70, 140, 331  # characters, characters, bytes


def payment_text(bank: dict[str, Plain], due: dict[str, Plain], reference: str) -> str:
    """Return the text of the code, or nothing where a credit transfer in euros is not the way."""
    iban = "".join(str(bank["iban"]).split()).upper()
    amount = Decimal(str(due["amount"]))
    if due["currency"] != "EUR" or not 0 < amount <= _MOST or not _is_sepa(iban):
        return ""
    holder = printable_text(str(bank["holder"]))[:_NAME]
    if not holder or not reference or len(reference) > _REFERENCE:
        return ""
    bic = "".join(str(bank["bic"]).split()).upper()
    paid = f"EUR{amount:.2f}"
    # Purpose, structured reference, then the text for the person; 002 may leave the BIC out.
    lines = ["BCD", "002", "1", "SCT", bic, holder, iban, paid, "", "", printable_text(reference)]
    text = "\n".join(lines)
    return text if len(text.encode()) <= _WHOLE else ""


def _is_sepa(iban: str) -> bool:
    if not (iban.isascii() and iban.isalnum() and 15 <= len(iban) <= 34):
        return False
    digits = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    return iban[:2] in _COUNTRIES.split() and int(digits) % 97 == 1


def picture(text: str) -> str:
    """Return a code as an address that holds the picture; nothing without text or without segno."""
    if not text:
        return ""
    try:
        import segno
    except ImportError:
        return ""
    # Level M and no smaller symbol are what the guideline asks for. One mask for all: trying the
    # eight of them takes three times as long as all the rest, and readers undo any.
    code = segno.make_qr(text, error="m", boost_error=False, encoding="utf-8", mask=_MASK)
    drawn = BytesIO()
    # Of a drawing WeasyPrint would read and draw each square: a picture costs it a tenth of that.
    code.save(drawn, kind="png", border=0, scale=_DOTS)
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"
