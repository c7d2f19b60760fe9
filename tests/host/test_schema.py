"""The nodes against what is committed about them: the snapshot of ids, inputs and outputs, and the English texts."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.host

REWRITE = "Where it is meant: python scripts/locales.py --update-schema (with ComfyUI's Python)."


@pytest.fixture
def pack_nodes(host):
    return host.pack("nodes").NODES


@pytest.fixture
def load(request, root):
    """A module of this checkout from its file."""
    conftest = next(p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "find_comfyui"))
    return lambda *parts: conftest._module(root.joinpath(*parts))


def test_no_node_input_or_output_is_gone_or_means_something_else(load, pack_nodes):
    snapshot = load("tests", "host", "snapshot.py")
    broken = snapshot.breaks(snapshot.read(), snapshot.describe(pack_nodes))
    assert not broken, "saved workflows would break: " + "; ".join(broken)


def test_the_snapshot_is_of_todays_nodes(load, pack_nodes):
    snapshot = load("tests", "host", "snapshot.py")
    assert snapshot.describe(pack_nodes) == snapshot.read(), REWRITE


def test_the_english_texts_are_those_of_the_nodes(load, pack_nodes):
    for path, text in load("scripts", "locales.py").files(pack_nodes).items():
        assert path.read_text(encoding="utf-8") == text, REWRITE


def test_texts_that_the_page_would_show_wrong_are_refused(load, pack_nodes):
    class Braces:
        @classmethod
        def GET_SCHEMA(cls):  # noqa: N802 - the host's name
            schema = pack_nodes[0].GET_SCHEMA()
            return type(schema)("ToraBraces", "Braces", description="paste {x: 1} | or @y", category="Tora")

    with pytest.raises(ValueError, match=r"ToraBraces\.description"):
        load("scripts", "locales.py").files([Braces])


def test_every_socket_type_and_category_of_the_pack_has_an_english_name(load, pack_nodes):
    main = load("scripts", "locales.py").MAIN
    schemas = [node.GET_SCHEMA() for node in pack_nodes]
    types = {slot.get_io_type() for schema in schemas for slot in (*schema.inputs, *schema.outputs)}
    assert {name for name in types if name.startswith("TORA_")} == set(main["dataTypes"])
    assert {part for schema in schemas for part in schema.category.split("/")} == set(main["nodeCategories"])
