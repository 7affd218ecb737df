"""The web part of the plugin: webhooks of the sources, and the pages finance works with."""
