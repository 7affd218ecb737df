"""What the made-up documents say, in each language that is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass

from invoicing.domain.parties import Address


@dataclass(frozen=True, slots=True)
class Words:
    """The client of one language, and the texts of what was done for it.

    ``lines`` are in the order of the facts in `drafts`, ``entries`` in that of the hours.
    """

    client: str
    address: Address
    tax_id: str
    title: str
    deposit: str
    discount: str
    reason: str
    lines: tuple[str, ...]
    entries: tuple[str, ...]
    earlier: tuple[str, ...]


_EN = Words(
    client="Harbor Health Europe GmbH",
    address=Address("Speicherstraße 4", "20457", "Hamburg", "DE"),
    tax_id="DE811569869",
    title="Patient data platform, November 2026",
    deposit="Deposit for the patient data platform",
    discount="Framework contract",
    reason="Two days of the architect were recorded twice; one gateway came back unused",
    lines=(
        "Milestone 3 of 5: warehouse and daily loads are live\naccepted on 24 November 2026",
        "Ada Keller, architect",
        "Jonas Berg, engineer, up to 20 hours",
        "Jonas Berg, engineer, above 20 hours",
        "Managed platform, November 2026",
        "Messages processed",
        "Edge gateway GW-200, serial numbers 40213 and 40214",
        "Train Berlin to Hamburg and back, 2 to 4 November, at cost",
        "Printed operations handbook",
        "Service credit: availability 99.21 % in October, agreed were 99.5 %",
    ),
    entries=(
        "Design of the load process",
        "Review of the access rules with the clinic",
        "Daily loads: appointments",
        "Daily loads: laboratory",
        "Alerting and dashboards",
        "Hand-over",
    ),
    earlier=("Milestone 2 of 5", "Managed platform, October 2026", "Training on site"),
)

_DE = Words(
    client="Nordwind Logistik GmbH",
    address=Address("Am Sandtorkai 77", "20457", "Hamburg", "DE"),
    tax_id="DE811569869",
    title="Datenplattform Flotte, November 2026",
    deposit="Anzahlung für die Datenplattform Flotte",
    discount="Rahmenvertrag",
    reason="Zwei Tage der Architektin wurden doppelt erfasst; ein Gateway kam unbenutzt zurück",
    lines=(
        "Meilenstein 3 von 5: Lager und tägliche Ladeläufe in Betrieb\nabgenommen am 24.11.2026",
        "Ada Keller, Architektin",
        "Jonas Berg, Entwickler, bis 20 Stunden",
        "Jonas Berg, Entwickler, ab 20 Stunden",
        "Betrieb der Plattform, November 2026",
        "Verarbeitete Nachrichten",
        "Edge-Gateway GW-200, Seriennummern 40213 und 40214",
        "Bahnfahrt Berlin - Hamburg und zurück, 2. bis 4. November, nach Beleg",
        "Gedrucktes Betriebshandbuch",
        "Service-Gutschrift: Verfügbarkeit 99,21 % im Oktober, vereinbart 99,5 %",
    ),
    entries=(
        "Entwurf des Ladelaufs",
        "Abstimmung der Zugriffsregeln",
        "Täglicher Ladelauf: Touren",
        "Täglicher Ladelauf: Werkstatt",
        "Alarme und Anzeigen",
        "Übergabe",
    ),
    earlier=("Meilenstein 2 von 5", "Betrieb der Plattform, Oktober 2026", "Schulung vor Ort"),
)

_FR = Words(
    client="Chênevert Énergie SAS",
    address=Address("18 quai de la Fosse", "44000", "Nantes", "FR"),
    tax_id="FR40303265045",
    title="Plateforme de données, novembre 2026",
    deposit="Acompte pour la plateforme de données",
    discount="Contrat-cadre",
    reason="Deux jours de l'architecte saisis deux fois ; une passerelle retournée non utilisée",
    lines=(
        "Jalon 3 sur 5 : entrepôt et chargements quotidiens en service\nreçu le 24 novembre 2026",
        "Ada Keller, architecte",
        "Jonas Berg, ingénieur, jusqu'à 20 heures",
        "Jonas Berg, ingénieur, au-delà de 20 heures",
        "Exploitation de la plateforme, novembre 2026",
        "Messages traités",
        "Passerelle GW-200, numéros de série 40213 et 40214",
        "Train Berlin - Nantes aller-retour, du 2 au 4 novembre, au coût réel",
        "Manuel d'exploitation imprimé",
        "Avoir de service : disponibilité de 99,21 % en octobre, 99,5 % convenus",
    ),
    entries=(
        "Conception du chargement",
        "Revue des règles d'accès",
        "Chargement quotidien : compteurs",
        "Chargement quotidien : clients",
        "Alertes et tableaux de bord",
        "Transfert",
    ),
    earlier=("Jalon 2 sur 5", "Exploitation, octobre 2026", "Formation sur site"),
)

_ES = Words(
    client="Olivares Alimentación S.L.",
    address=Address("Calle de la Paz 21", "46003", "Valencia", "ES"),
    tax_id="ESB58378431",
    title="Plataforma de datos, noviembre de 2026",
    deposit="Anticipo de la plataforma de datos",
    discount="Contrato marco",
    reason="Dos días de la arquitecta se anotaron dos veces; una pasarela se devolvió sin usar",
    lines=(
        "Hito 3 de 5: almacén y cargas diarias en servicio\naceptado el 24 de noviembre de 2026",
        "Ada Keller, arquitecta",
        "Jonas Berg, ingeniero, hasta 20 horas",
        "Jonas Berg, ingeniero, a partir de 20 horas",
        "Operación de la plataforma, noviembre de 2026",
        "Mensajes procesados",
        "Pasarela GW-200, números de serie 40213 y 40214",
        "Viaje Berlín - Valencia, del 2 al 4 de noviembre, a coste",
        "Manual de operación impreso",
        "Abono por servicio: disponibilidad del 99,21 % en octubre, acordado 99,5 %",
    ),
    entries=(
        "Diseño de la carga",
        "Revisión de las reglas de acceso",
        "Carga diaria: pedidos",
        "Carga diaria: almacén",
        "Alertas y paneles",
        "Entrega",
    ),
    earlier=("Hito 2 de 5", "Operación, octubre de 2026", "Formación presencial"),
)

WORDS: Mapping[str, Words] = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES}


def words_of(language: str) -> Words:
    """Return the texts in a language; English ones where there are none."""
    return WORDS.get(language.partition("-")[0], _EN)
