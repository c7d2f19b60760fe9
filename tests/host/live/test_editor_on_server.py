"""The trajectory editor's half of the server: the route that reads imports, and the node run from a prompt."""

from __future__ import annotations

import base64
import http.client
import io
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile
from typing import Any

import numpy as np
import pytest

from tora_core.trajectory import FORMATS, Track, Trajectory, VisibilityKey, read_text

pytestmark = pytest.mark.host

PATH = "/tora/trajectory/read"
DRAWN = Trajectory(
    width=320,
    height=240,
    frames=9,
    tracks=(
        Track([(20, 30), (100, 60), (200, 40)], name="first", color="#d55e00"),
        Track([(30, 200), (250, 120)], curve="polyline", visibility=(VisibilityKey(0.5, False),)),
    ),
)
EMPTY = Trajectory(width=320, height=240, frames=9)
SIZE = {"width": "320", "height": "240", "frames": "9"}
SPLINE = b'[[{"x": 10, "y": 20}, {"x": 30.5, "y": 25}]]'


def ask(live: Any, body: bytes, kind: str = "text/plain", path: str = PATH, **query: str) -> tuple[int, Any]:
    """The status and the JSON that come back for a body."""
    request = urllib.request.Request(
        f"{live.url}{path}?{urllib.parse.urlencode(query)}", body, {"Content-Type": kind}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def form(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    """A multipart body with these files, as a browser's FormData makes it, and its content type."""
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
        + b"Content-Type: application/octet-stream\r\n\r\n"
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def as_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


# --- The route --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [known.name for known in FORMATS if known.writes])
def test_every_format_is_read_as_the_library_reads_it(live, name):
    (known,) = (known for known in FORMATS if known.name == name)
    files = [as_bytes(part) for part in known.write(DRAWN)]
    # Of a single file the body is the file itself; several come as a form.
    if len(files) == 1:
        status, answer = ask(live, files[0], format=name, **SIZE)
    else:
        body, kind = form(*((f"{i}.dat", content) for i, content in enumerate(files)))
        status, answer = ask(live, body, kind, format=name, **SIZE)
    assert status == 200, answer
    expected, info = read_text(
        files[0] if len(files) == 1 else files, width=320, height=240, frames=9, format=name,
        names=[] if len(files) == 1 else [str(i) for i in range(len(files))],
    )  # fmt: skip
    assert Trajectory.from_json(json.dumps(answer["trajectory"])) == expected
    assert (answer["format"], answer["notes"]) == (name, list(info.notes))
    assert len(expected.tracks) == 2


def test_the_format_is_found_by_looking_and_the_reason_told(live):
    status, answer = ask(live, SPLINE, width="64", height="32", frames="2")
    assert status == 200
    assert answer["format"] == "spline-editor" and "{x, y}" in answer["reason"] and "SplineEditor" in answer["title"]
    assert [[point["x"], point["y"]] for point in answer["trajectory"]["tracks"][0]["points"]] == [[10, 20], [30.5, 25]]
    assert ask(live, SPLINE, width="64", height="32", frames="2", format="auto") == (status, answer)


def test_a_document_with_a_size_of_its_own_needs_none_and_is_scaled_to_one(live):
    body = DRAWN.to_json().encode()
    _, answer = ask(live, body)
    assert Trajectory.from_json(json.dumps(answer["trajectory"])) == DRAWN and answer["notes"] == []
    _, answer = ask(live, body, width="640", height="", frames="17")
    assert (answer["trajectory"]["width"], answer["trajectory"]["height"]) == (640, 240)
    assert answer["trajectory"]["tracks"][0]["points"][0] == {"x": 40, "y": 30}
    assert len(answer["notes"]) == 2


def test_the_page_reaches_it_below_api_as_well(live):
    assert ask(live, DRAWN.to_json().encode(), path=f"/api{PATH}")[0] == 200


def test_files_of_a_form_are_tracks_named_as_the_files(live):
    body, kind = form(("a cat.txt", b"10, 20\n30, 25\n31, 26\n"), ("x/dog.txt", b"1, 2\n3, 4\n5, 6\n"))
    status, answer = ask(live, body, kind, width="64", height="32")
    assert status == 200, answer
    assert [track["name"] for track in answer["trajectory"]["tracks"]] == ["a cat", "dog"]


def test_positions_and_visibility_of_wan_move_come_in_any_order(live):
    def npy(array: np.ndarray) -> bytes:
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue()

    seen = np.array([[True, False], [True, True], [False, True]])
    files = [
        ("x_visibility.npy", npy(seen)),
        ("x_tracks.npy", npy(np.arange(12, dtype=np.float32).reshape(3, 2, 2) * 5)),
    ]
    answers = []
    for order in (files, files[::-1]):
        body, kind = form(*order)
        answers.append(ask(live, body, kind, width="64", height="64")[1]["trajectory"])
    sampled = [Trajectory.from_json(json.dumps(answer)).sample().visible.T.tolist() for answer in answers]
    assert sampled == [seen.tolist()] * 2


def test_where_several_formats_fit_they_are_named_to_choose_from(live):
    body = b"[[[288, 160], [576, 320]]]"
    status, answer = ask(live, body, width="720", height="480")
    assert status == 400 and "fits 2 formats" in answer["error"]
    assert answer["formats"] == [
        {"name": known.name, "title": known.title} for known in FORMATS if known.name in ("point-lists", "dragnuwa")
    ]
    status, answer = ask(live, body, width="720", height="480", format="dragnuwa")
    (first, *_) = answer["trajectory"]["tracks"][0]["points"]
    assert status == 200 and (first["x"], first["y"]) == (360, 240)


WRITE = "/tora/trajectory/write"


@pytest.mark.parametrize("name", [known.name for known in FORMATS if known.writes])
def test_every_format_is_written_as_the_library_writes_it(live, name):
    (known,) = (known for known in FORMATS if known.name == name)
    status, answer = ask(live, DRAWN.to_json().encode(), path=WRITE, format=name, name="my clip")
    assert status == 200 and answer["notes"] == list(known.losses(DRAWN))
    content = base64.b64decode(answer["base64"])
    parts = [as_bytes(part) for part in known.write(DRAWN)]
    if len(parts) == 1:
        assert content == parts[0]
    else:
        assert answer["name"] == "my clip.zip"
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert [archive.read(inner) for inner in archive.namelist()] == parts
            names = archive.namelist()
        assert names == {"wan-move": ["my clip.npy", "my clip_visibility.npy"]}.get(name, ["1.txt", "2.txt"])
    stem, _, ending = answer["name"].rpartition(".")
    assert (stem, ending in ("json", "txt", "csv", "svg", "npz", "npy", "zip")) == ("my clip", True)


def test_the_same_drawing_is_the_same_file_and_its_ending_tells_what_it_is(live):
    document = DRAWN.to_json().encode()
    wanted = {
        **{"tora-json": "json", "spline-editor": "json", "svg": "svg", "csv": "csv", "tracks": "npz"},
        **{"wan2gp": "npy", "tora-txt": "zip", "tora-text-box": "txt"},
    }
    answers = {name: ask(live, document, path=WRITE, format=name) for name in wanted}
    assert {name: answer["name"].rpartition(".")[2] for name, (_, answer) in answers.items()} == wanted
    assert ask(live, document, path=WRITE, format="tora-txt") == answers["tora-txt"]


@pytest.mark.parametrize(
    ("document", "query", "message"),
    [
        (b"", {"format": "svg"}, "not valid JSON"),
        (SPLINE, {"format": "svg"}, "expected an object"),
        (EMPTY.to_json().encode(), {"format": "tora-txt"}, "there are no tracks, and tora-txt can't hold"),
        (EMPTY.to_json().encode(), {"format": "motionctrl"}, "there are no tracks"),
        (DRAWN.to_json().encode(), {"format": "dense-flow"}, "dense-flow is only recognized"),
        (DRAWN.to_json().encode(), {"format": "no-such"}, "format is 'no-such', expected one of"),
    ],
)
def test_what_can_not_be_written_is_refused_in_words(live, document, query, message):
    status, answer = ask(live, document, path=WRITE, **query)
    assert (status, list(answer)) == (400, ["error"]) and message in answer["error"]


@pytest.mark.parametrize("name", ["../../evil", "a/b\\c:d*", "", "x" * 500, "..", "\u6c34\n"])
def test_a_saved_file_has_a_harmless_name(live, name):
    _, answer = ask(live, DRAWN.to_json().encode(), path=WRITE, format="tora-json", name=name)
    stem = answer["name"].removesuffix(".json")
    assert 0 < len(stem) <= 80 and not set(stem) & set("/\\:*?.\n")


def test_the_formats_are_listed_as_the_library_has_them(live):
    listed = live.get("/tora/trajectory/formats")["formats"]
    assert [(one["name"], one["title"], one["reads"], one["writes"]) for one in listed] == [
        (known.name, known.title, known.reads, known.writes) for known in FORMATS
    ]


NO_FILE = form()
TEXT_FIELD = (
    b'--m\r\nContent-Disposition: form-data; name="text"\r\n\r\n[]\r\n--m--\r\n',
    "multipart/form-data; boundary=m",
)
REFUSED: dict[str, tuple[bytes, str, dict[str, str], str]] = {
    "nothing": (b"", "text/plain", {}, "no known trajectory format"),
    "no trajectory": (b"hello", "text/plain", {}, "no known trajectory format: got text that begins 'hello'"),
    "a path": (b"/etc/passwd", "text/plain", {}, "no known trajectory format: got text that begins '/etc/passwd'"),
    "broken JSON": (b'{"version": 1, "tracks": [', "application/json", {}, "not valid JSON"),
    "deep JSON": (b"[" * 100_000, "application/json", {}, "nested"),
    "no UTF-8": (b"\xff\xfe\x00abc", "text/plain", {}, "is not UTF-8 text"),
    "a pickle": (b"\x80\x04\x95rest", "application/octet-stream", {}, "pickle"),
    "half a file": (b"PK\x03\x04 and nothing", "application/octet-stream", {}, "the file is damaged"),
    "no size": (SPLINE, "text/plain", {}, "pass width and height"),
    "a size in words": (SPLINE, "text/plain", {"width": "wide"}, "width is 'wide', expected a whole number"),
    "no size at all": (SPLINE, "text/plain", {"width": "0"}, "width is 0, expected a whole number from 1"),
    "a size below": (SPLINE, "text/plain", {"height": "-5"}, "height is '-5', expected a whole number"),
    "a large size": (SPLINE, "text/plain", {"frames": "9" * 5000}, "expected a whole number"),
    "an unknown format": (SPLINE, "text/plain", {"format": "no-such"}, "format is 'no-such', expected one of"),
    "a form without a file": (*NO_FILE, {}, "there is no file in the upload"),
    "a form with a field alone": (*TEXT_FIELD, {}, "there is no file in the upload"),
    "a form without a mark": (b"x", "multipart/form-data", {}, "the upload is broken"),
    "a form that is none": (b"x" * 100, "multipart/form-data; boundary=m", {}, "the upload"),
    "too many files": (*form(*[("a.txt", b"")] * 1001), {}, "there are more than 1000 files"),
    "too large a text": (b" " * (16 * 1024 * 1024 + 1), "text/plain", {}, "the upload is larger than 16,777,216 bytes"),
    "large texts together": (
        *form(("1.txt", b" " * 9 * 1024 * 1024), ("2.txt", b" " * 9 * 1024 * 1024)),
        {},
        "the upload is larger than 16,777,216 bytes",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_trajectory_is_refused_in_words(live, kind):
    body, content_type, query, message = REFUSED[kind]
    status, answer = ask(live, body, content_type, **query)
    assert (status, list(answer)) == (400, ["error"]) and message in answer["error"]
    assert len(answer["error"]) < 600


def test_an_upload_that_says_how_large_it_is_gets_its_answer_before_it_is_sent(live):
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    try:
        connection.putrequest("POST", PATH)
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 400 and b"larger than" in answer.read()
    finally:
        connection.close()


def test_requests_from_other_sites_are_turned_away_by_the_host(live):
    request = urllib.request.Request(live.url + PATH, SPLINE, {"Sec-Fetch-Site": "cross-site"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 403


def test_reading_writes_nothing(live):
    def files() -> set[str]:
        folders = ("input", "output", "temp", "user", "models")
        return {str(path) for folder in folders for path in (live.base / folder).rglob("*")}

    before = files()
    body, kind = form(("../../output/evil.txt", SPLINE))
    assert ask(live, body, kind, width="64", height="32")[0] == 200
    assert files() == before


# --- The node from a prompt -------------------------------------------------------------------------------------------

STATE = {
    "version": 1,
    "trajectory": {
        **{"format": "tora-trajectory", "version": 1, "width": 64, "height": 32, "frames": 9, "fps": 8},
        "tracks": [{"points": [{"x": 8, "y": 16}, {"x": 40, "y": 16}], "curve": "polyline"}],
    },
    "editor": {"hidden": [0], "view": {"scale": 1, "x": 0, "y": 0}},
}


def prompt(drawing: Any = STATE, **inputs: Any) -> dict[str, Any]:
    """The editor with a gray picture behind it, and a node that shows its coordinates."""
    size = {"width": 64, "height": 32, "frames": 9, "fps": 8}
    return {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 80, "height": 40, "batch_size": 1, "color": 0x808080}},
        "2": {
            "class_type": "ToraTrajectoryEditor",
            "inputs": {"drawing": drawing, "background": ["1", 0], **size, **inputs},
        },
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 2]}},
    }


def test_a_queued_drawing_arrives_and_its_background_comes_back_by_reference(live):
    from PIL import Image

    run = live.run(prompt())
    assert run.end == "success"
    (text,) = run.outputs["3"]["text"]
    assert json.loads(text) == [[{"x": 8 + 4 * frame, "y": 16} for frame in range(9)]]
    told = run.outputs["2"]
    assert (told["tora_notes"], told["tora_wired"]) == ([], [])
    (reference,) = told["tora_background"]
    query = urllib.parse.urlencode({name: reference[name] for name in ("filename", "subfolder", "type")})
    with Image.open(io.BytesIO(live.fetch(f"/view?{query}"))) as picture:
        assert picture.size == (80, 40)
    (sent,) = [data["output"] for data in run.of("executed") if data["node"] == "2"]
    assert sent["tora_background"][0]["filename"] == reference["filename"]


def test_after_a_run_from_the_cache_the_browser_gets_it_again(live):
    first = live.run(prompt())
    again = live.run(prompt())
    assert "2" in again.cached and not again.executed
    assert again.outputs["2"] == first.outputs["2"]


def test_a_drawing_for_another_length_is_stretched_and_that_is_said(live):
    run = live.run(prompt(frames=17))
    assert run.outputs["2"]["tora_notes"] == ["The drawing is stretched from 9 frames to 17."]


@pytest.mark.parametrize(
    ("drawing", "inputs", "message"),
    [
        ({**STATE, "version": 9}, {}, "version is 9, expected at most 1"),
        ({"__value__": [1, 2]}, {}, "it is a list of 2, expected an object"),  # how the page wraps a list
        ("not a drawing", {}, "not valid JSON"),
        (STATE, {"frames": 50}, "frame count is 50, expected 8k+1"),
        (STATE, {"fps": 61}, "Value 61.0 bigger than max of 60.0"),
    ],
)
def test_what_cannot_be_run_is_refused_when_it_is_queued(live, drawing, inputs, message):
    with pytest.raises(Exception) as refused:  # of the class in the session's own copy of server.py
        live.run(prompt(drawing, **inputs))
    assert type(refused.value).__name__ == "PromptRefusedError"
    errors = refused.value.answer["node_errors"]["2"]["errors"]
    assert errors and all(message in told["message"] + told["details"] for told in errors)
