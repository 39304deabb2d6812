"""What stands in a project's folder and is believed only from whoever wrote it: this user."""
