"""What a check of catalogues found, for people and for the programs that read such things."""
