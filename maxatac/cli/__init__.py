"""The command line: options in, one call of a public function, an exit status out."""
