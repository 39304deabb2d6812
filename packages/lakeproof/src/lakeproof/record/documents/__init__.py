"""A record as a document: written, read strictly, brought up to today's schema."""
