"""How long versions live: who needs them, what that costs, and what may go.

A lease says that a run needs a version of a table. Maintenance asks the leases before it deletes.
Not for what a table promises by itself (`delta.retention`), nor for records: what a run has read is
handed down to here.
"""
