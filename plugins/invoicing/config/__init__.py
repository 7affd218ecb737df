"""What people write down in config/, read strictly and handed on as values of the domain."""
