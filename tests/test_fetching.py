"""Downloads from a real server that cuts, hangs and lies, or from a folder."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from weight_server import CONTENT, DIGEST, SIZE, Room, WeightServer, serving

from photomotion.errors import WeightsError
from photomotion.weights.fetching import fetch

pytestmark = pytest.mark.usefixtures("straight")


def test_a_file_is_fetched_once(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    assert room.fetch() == room.path
    assert room.path.read_bytes() == CONTENT
    assert room.files == {"big.pth", "big.pth.checked.json"}
    assert [(event.done, event.total) for event in room.events][-1] == (3, 3)
    assert not room.notices
    room.fetch()
    assert len(server.asked) == 1
    assert server.asked[0][1]["User-Agent"].startswith("photomotion/")


@pytest.mark.parametrize("sha256", [DIGEST, ""])
def test_a_connection_that_is_cut_is_taken_up_where_it_was(server: WeightServer, tmp_path: Path, sha256: str) -> None:
    server.cuts = [1_000_000, 700_000, 0]
    room = Room(tmp_path, [f"{server.url}/cut/big.pth"], sha256)
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=1000000-", "bytes=1700000-", "bytes=1700000-"]
    assert {headers.get("If-Range") for _, headers in server.asked[1:]} == {'"first"'}
    assert server.sent == SIZE
    assert room.pauses == [1, 2, 4]
    assert "1 MB of 3 MB are here, trying again in 1 s" in room.notices[0]


@hypothesis_settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 3000), max_size=4), manner=st.sampled_from(["cut", "plaincut"]))
def test_wherever_it_is_cut_the_file_is_right(
    cuts: list[int], manner: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = CONTENT[:3000]
    with serving(content) as server:
        server.cuts = list(cuts)
        url = f"{server.url}/{manner}/big.pth"
        room = Room(tmp_path_factory.mktemp("cut"), [url], hashlib.sha256(content).hexdigest(), content)
        assert room.fetch().read_bytes() == content
        assert len(room.pauses) <= 4


@hypothesis_settings(max_examples=25)
@given(left=st.one_of(st.binary(max_size=40), st.integers(0, 30).map(lambda n: CONTENT[:n])))
def test_whatever_was_left_behind_the_file_is_right(left: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = CONTENT[:30]
    with serving(content) as server:
        digest = hashlib.sha256(content).hexdigest()
        room = Room(tmp_path_factory.mktemp("left"), [f"{server.url}/whole/big.pth"], digest, content)
        room.part.parent.mkdir()
        room.part.write_bytes(left)
        assert room.fetch().read_bytes() == content
        assert room.files == {"big.pth", "big.pth.checked.json"}


def test_a_server_without_ranges_sends_all_again(server: WeightServer, tmp_path: Path) -> None:
    server.cuts = [2_000_000]
    room = Room(tmp_path, [f"{server.url}/plaincut/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=2000000-"]
    assert server.sent == 5_000_000


def test_without_digest_and_tag_nothing_is_glued_together(server: WeightServer, tmp_path: Path) -> None:
    server.cuts = [2_000_000]
    room = Room(tmp_path, [f"{server.url}/plaincut/big.pth"], "")
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", ""]


@pytest.mark.parametrize("sha256", [True, False])
def test_a_file_that_changes_in_between_comes_anew(server: WeightServer, tmp_path: Path, sha256: bool) -> None:
    new = CONTENT[::-1]
    server.cuts = [1_000_000]
    room = Room(tmp_path, [f"{server.url}/cut/big.pth"], hashlib.sha256(new).hexdigest() if sha256 else "")

    def change(seconds: float) -> None:
        server.content, server.tag = new, '"second"'

    fetch(room.catalogue, "big", sleep=change)
    assert room.path.read_bytes() == new
    assert [headers.get("If-Range") for _, headers in server.asked] == [None, '"first"']


def test_a_server_that_sends_another_piece_is_not_believed(server: WeightServer, tmp_path: Path) -> None:
    server.cuts = [1_000_000]
    room = Room(tmp_path, [f"{server.url}/liar/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=1000000-", ""]


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("wrong", "sends another file: its sha256 is"),
        ("short", "has a file of 43 bytes there, not 3000000"),
        ("endless", "sends more than the 3000000 bytes"),
        ("missing", "answers 404"),
    ],
)
def test_what_is_wrong_is_refused_and_a_mirror_asked(
    server: WeightServer, tmp_path: Path, manner: str, said: str
) -> None:
    room = Room(tmp_path, [f"{server.url}/{manner}/big.pth"])
    with pytest.raises(WeightsError, match=r"big\.pth \(big, 3 MB\) cannot be had: 127\.0\.0\.1:\d+ " + said) as caught:
        room.fetch()
    assert "\n" not in str(caught.value)
    assert room.files == set()
    assert not room.pauses
    mirrored = Room(tmp_path, [*room.entry.urls, f"{server.url}/whole/big.pth"])
    assert mirrored.fetch().read_bytes() == CONTENT


def test_a_mirror_goes_on_with_what_another_began(server: WeightServer, tmp_path: Path) -> None:
    server.cuts = [1_000_000, 0, 0, 0, 0]
    room = Room(tmp_path, [f"{server.url}/cut/big.pth", f"{server.url}/whole/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert server.asked[-1][0] == "/whole/big.pth"
    assert server.asked[-1][1]["Range"] == "bytes=1000000-"
    assert "If-Range" not in server.asked[-1][1]
    assert server.sent == SIZE


def test_what_a_wrong_mirror_began_does_not_spoil_the_next(server: WeightServer, tmp_path: Path) -> None:
    server.cuts = [1_000_000, 0, 0, 0, 0]
    room = Room(tmp_path, [f"{server.url}/wrongcut/big.pth", f"{server.url}/whole/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges[-2:] == ["bytes=1000000-", ""]


def test_patience_begins_anew_when_something_came(server: WeightServer, tmp_path: Path) -> None:
    server.cuts = [0, 0, 0, 1_100_000, 0, 0, 0]
    room = Room(tmp_path, [f"{server.url}/cut/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert room.pauses == [1, 2, 4, 1, 2, 4, 8]


def test_pieces_that_do_not_belong_together_are_thrown_away(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    room.part.parent.mkdir(parents=True)
    room.part.write_bytes(b"\0" * 2_000_000)
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["bytes=2000000-", ""]
    assert "the pieces do not belong together" in room.notices[0]


def test_a_busy_server_is_given_the_time_it_asks_for(server: WeightServer, tmp_path: Path) -> None:
    server.answers = [(503, {"Retry-After": "7"}), (429, {"Retry-After": "tomorrow"}), (500, {"Retry-After": "9999"})]
    room = Room(tmp_path, [f"{server.url}/answers/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert room.pauses == [7, 2, 60]


def test_a_server_that_hangs_is_given_up(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, [f"{server.url}/hang/big.pth"])
    with pytest.raises(WeightsError, match=r"nothing came for 0\.2 s; \S+ MB are kept, and the next fetch goes on"):
        room.fetch(timeout=0.2)
    assert 0 < room.part.stat().st_size < SIZE
    assert room.part.read_bytes() == CONTENT[: room.part.stat().st_size]


def test_a_server_that_is_not_there_is_given_up(server: WeightServer, tmp_path: Path) -> None:
    server.server_close()
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    with pytest.raises(WeightsError, match="the connection failed"):
        room.fetch()
    assert room.pauses == [1, 2, 4, 8]
    assert room.files == set()


def test_a_redirect_is_followed_with_its_range(server: WeightServer, tmp_path: Path) -> None:
    server.answers = [(302, {"Location": "/cut/big.pth"})] * 2
    server.cuts = [1_000_000]
    room = Room(tmp_path, [f"{server.url}/answers/big.pth"])
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", "", "bytes=1000000-", "bytes=1000000-"]


@pytest.mark.parametrize(
    "target", ["http://example.org/big.pth", "file:///etc/passwd", "ftp://127.0.0.1/big.pth", "//example.org/big.pth"]
)
def test_a_redirect_to_elsewhere_is_refused(server: WeightServer, tmp_path: Path, target: str) -> None:
    server.answers = [(302, {"Location": target})]
    room = Room(tmp_path, [f"{server.url}/answers/big.pth"])
    with pytest.raises(WeightsError, match=r"nothing is fetched from|to url .* is not allowed"):
        room.fetch()
    assert room.files == set()


def test_a_redirect_from_elsewhere_to_this_machine_is_refused(tmp_path: Path) -> None:
    import io
    from urllib.request import Request

    from photomotion.weights.download import _Redirects
    from photomotion.weights.part import Refused

    request = Request("https://example.org/big.pth")
    with pytest.raises(Refused, match="redirects to this machine"):
        _Redirects().redirect_request(request, io.BytesIO(), 302, "Found", {}, "http://localhost/big.pth")


@pytest.mark.parametrize("variable", ["PHOTOMOTION_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_nothing_is_asked(
    server: WeightServer, tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "1")
    room = Room(tmp_path / "weights", [f"{server.url}/whole/big.pth"])
    for source in (None, f"{server.url}/whole"):
        with pytest.raises(WeightsError, match=f"big is not here and {variable} is set; unset it, name a folder"):
            room.fetch(source=source)
    (tmp_path / "big.pth").write_bytes(CONTENT)
    assert room.fetch(source=str(tmp_path)).read_bytes() == CONTENT
    assert room.fetch() == room.path
    assert server.asked == []


@pytest.mark.parametrize("place", ["big.pth", "usb/big.pth", "usb/big/big.pth"])
def test_a_file_or_folder_will_do(tmp_path: Path, place: str) -> None:
    room = Room(tmp_path / "weights", [])
    source = tmp_path / place
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(CONTENT)
    assert room.fetch(source=str(tmp_path / place.split("/")[0])).read_bytes() == CONTENT
    assert source.is_file()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CONTENT[1:], "has a big.pth of 2999999 bytes, not 3000000"),
        (CONTENT + b"x", "sends more than"),
        (CONTENT[::-1], "its sha256 is"),
        (None, "holds no big.pth"),
    ],
)
def test_a_wrong_file_in_a_folder_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    room = Room(tmp_path / "weights", [])
    if content is not None:
        (tmp_path / "big.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=said):
        room.fetch(source=str(tmp_path))
    assert room.files == set()


def test_a_mirror_of_ones_own(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, ["https://example.org/big.pth"])
    assert room.fetch(source=f"{server.url}/whole/").read_bytes() == CONTENT
    assert server.asked[0][0] == "/whole/big.pth"
    shutil.rmtree(room.path.parent)
    server.answers = [(404, {})]
    assert room.fetch(source=f"{server.url}/answers").read_bytes() == CONTENT
    assert server.asked[-1][0] == "/answers/big/big.pth"
    shutil.rmtree(room.path.parent)
    with pytest.raises(WeightsError, match="nothing is fetched from there: http://example"):
        room.fetch(source="http://example.org")
    with pytest.raises(WeightsError, match="its manifest knows no address"):
        Room(tmp_path, []).fetch()


def test_a_damaged_file_is_replaced(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    room.path.parent.mkdir(parents=True)
    room.path.write_bytes(CONTENT[::-1])
    assert room.fetch().read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("a file")
    with pytest.raises(WeightsError, match=r"cannot write to .*set PHOTOMOTION_WEIGHTS to a folder of yours"):
        Room(tmp_path / "weights", []).fetch()
