"""The version of Lakeproof, which every record names."""

VERSION = "0.3.0.dev0"
