"""On what a run ran: interpreter, libraries, configuration, machine."""
