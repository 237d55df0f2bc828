"""What is handed out about a concluded search: the report and the disclosure bundle."""
