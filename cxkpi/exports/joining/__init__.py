"""The rows of all files joined: versions, people, legs, spells, and what names what no file holds."""
