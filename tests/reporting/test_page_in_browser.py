import re

import pytest

from conformance.reporting import qualification
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


def test_axe_would_notice(chromium, axe, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text('<html><body><main><h1 style="color: #ccc">Pale</h1><img src="data:,"></main></body></html>')

    rules = [rule for rule, _ in chromium.violations(path, axe)]

    assert {"color-contrast", "html-has-lang", "image-alt"} <= set(rules)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 500])
def test_everybody_can_read_the_page(chromium, axe, page, dark, width):
    assert chromium.violations(page, axe, dark, width) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_read_the_record(chromium, axe, record, dark, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(qualification.render(record), encoding="utf-8")

    assert chromium.violations(path, axe, dark) == []


def test_the_page_prints_on_paper(chromium, page, tmp_path):
    # A4, in points: the cover, the findings, and the acceptance on a page of its own.
    sheets = printed(chromium, page, tmp_path)

    assert (len(sheets) >= 3, set(sheets)) == (True, {(595, 842)})


def test_the_record_prints_on_paper(chromium, record, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(qualification.render(record), encoding="utf-8")

    assert set(printed(chromium, path, tmp_path)) == {(842, 595)}


def printed(chromium, page, folder):
    """The width and height of each page of the PDF."""
    chromium.pdf(page, folder / "page.pdf")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (folder / "page.pdf").read_bytes())
    return [(round(float(width)), round(float(height))) for width, height in boxes]
