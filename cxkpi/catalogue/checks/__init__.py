"""What is wrong with a definition that has the right form, and whose mistake it is."""
