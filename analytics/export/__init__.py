"""Result tables as files that others open."""
