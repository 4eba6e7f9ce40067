"""Indicators in and out, in the forms that other tools speak: STIX 2.1, MISP JSON, TAXII 2.1."""
