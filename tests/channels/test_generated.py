"""What is generated from the wire is what would be generated now: run `make protocol` when this fails."""

import pytest

from scripts import generate_docs, wire_typescript


@pytest.mark.parametrize("name", generate_docs.FACES)
def test_a_generated_file_is_up_to_date(name: str) -> None:
    assert name not in generate_docs.stale(), "run `make protocol`"


def test_the_reference_names_every_frame_event_code_and_reason() -> None:
    text = generate_docs.markdown()
    kinds = set(generate_docs.EventKind) - generate_docs.UNSEEN_KINDS
    tags = {wire_typescript.tag_of(one) for one in wire_typescript.structs()} - {None}
    names = {*kinds, *tags, *generate_docs.Code, *(one.reason for one in generate_docs.CloseCode)}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
