"""Artefacts: files that are whole or absent, tables with a schema, where each comes from. Never imports torch."""
