"""Put the structured invoice inside the PDF, so that one file is both (Factur-X, ZUGFeRD)."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weasyprint import Document

    from invoicing.documents.fetcher import StrictFetcher

NAME = "factur-x.xml"
RELATIONSHIP = "Alternative"
"""The XML says the same as the paper (of XRechnung it would be the source)."""
_DESCRIPTION = "The invoice as data (Factur-X, EN 16931)"

# Readers look for this in the metadata; PDF/A wants the schema of what it does not know itself.
_XMP = b"""<rdf:Description rdf:about=""
 xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType>
<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version>
<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#\
</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
%s</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
_END = b"</rdf:RDF>"
_PROPERTY = b"""<rdf:li rdf:parseType="Resource">
<pdfaProperty:name>%s</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType>
<pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>%s</pdfaProperty:description>
</rdf:li>
"""
_PROPERTIES = (
    (b"DocumentFileName", b"The name of the embedded XML document"),
    (b"DocumentType", b"The type of the hybrid document in capital letters, INVOICE"),
    (b"Version", b"The actual version of the standard applying to the embedded XML document"),
    (b"ConformanceLevel", b"The conformance level of the embedded XML document"),
)
METADATA = _XMP % b"".join(_PROPERTY % one for one in _PROPERTIES)


def add_xml(document: "Document", xml: bytes, day: datetime, fetcher: "StrictFetcher") -> None:
    """Attach ``xml`` with the dates of the invoice: the clock would change the bytes."""
    from weasyprint import Attachment

    attachment = Attachment(
        string=xml,
        url_fetcher=fetcher,
        name=NAME,
        description=_DESCRIPTION,
        created=day,
        modified=day,
        relationship=RELATIONSHIP,
    )
    document.metadata.attachments.append(attachment)
    usual = document.metadata.generate_rdf_metadata

    def with_ours(*asked: object) -> bytes:
        # Not as `xmp_metadata`: that would be a second rdf:RDF, and readers look into the first.
        head, end, tail = usual(*asked).rpartition(_END)
        return b"".join((head, METADATA, end, tail))

    document.metadata.generate_rdf_metadata = with_ours
