"""Models of MLflow: which version a run loads, and which model it registers once it is recorded."""
