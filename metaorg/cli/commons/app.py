"""The group of commands `metaorg commons`, to which the other files here add theirs."""

from metaorg.cli.command import application

app = application("Resources that members share, by the hash of their content.")
