"""Measures held against gold standards, our own validation passages, and published findings."""
