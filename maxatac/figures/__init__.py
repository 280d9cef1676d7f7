"""Draw figures and write markup for any command.

The colours and styles of all figures are set here.
"""
