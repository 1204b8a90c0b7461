"""The app as a person meets it: a real Chromium on a real server, the map's pixels, and nobody else asked for anything.

One server and one browser for all; with CI set a missing browser is a failure.
"""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from brief_case import case_with_areas
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains

from coverage.brief import palette
from coverage.brief.web_plan import standalone_map

ROOT = Path(__file__).resolve().parents[1]
FIRST_S = 120  # the first page: libraries, kernels, the sample
NEXT_S = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--window-size=1400,1000",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--lang=vi",
)
PAGES = (("Dữ liệu", "Lớp dữ liệu"), ("Phương án", "thôn hết trắng sóng"), ("Xuất hồ sơ", "Ghi hồ sơ"))

pytestmark = pytest.mark.browser


def missing(what: str) -> None:
    """Skip, or fail where CI demands a browser."""
    reason = f"{what} not found: apt install chromium chromium-driver"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    binary = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    chromedriver = shutil.which("chromedriver")
    if not binary or not chromedriver:
        missing("Chromium or chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(binary)
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    # given the driver's path, selenium has no reason to ask the internet for one; these keep it from reporting home
    environment = os.environ | {"SE_AVOID_STATS": "true", "SE_OFFLINE": "true"}
    os.environ.update({k: environment[k] for k in ("SE_AVOID_STATS", "SE_OFFLINE")})
    chrome = webdriver.Chrome(options=options, service=Service(chromedriver, env=environment))
    yield chrome
    chrome.quit()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A running app."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log.txt"
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT)
    running = Server(port, process, log)
    try:
        until(lambda: answers(running), FIRST_S, "the server to answer")
        yield running
    finally:
        process.terminate()
        process.wait(20)


def answers(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=2) as reply:  # noqa: S310 - our own
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def until(ready: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until ``ready`` is true; a page that changes under our hands is asked again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except (WebDriverException, StopIteration):
            pass
        time.sleep(0.2)
    pytest.fail(f"waited {seconds:.0f} s for {what}")


class Screen:
    """What a person does and sees."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def text(self) -> str:
        return str(self.driver.execute_script("return document.body.innerText"))

    def frame(self) -> object:
        return next(
            f
            for f in self.driver.find_elements("css selector", "iframe")
            if "folium" in (f.get_attribute("title") or "")
        )

    def in_map(self, script: str) -> object:
        self.driver.switch_to.frame(self.frame())
        try:
            return self.driver.execute_script(script)
        finally:
            self.driver.switch_to.default_content()

    def map_ready(self) -> bool:
        return bool(
            self.in_map(
                "return !!(window.map && map.psReady && map.psLayers.length"
                " && map.psLayers.every(l => !map.hasLayer(l) || l.psState() === 'ready'))"
            )
        )

    def open_page(self, title: str, wanted: str) -> None:
        links = self.driver.find_elements("css selector", "[data-testid='stSidebarNavLink']")
        next(link for link in links if link.text.strip().endswith(title)).click()
        until(lambda: wanted in self.text(), NEXT_S, f"{wanted!r} on {title!r}")

    def pixels(self) -> np.ndarray:
        """Return the map as the browser draws it, (rows, columns, 3)."""
        picture = Image.open(io.BytesIO(self.frame().screenshot_as_png)).convert("RGB")
        return np.asarray(picture)


@pytest.fixture(scope="module")
def screen(driver: webdriver.Chrome, server: Server) -> Screen:
    driver.get(server.address)
    seen = Screen(driver)
    until(seen.map_ready, FIRST_S, "the first page's map")
    return seen


def colour_share(pixels: np.ndarray, colour: str) -> float:
    """Return the share of pixels within a small distance of a colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(pixels.astype(int) - wanted).max(axis=2) <= 12).mean())


def test_the_first_page_shows_the_map_with_layers_and_pixels(screen: Screen) -> None:
    shown = screen.in_map(
        "return map.psLayers.filter(l => map.hasLayer(l)).map(l => [l.psTitle, l.getLayers().length])"
    )
    layers = dict(shown)
    assert layers["Thôn theo tình trạng"] == 150
    assert layers["Xã theo tình trạng"] == 12
    assert any(name.startswith("Trạm") for name in layers)
    pixels = screen.pixels()
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 500  # relief and all, not a white box
    assert colour_share(pixels, palette.STATUS["trang"]) > 0.0005
    assert colour_share(pixels, palette.STATUS["phu"]) > 0.0005
    assert colour_share(pixels, "#ffffff") < 0.6
    text = screen.text()
    for words in ("Khoảng trống phủ sóng", "Dữ liệu minh họa", "Thôn trắng sóng", "Mã gói"):
        assert words in text
    legend = screen.in_map("return document.querySelector('.leaflet-control-layers').innerText")
    assert "Chú giải" in legend
    attribution = screen.in_map("return document.querySelector('.leaflet-control-attribution').innerText")
    assert "Leaflet" not in attribution
    assert "Huyện biên giới minh họa" in attribution


