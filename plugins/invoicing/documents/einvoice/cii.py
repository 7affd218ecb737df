"""CII: the structured invoice as UN/CEFACT Cross Industry Invoice, profile EN 16931 (Factur-X)."""

from datetime import date

from invoicing.documents.einvoice.trees import Node, rate
from invoicing.domain.einvoicing.document import (
    Adjustment,
    Item,
    Party,
    Payment,
    StructuredInvoice,
    Vat,
)
from invoicing.domain.money import Money, plain
from invoicing.domain.parties import Address

GUIDELINE = "urn:cen.eu:en16931:2017"
_BASE = "urn:un:unece:uncefact:data:standard"
_SPACES = {
    "rsm": f"{_BASE}:CrossIndustryInvoice:100",
    "ram": f"{_BASE}:ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_BASE}:UnqualifiedDataType:100",
    "qdt": f"{_BASE}:QualifiedDataType:100",
}
_DAY = "102"  # UNTDID 2379: a day as 20261102
_DISCOUNT = "95"  # UNTDID 5189


def write_cii(invoice: StructuredInvoice) -> bytes:
    """Write a structured invoice as CII."""
    root = Node.root("rsm:CrossIndustryInvoice", _SPACES)
    context = root.add("rsm:ExchangedDocumentContext")
    if invoice.process:
        process = context.add("ram:BusinessProcessSpecifiedDocumentContextParameter")
        process.put("ram:ID", invoice.process)
    context.add("ram:GuidelineSpecifiedDocumentContextParameter").put("ram:ID", GUIDELINE)
    document = root.add("rsm:ExchangedDocument")
    document.put("ram:ID", invoice.number)
    document.put("ram:TypeCode", invoice.type.value)
    _day(document.add("ram:IssueDateTime"), invoice.issued_on)
    for code, text in invoice.notes:
        note = document.add("ram:IncludedNote")
        note.put("ram:Content", text)
        note.put("ram:SubjectCode", code)
    transaction = root.add("rsm:SupplyChainTradeTransaction")
    for item in invoice.items:
        _item(transaction.add("ram:IncludedSupplyChainTradeLineItem"), item)
    _agreement(transaction.add("ram:ApplicableHeaderTradeAgreement"), invoice)
    _delivery(transaction.add("ram:ApplicableHeaderTradeDelivery"), invoice)
    _settlement(transaction.add("ram:ApplicableHeaderTradeSettlement"), invoice)
    return root.bytes()


def _day(node: Node, day: date, space: str = "udt") -> None:
    node.put(f"{space}:DateTimeString", f"{day:%Y%m%d}", format=_DAY)


def _item(node: Node, item: Item) -> None:
    node.add("ram:AssociatedDocumentLineDocument").put("ram:LineID", item.number)
    product = node.add("ram:SpecifiedTradeProduct")
    product.put("ram:Name", item.name)
    product.put("ram:Description", item.description)
    agreement = node.add("ram:SpecifiedLineTradeAgreement")
    price = agreement.add("ram:NetPriceProductTradePrice")
    price.put("ram:ChargeAmount", plain(item.price))
    if item.base != 1:
        price.put("ram:BasisQuantity", plain(item.base), unitCode=item.unit)
    delivery = node.add("ram:SpecifiedLineTradeDelivery")
    delivery.put("ram:BilledQuantity", plain(item.quantity), unitCode=item.unit)
    settlement = node.add("ram:SpecifiedLineTradeSettlement")
    _category(settlement.add("ram:ApplicableTradeTax"), item.vat)
    if item.adjustment is not None:
        _adjustment(settlement.add("ram:SpecifiedTradeAllowanceCharge"), item.adjustment)
    sums = settlement.add("ram:SpecifiedTradeSettlementLineMonetarySummation")
    sums.sums("ram:LineTotalAmount", item.net)


def _category(node: Node, vat: Vat) -> None:
    node.put("ram:TypeCode", "VAT")
    node.put("ram:CategoryCode", vat.code)
    if vat.rate is not None:
        node.put("ram:RateApplicablePercent", rate(vat.rate))


def _adjustment(node: Node, adjustment: Adjustment) -> None:
    node.add("ram:ChargeIndicator").put(
        "udt:Indicator", "true" if adjustment.is_charge else "false"
    )
    if adjustment.percent is not None and adjustment.base is not None:
        node.put("ram:CalculationPercent", rate(adjustment.percent))
        node.sums("ram:BasisAmount", adjustment.base)
    node.sums("ram:ActualAmount", adjustment.amount)
    if not adjustment.is_charge:
        node.put("ram:ReasonCode", _DISCOUNT)
    node.put("ram:Reason", adjustment.reason)


def _agreement(node: Node, invoice: StructuredInvoice) -> None:
    references = invoice.references
    node.put("ram:BuyerReference", references.buyer)
    _party(node.add("ram:SellerTradeParty"), invoice.seller)
    _party(node.add("ram:BuyerTradeParty"), invoice.buyer)
    for name, number in (("BuyerOrder", references.order), ("Contract", references.contract)):
        if number:
            node.add(f"ram:{name}ReferencedDocument").put("ram:IssuerAssignedID", number)
    if references.project:
        project = node.add("ram:SpecifiedProcuringProject")
        project.put("ram:ID", references.project)
        project.put("ram:Name", references.project)


