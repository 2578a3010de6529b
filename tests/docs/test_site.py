"""The site that `make site` has built: `make check-site`; each page in a real browser: `make full`."""

import json
import re
from urllib.parse import unquote, urlsplit

import pytest
from browser import browser, served
from conftest import ROOT

SITE = ROOT / "site"
pytestmark = pytest.mark.site
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
NOTEBOOKS = [name for name in PAGES if re.match(r"notebooks/(\d\d_|project)", name)]
WIDTHS = (360, 768, 1440)
TWENTY = json.loads((ROOT / "mnist_tutorial/course/twenty.json").read_text())["digits"]
DRAWN = {digit["label"]: digit["strokes"] for digit in TWENTY}


@pytest.fixture(scope="module")
def address():
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


class Visit:
    """A page, with what it has asked for and what went wrong on it."""

    def __init__(self, chromium, **options):
        self.context = chromium.new_context(**options)
        self.page = self.context.new_page()
        self.requests, self.complaints, self.responses = [], [], {}
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text)
        )
        self.page.on("response", lambda response: self.responses.update({response.url: response}))

    def go(self, address):
        self.page.goto(address, wait_until="networkidle")
        return self.page

    def bytes(self):
        bodies = {}
        while waiting := self.responses.keys() - bodies.keys():  # more may come while we ask for those that are here
            bodies |= {url: len(answer.body()) if (answer := self.responses[url]).ok else 0 for url in waiting}
        return sum(bodies.values())


@pytest.mark.full
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_sound_at_each_width_in_each_scheme(name, chromium, address):
    from axe_playwright_python.sync_playwright import Axe  # which only `make site` installs

    for scheme in ("light", "dark"):
        visit = Visit(chromium, color_scheme=scheme)
        page = visit.go(address + name)
        assert visit.bytes() <= (1e6 if name == "index.html" else 3e6)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{width} pixels, {scheme}: {wide} pixels wider than the screen"
            # Colours do not depend on the width, and take axe five times as long as all other rules.
            rules = {"color-contrast": {"enabled": width == max(WIDTHS)}}
            options = {"resultTypes": ["violations"], "rules": rules}
            found = Axe().run(page, options=options).response["violations"]
            serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]
            assert serious == [], f"{width} pixels, {scheme}"
        assert visit.complaints == []
        assert [url for url in visit.requests if not url.startswith((address, "data:", "blob:"))] == []
        visit.context.close()


def test_links_and_pictures_lead_to_what_is_there_and_from_each_page_to_the_front():
    front, anchors = (SITE / "index.html").resolve(), {}
    for path in SITE.rglob("*.html"):
        anchors[path.resolve()] = set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))
    for name in PAGES:
        text, reached = (SITE / name).read_text(encoding="utf-8"), {(SITE / name).resolve()}
        for target in re.findall(r'<(?:a|img|link|script)\b[^>]*?\b(?:href|src)="([^"]+)"', text):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
            path = (path / "index.html" if path.is_dir() else path).resolve()
            elsewhere = parts.fragment and path in anchors and unquote(parts.fragment) not in anchors[path]
            assert path.exists(), (name, target)
            assert not elsewhere, (name, target)
            reached.add(path)
        assert front in reached, name


def test_pictures_and_widgets_are_told_in_words():
    for name in NOTEBOOKS:
        text = (SITE / name).read_text(encoding="utf-8")
        figures = re.findall(r'<img [^>]*src="[^"]*_images/[^>]*>', text)
        assert all(re.search(r'alt="[^"]{10,}"', figure) for figure in figures), name
        asked = (ROOT / name.replace(".html", ".ipynb")).read_text(encoding="utf-8").count(" = mt.guess(")
        assert text.count("<strong>Guess first:</strong>") == asked, name
    assert any('class="term"' in (SITE / name).read_text(encoding="utf-8") for name in NOTEBOOKS)


@pytest.mark.parametrize("digit", [2, pytest.param(7, marks=pytest.mark.full)])
def test_a_digit_drawn_by_mouse_on_the_front_page_is_read(digit, chromium, address):
    visit = Visit(chromium, viewport={"width": 1440, "height": 900})
    page = visit.go(address)
    paper = page.locator("#draw canvas.paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    for stroke in DRAWN[digit]:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points:
            page.mouse.move(*point)
        page.mouse.up()
    assert f"reads {digit}," in page.locator("#draw .reading").text_content()
    assert page.locator("#draw").get_by_text("Keep as").count() == 0
    visit.context.close()


@pytest.mark.full
@pytest.mark.parametrize("scripts", [False, True])
def test_without_scripts_or_a_canvas_the_front_page_says_what_it_would_show(scripts, chromium, address):
    visit = Visit(chromium, java_script_enabled=scripts)
    visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = visit.go(address)
    assert page.locator("#draw img").is_visible()
    assert page.locator("#draw canvas").count() == 0
    assert visit.complaints == []
    visit.context.close()
