"""The code of a recorded run, laid out again byte for byte."""
