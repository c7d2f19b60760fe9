"""One module a subcommand of `tora`; each offers `add_parsers(subparsers)`."""
