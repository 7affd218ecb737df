"""UBL: the structured invoice as UBL 2.1, with the identifiers of Peppol BIS or XRechnung."""

from dataclasses import dataclass

from invoicing.documents.einvoice.trees import Node, rate
from invoicing.domain.einvoicing.document import (
    Adjustment,
    Breakdown,
    DocumentType,
    Item,
    Party,
    StructuredInvoice,
    Vat,
)
from invoicing.domain.money import plain
from invoicing.domain.parties import Address

_BASE = "urn:oasis:names:specification:ubl:schema:xsd"
_SPACES = {
    "cac": f"{_BASE}:CommonAggregateComponents-2",
    "cbc": f"{_BASE}:CommonBasicComponents-2",
}
_DISCOUNT = "95"  # UNTDID 5189


@dataclass(frozen=True, slots=True)
class Customization:
    """What the specification on top of UBL fixes.

    ``prepayments`` says that a deposit has a type of its own there (386); ``coded_notes`` that a
    note may name its subject as ``#AAI#text``, else all are one text (Peppol R002).
    """

    id: str
    process: str
    prepayments: bool
    coded_notes: bool


_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
PEPPOL = Customization(
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    _PROCESS,
    prepayments=True,
    coded_notes=False,
)
XRECHNUNG = Customization(
    "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
    _PROCESS,
    prepayments=False,
    coded_notes=True,
)


def write_ubl(invoice: StructuredInvoice, customization: Customization) -> bytes:
    """Write a structured invoice as UBL Invoice or CreditNote."""
    name = "CreditNote" if invoice.is_credit_note else "Invoice"
    root = Node.root(f"ubl:{name}", {"ubl": f"{_BASE}:{name}-2", **_SPACES})
    _head(root, invoice, customization)
    _references(root, invoice)
    _seller(root.add("cac:AccountingSupplierParty").add("cac:Party"), invoice.seller)
    _party(root.add("cac:AccountingCustomerParty").add("cac:Party"), invoice.buyer)
    _delivery(root, invoice)
    _payment(root, invoice)
    for vat, adjustment in invoice.adjustments:
        allowance = root.add("cac:AllowanceCharge")
        _adjustment(allowance, adjustment)
        _category(allowance.add("cac:TaxCategory"), vat)
    _taxes(root, invoice)
    _figures(root.add("cac:LegalMonetaryTotal"), invoice)
    for item in invoice.items:
        _item(root.add(f"cac:{name}Line"), item, is_credit=invoice.is_credit_note)
    return root.bytes()


def _head(root: Node, invoice: StructuredInvoice, customization: Customization) -> None:
    root.put("cbc:CustomizationID", customization.id)
    root.put("cbc:ProfileID", customization.process)
    root.put("cbc:ID", invoice.number)
    root.day("cbc:IssueDate", invoice.issued_on)
    if invoice.is_credit_note:
        root.put("cbc:CreditNoteTypeCode", invoice.type.value)
    else:
        root.day("cbc:DueDate", invoice.due_on)
        kind = invoice.type if customization.prepayments else DocumentType.INVOICE
        root.put("cbc:InvoiceTypeCode", kind.value)
    for note in _notes(invoice, customization):
        root.put("cbc:Note", note)
    root.put("cbc:DocumentCurrencyCode", invoice.currency)
    books = invoice.figures.tax_in_books
    root.put("cbc:TaxCurrencyCode", books.currency if books else "")
    root.put("cbc:BuyerReference", invoice.references.buyer)


def _notes(invoice: StructuredInvoice, customization: Customization) -> list[str]:
    if not customization.coded_notes:
        return ["\n".join(text for _, text in invoice.notes)]
    return [f"#{code}#{text}" if code else text for code, text in invoice.notes]


def _references(root: Node, invoice: StructuredInvoice) -> None:
    references = invoice.references
    if invoice.period is not None:
        period = root.add("cac:InvoicePeriod")
        period.day("cbc:StartDate", invoice.period.starts_on)
        period.day("cbc:EndDate", invoice.period.ends_on)
    if references.order:
        root.add("cac:OrderReference").put("cbc:ID", references.order)
    if (before := references.preceding) is not None:
        document = root.add("cac:BillingReference").add("cac:InvoiceDocumentReference")
        document.put("cbc:ID", before.number)
        document.day("cbc:IssueDate", before.issued_on)
    if references.contract:
        root.add("cac:ContractDocumentReference").put("cbc:ID", references.contract)
    if references.project and invoice.is_credit_note:
        # UBL 2.1 has no project on a credit note; EN 16931 puts it here.
        document = root.add("cac:AdditionalDocumentReference")
        document.put("cbc:ID", references.project)
        document.put("cbc:DocumentTypeCode", "50")
    elif references.project:
        root.add("cac:ProjectReference").put("cbc:ID", references.project)


def _seller(node: Node, party: Party) -> None:
    _party(node, party)
    if (contact := party.contact) is not None:
        told = node.add("cac:Contact")
        told.put("cbc:Name", contact.name)
        told.put("cbc:Telephone", contact.phone)
        told.put("cbc:ElectronicMail", contact.email)


