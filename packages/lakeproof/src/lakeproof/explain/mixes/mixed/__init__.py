"""The record that a mix is planned by, put together of two."""
