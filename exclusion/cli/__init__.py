"""The command line's parts: what each group of commands does and how it prints."""
