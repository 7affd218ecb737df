"""Report, the border: what outside systems answer becomes billing events, work and payments."""

from invoicing.adapters.rest import Peer
from invoicing.adapters.sources.ask import RestSources
from invoicing.adapters.sources.money_in import PaymentReport
from invoicing.adapters.sources.sales import Deal

__all__ = ["Deal", "PaymentReport", "Peer", "RestSources"]
