"""Documents: pages become PDF files and invoices become mail texts, from templates alone."""
