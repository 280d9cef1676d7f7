"""Drawing and markup that any command may use."""
