"""The text of a body is read in the character set that it is labelled with."""

import pytest

from conformance.dicomweb.messages import Request, Response
from conformance.kit import media

TEXT = "Größe ± Wert"


def labelled(content, content_type):
    """A response with a body and its Content-Type."""
    return Response(
        404, "", (("Content-Type", content_type),), content, Request("GET", "http://x/studies", "/studies", ())
    )


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (TEXT.encode(), "text/html"),
        (TEXT.encode(), "text/html; charset=UTF-8"),
        (TEXT.encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (TEXT.encode("utf-16"), 'text/plain; charset="utf-16"'),
        (TEXT.encode(), "text/html; charset=none-such"),
        (TEXT.encode(), "text/html; charset=zip"),
        (TEXT.encode(), "text/html; charset=punycode"),
        (TEXT.encode(), "text/html; charset=a\0b"),
        (TEXT.encode(), "html"),
    ],
)
def test_text_is_that_of_its_character_set(content, content_type):
    assert media.text(labelled(content, content_type)) == TEXT


def test_what_the_character_set_lacks_is_replaced():
    assert media.text(labelled(b"caf\xe9", "text/plain")) == "caf\ufffd"
