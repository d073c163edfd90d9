"""What is loaded, from where, how good."""
from pages.shared import filters
reader = filters.bar(filters=())
