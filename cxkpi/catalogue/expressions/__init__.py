"""Expression text to typed trees: words, functions, what names mean, what may be empty."""
