"""Start Spark as a project says, quietly, once, and only when rows are to be moved by it.

Not for tables (`delta`): this room knows sessions, jars and Java. Importing it imports no Spark.
"""
