"""One module a subject: what each section of the story tells."""