def _party(node: Node, party: Party) -> None:
    if party.endpoint is not None:
        node.put("cbc:EndpointID", party.endpoint.id, schemeID=party.endpoint.scheme)
    if party.own_id:
        node.add("cac:PartyIdentification").put("cbc:ID", party.own_id)
    _address(node.add("cac:PostalAddress"), party.address)
    # BT-32 has no code of its own in UBL: any scheme but VAT is read as it.
    for scheme, number in (("VAT", party.vat_id), ("TAX", party.tax_number)):
        if number:
            tax = node.add("cac:PartyTaxScheme")
            tax.put("cbc:CompanyID", number)
            tax.add("cac:TaxScheme").put("cbc:ID", scheme)
    legal = node.add("cac:PartyLegalEntity")
    legal.put("cbc:RegistrationName", party.name)
    if party.legal_id is not None:
        legal.put("cbc:CompanyID", party.legal_id.id, schemeID=party.legal_id.scheme)
    legal.put("cbc:CompanyLegalForm", party.registration)


def _address(node: Node, address: Address) -> None:
    node.put("cbc:StreetName", address.street)
    node.put("cbc:CityName", address.city)
    node.put("cbc:PostalZone", address.postal_code)
    node.put("cbc:CountrySubentity", address.region)
    node.add("cac:Country").put("cbc:IdentificationCode", address.country)


def _delivery(root: Node, invoice: StructuredInvoice) -> None:
    if invoice.delivered_on is None and invoice.deliver_to is None:
        return
    delivery = root.add("cac:Delivery")
    delivery.day("cbc:ActualDeliveryDate", invoice.delivered_on)
    if invoice.deliver_to is not None:
        _address(delivery.add("cac:DeliveryLocation").add("cac:Address"), invoice.deliver_to)


def _payment(root: Node, invoice: StructuredInvoice) -> None:
    payment = invoice.payment
    if payment is None:
        return
    means = root.add("cac:PaymentMeans")
    means.put("cbc:PaymentMeansCode", payment.means)
    if not payment.account:
        return
    means.put("cbc:PaymentID", invoice.number)
    account = means.add("cac:PayeeFinancialAccount")
    account.put("cbc:ID", payment.account)
    account.put("cbc:Name", payment.holder)
    if payment.bic:
        account.add("cac:FinancialInstitutionBranch").put("cbc:ID", payment.bic)


def _adjustment(node: Node, adjustment: Adjustment) -> None:
    node.put("cbc:ChargeIndicator", "true" if adjustment.is_charge else "false")
    if not adjustment.is_charge:
        node.put("cbc:AllowanceChargeReasonCode", _DISCOUNT)
    node.put("cbc:AllowanceChargeReason", adjustment.reason)
    if adjustment.percent is not None:
        node.put("cbc:MultiplierFactorNumeric", rate(adjustment.percent))
    node.sums("cbc:Amount", adjustment.amount, currency=True)
    if adjustment.base is not None:
        node.sums("cbc:BaseAmount", adjustment.base, currency=True)


def _category(node: Node, vat: Vat, group: Breakdown | None = None) -> None:
    node.put("cbc:ID", vat.code)
    if vat.rate is not None:
        node.put("cbc:Percent", rate(vat.rate))
    if group is not None:
        node.put("cbc:TaxExemptionReasonCode", group.reason_code)
        node.put("cbc:TaxExemptionReason", group.reason)
    node.add("cac:TaxScheme").put("cbc:ID", "VAT")


def _taxes(root: Node, invoice: StructuredInvoice) -> None:
    total = root.add("cac:TaxTotal")
    total.sums("cbc:TaxAmount", invoice.figures.tax, currency=True)
    for group in invoice.breakdowns:
        subtotal = total.add("cac:TaxSubtotal")
        subtotal.sums("cbc:TaxableAmount", group.net, currency=True)
        subtotal.sums("cbc:TaxAmount", group.tax, currency=True)
        _category(subtotal.add("cac:TaxCategory"), group.vat, group)
    if (books := invoice.figures.tax_in_books) is not None:
        root.add("cac:TaxTotal").sums("cbc:TaxAmount", books, currency=True)


def _figures(node: Node, invoice: StructuredInvoice) -> None:
    figures = invoice.figures
    node.sums("cbc:LineExtensionAmount", figures.lines, currency=True)
    node.sums("cbc:TaxExclusiveAmount", figures.net, currency=True)
    node.sums("cbc:TaxInclusiveAmount", figures.gross, currency=True)
    for name, money in (
        ("AllowanceTotal", figures.allowances),
        ("ChargeTotal", figures.charges),
        ("Prepaid", figures.prepaid),
        ("PayableRounding", figures.rounding),
    ):
        if money.amount:
            node.sums(f"cbc:{name}Amount", money, currency=True)
    node.sums("cbc:PayableAmount", figures.due, currency=True)


def _item(node: Node, item: Item, *, is_credit: bool) -> None:
    quantity = "CreditedQuantity" if is_credit else "InvoicedQuantity"
    node.put("cbc:ID", item.number)
    node.put(f"cbc:{quantity}", plain(item.quantity), unitCode=item.unit)
    node.sums("cbc:LineExtensionAmount", item.net, currency=True)
    if item.adjustment is not None:
        _adjustment(node.add("cac:AllowanceCharge"), item.adjustment)
    product = node.add("cac:Item")
    product.put("cbc:Description", item.description)
    product.put("cbc:Name", item.name)
    _category(product.add("cac:ClassifiedTaxCategory"), item.vat)
    price = node.add("cac:Price")
    price.put("cbc:PriceAmount", plain(item.price), currencyID=item.net.currency)
    if item.base != 1:
        price.put("cbc:BaseQuantity", plain(item.base), unitCode=item.unit)
