import pytest

from conformance.reporting.page import render

from . import factory


@pytest.fixture(params=[factory.conforming, factory.deviating, factory.hostile])
def page(request, tmp_path):
    path = tmp_path / "conformance.html"
    path.write_text(render(request.param(), factory.SHA), encoding="utf-8")
    return path


def test_the_browser_would_notice(chromium, tmp_path):
    path = tmp_path / "open.html"
    path.write_text("<script>document.title='owned'</script>")
    refused = tmp_path / "refused.html"
    refused.write_text(
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><p style="color: red">"""
    )

    seen = "<title>owned</title>" in chromium.dom(path), len(chromium.console(refused))

    assert seen == (True, 1)


def test_the_page_opens_without_a_word_in_the_console(chromium, page):
    assert chromium.console(page) == []


def test_no_script_of_a_server_runs(chromium, page):
    title = chromium.dom(page).split("<title>")[1].split("</title>")[0]

    assert title.startswith(("Conforms: ", "Deviates: "))


def test_the_page_prints(chromium, page, tmp_path):
    chromium.pdf(page, tmp_path / "conformance.pdf")

    assert (tmp_path / "conformance.pdf").read_bytes().startswith(b"%PDF-")
