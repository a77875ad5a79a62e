"""Bedrock batch files as a small library: safe names, legal splits, staged folders. Needs no database."""
