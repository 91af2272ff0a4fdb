"""A trained network as a page that reads drawings on any device, without a server or a network."""

from digitrec.offline.graph import Graph, GraphError, read_graph
from digitrec.offline.page import MAX_PAGE_BYTES, PAGES, PageError, PageFormat, make_app, make_page, pack_model

__all__ = [
    "MAX_PAGE_BYTES",
    "PAGES",
    "Graph",
    "GraphError",
    "PageError",
    "PageFormat",
    "make_app",
    "make_page",
    "pack_model",
    "read_graph",
]