def _party(node: Node, party: Party) -> None:
    node.put("ram:ID", party.own_id)
    node.put("ram:Name", party.name)
    node.put("ram:Description", party.registration)
    if party.legal_id is not None:
        legal = node.add("ram:SpecifiedLegalOrganization")
        legal.put("ram:ID", party.legal_id.id, schemeID=party.legal_id.scheme)
    if party.contact is not None:
        _contact(node, party)
    _address(node.add("ram:PostalTradeAddress"), party.address)
    if party.endpoint is not None:
        endpoint = node.add("ram:URIUniversalCommunication")
        endpoint.put("ram:URIID", party.endpoint.id, schemeID=party.endpoint.scheme)
    for scheme, number in (("VA", party.vat_id), ("FC", party.tax_number)):
        if number:
            node.add("ram:SpecifiedTaxRegistration").put("ram:ID", number, schemeID=scheme)


def _contact(node: Node, party: Party) -> None:
    contact = party.contact
    if contact is None:
        return
    told = node.add("ram:DefinedTradeContact")
    told.put("ram:PersonName", contact.name)
    if contact.phone:
        phone = told.add("ram:TelephoneUniversalCommunication")
        phone.put("ram:CompleteNumber", contact.phone)
    if contact.email:
        told.add("ram:EmailURIUniversalCommunication").put("ram:URIID", contact.email)


def _address(node: Node, address: Address) -> None:
    node.put("ram:PostcodeCode", address.postal_code)
    node.put("ram:LineOne", address.street)
    node.put("ram:CityName", address.city)
    node.put("ram:CountryID", address.country)
    node.put("ram:CountrySubDivisionName", address.region)


def _delivery(node: Node, invoice: StructuredInvoice) -> None:
    if invoice.deliver_to is not None:
        place = node.add("ram:ShipToTradeParty")
        place.put("ram:Name", invoice.buyer.name)
        _address(place.add("ram:PostalTradeAddress"), invoice.deliver_to)
    if invoice.delivered_on is not None:
        event = node.add("ram:ActualDeliverySupplyChainEvent")
        _day(event.add("ram:OccurrenceDateTime"), invoice.delivered_on)


def _settlement(node: Node, invoice: StructuredInvoice) -> None:
    books = invoice.figures.tax_in_books
    node.put("ram:PaymentReference", "" if invoice.is_credit_note else invoice.number)
    node.put("ram:TaxCurrencyCode", books.currency if books else "")
    node.put("ram:InvoiceCurrencyCode", invoice.currency)
    if invoice.payment is not None:
        _payment(node.add("ram:SpecifiedTradeSettlementPaymentMeans"), invoice.payment)
    for group in invoice.breakdowns:
        tax = node.add("ram:ApplicableTradeTax")
        tax.sums("ram:CalculatedAmount", group.tax)
        tax.put("ram:TypeCode", "VAT")
        tax.put("ram:ExemptionReason", group.reason)
        tax.sums("ram:BasisAmount", group.net)
        tax.put("ram:CategoryCode", group.vat.code)
        tax.put("ram:ExemptionReasonCode", group.reason_code)
        if group.vat.rate is not None:
            tax.put("ram:RateApplicablePercent", rate(group.vat.rate))
    if invoice.period is not None:
        period = node.add("ram:BillingSpecifiedPeriod")
        _day(period.add("ram:StartDateTime"), invoice.period.starts_on)
        _day(period.add("ram:EndDateTime"), invoice.period.ends_on)
    for vat, adjustment in invoice.adjustments:
        allowance = node.add("ram:SpecifiedTradeAllowanceCharge")
        _adjustment(allowance, adjustment)
        _category(allowance.add("ram:CategoryTradeTax"), vat)
    if invoice.due_on is not None:
        terms = node.add("ram:SpecifiedTradePaymentTerms")
        _day(terms.add("ram:DueDateDateTime"), invoice.due_on)
    _figures(node.add("ram:SpecifiedTradeSettlementHeaderMonetarySummation"), invoice)
    if (before := invoice.references.preceding) is not None:
        reference = node.add("ram:InvoiceReferencedDocument")
        reference.put("ram:IssuerAssignedID", before.number)
        _day(reference.add("ram:FormattedIssueDateTime"), before.issued_on, "qdt")


def _payment(node: Node, payment: Payment) -> None:
    node.put("ram:TypeCode", payment.means)
    if payment.account:
        account = node.add("ram:PayeePartyCreditorFinancialAccount")
        account.put("ram:IBANID", payment.account)
        account.put("ram:AccountName", payment.holder)
    if payment.bic:
        node.add("ram:PayeeSpecifiedCreditorFinancialInstitution").put("ram:BICID", payment.bic)


def _figures(node: Node, invoice: StructuredInvoice) -> None:
    figures = invoice.figures
    node.sums("ram:LineTotalAmount", figures.lines)
    node.sums("ram:ChargeTotalAmount", figures.charges)
    node.sums("ram:AllowanceTotalAmount", figures.allowances)
    node.sums("ram:TaxBasisTotalAmount", figures.net)
    node.sums("ram:TaxTotalAmount", figures.tax, currency=True)
    if figures.tax_in_books is not None:
        node.sums("ram:TaxTotalAmount", figures.tax_in_books, currency=True)
    if _is_something(figures.rounding):
        node.sums("ram:RoundingAmount", figures.rounding)
    node.sums("ram:GrandTotalAmount", figures.gross)
    if _is_something(figures.prepaid):
        node.sums("ram:TotalPrepaidAmount", figures.prepaid)
    node.sums("ram:DuePayableAmount", figures.due)


def _is_something(money: Money) -> bool:
    return bool(money.amount)
