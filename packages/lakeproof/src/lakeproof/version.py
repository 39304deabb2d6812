"""The version of Lakeproof, which every record names."""

VERSION = "0.2.0"
