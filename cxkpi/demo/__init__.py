"""One contact centre's exports, made up, as real systems write them, with the truth counted while making them.

Everything here is invented. Names are combined from two lists; telephone numbers use the area code 01632, which is
not assigned to any place.
"""
