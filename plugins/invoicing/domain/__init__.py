"""The pure heart: values and rules of invoicing; standard library only."""
