"""What any command leaves behind: the names of its files, its record, and who is writing them."""
