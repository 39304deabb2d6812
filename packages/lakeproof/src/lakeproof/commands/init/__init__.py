"""`kedro lakeproof init`: what a Kedro project needs in order to be recorded.

Each step says, of what a file holds, what it should hold, and writes nothing: what they come to is
one draft, which is shown, checked and written by one place.
"""
