"""Make a new project out of this one: the part of `kedro new` that is ours.

`asking` derives and refuses names while cookiecutter asks for them, by the rules of `names`;
`files` copies and renames, `machinery` adds the wheel, `repository` makes the first commit,
`project` does one after the other in `hooks/post_gen_project.py`. Nothing beyond what Kedro brings,
on any Python that Kedro runs on: it runs in the environment of whoever types `kedro new`.
"""