def test_the_relief_lies_under_the_communes(screen: Screen) -> None:
    """The image's corners stand where Leaflet puts their degrees, within a pixel."""
    off = screen.in_map("""
        var image = Object.values(map._layers).find(l => l instanceof L.ImageOverlay);
        var box = image._image.getBoundingClientRect(), frame = map.getContainer().getBoundingClientRect();
        var nw = map.latLngToContainerPoint(image.getBounds().getNorthWest());
        var se = map.latLngToContainerPoint(image.getBounds().getSouthEast());
        return [box.left - frame.left - nw.x, box.top - frame.top - nw.y,
                box.right - frame.left - se.x, box.bottom - frame.top - se.y];
    """)
    assert max(abs(float(d)) for d in off) < 1.5


def test_a_click_on_a_village_shows_its_card(screen: Screen) -> None:
    spot = screen.in_map("""
        var g = map.psLayers.find(l => l.psTitle === 'Thôn theo tình trạng'), size = map.getSize(), out = null;
        g.eachLayer(function (l) {
          var p = map.latLngToContainerPoint(l.getLatLng());
          var free = p.x > 70 && p.x < size.x - 300 && p.y > 70 && p.y < size.y - 80;
          if (!out && free) { out = [p.x - size.x / 2, p.y - size.y / 2]; }
        });
        return out;
    """)
    frame = screen.frame()
    screen.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", frame)
    ActionChains(screen.driver).move_to_element_with_offset(frame, *map(round, spot)).pause(0.4).click().perform()
    until(lambda: "Trạm gần thứ 1" in screen.text(), NEXT_S, "the village's card")


def test_every_page_opens_without_a_fault(screen: Screen, server: Server) -> None:
    for title, wanted in PAGES:
        screen.open_page(title, wanted)
        assert not screen.driver.find_elements(
            "css selector", "[data-testid='stException'], [data-testid='stAlertContentError']"
        )
        if title == "Phương án":
            until(screen.map_ready, NEXT_S, "the plan's map")
            assert colour_share(screen.pixels(), palette.PROPOSED) > 0.0005
    log = server.log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in log, log


def test_the_english_switch(screen: Screen) -> None:
    buttons = screen.driver.find_elements("css selector", "[data-testid='stSidebar'] button")
    next(b for b in buttons if b.text.strip() == "English").click()
    until(lambda: "Coverage gaps" in screen.text(), NEXT_S, "English words")
    screen.open_page("Coverage gaps", "Villages without signal")
    until(screen.map_ready, NEXT_S, "the map in English")
    assert "Villages by status" in screen.in_map("return document.querySelector('.leaflet-control-layers').innerText")


def test_nobody_else_was_asked_for_anything(screen: Screen, server: Server) -> None:
    """Over the whole visit: every request went to this server; and no script failed."""
    asked = set()
    for entry in screen.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
        elif message["method"] == "Network.webSocketCreated":
            asked.add(message["params"]["url"])
    assert len(asked) > 20
    own = (f"{server.address}/", f"ws://localhost:{server.port}/", "data:", "blob:", "about:")
    assert [url for url in sorted(asked) if not url.startswith(own)] == []
    faults = [
        e["message"]
        for e in screen.driver.get_log("browser")
        if e["level"] == "SEVERE" and "/_stcore/" not in e["message"]
    ]
    assert faults == []


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_the_server_listens_on_this_machine_only(server: Server) -> None:
    assert answers(server)
    local = {"0100007F", "00000000000000000000000001000000"}  # 127.0.0.1 and ::1 as the kernel writes them
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            place, state = line.split()[1], line.split()[3]
            host, port = place.split(":")
            if state == "0A" and int(port, 16) == server.port:  # 0A = listening
                found.add(host)
    assert found
    assert found <= local


def test_the_map_of_the_hand_in_opens_with_the_cable_out(driver: webdriver.Chrome, tmp_path: Path) -> None:
    path = tmp_path / "ban_do.html"
    path.write_text(standalone_map(*case_with_areas()), encoding="utf-8")
    driver.get_log("performance")
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    try:
        driver.get(path.as_uri())
        ready = """
            var m = Object.values(window).find(v => v instanceof L.Map);
            return m && m.psReady && m.psLayers.every(l => !m.hasLayer(l) || l.psState() === 'ready');
        """
        until(lambda: driver.execute_script(ready), NEXT_S, "the page's map")
        picture = np.asarray(Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB"))
        assert colour_share(picture, palette.STATUS["trang"]) > 0.0002
        assert colour_share(picture, palette.PROPOSED) > 0.0002
        asked = [json.loads(e["message"])["message"] for e in driver.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"]
        assert [u for u in urls if not u.startswith(("file:", "data:", "blob:", "about:"))] == []
        assert [e["message"] for e in driver.get_log("browser") if e["level"] == "SEVERE"] == []
    finally:
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )
