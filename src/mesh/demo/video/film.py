"""Frames of a page as the browser paints them, and ffmpeg, which makes a film of them and the captions.

Chromium's screencast (DevTools protocol, `Page.startScreencast`) sends a picture whenever something changed.
"""

import base64
import html
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

RATE = 12
CAPTION_PX = 88
LAST_FRAME_S = 0.5
CODECS = {
    ".mp4": ["-c:v", "libx264", "-preset", "veryfast", "-crf", "25", "-pix_fmt", "yuv420p"],
    ".webm": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "36", "-b:v", "0"],
}


@dataclass
class Cast:
    """What one page shows from `start` to `stop`: (seconds, JPEG) in order."""

    page: "Page"
    frames: list[tuple[float, bytes]] = field(default_factory=list)
    session: "CDPSession | None" = None

    def start(self) -> None:
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.on("Page.screencastFrame", self._frame)
        self.session.send("Page.startScreencast", {"format": "jpeg", "quality": 85, "everyNthFrame": 1})

    def stop(self) -> None:
        """Ends with a picture of the page as it stands, so that there is one even where nothing moved."""
        last = self.page.screenshot(type="jpeg", quality=85)
        now = self.page.evaluate("Date.now() / 1000")
        # Frames that still come are not asked for any more.
        session, self.session = self.session, None
        if session:
            session.send("Page.stopScreencast")
        self.frames.append((max(now, self.frames[-1][0] if self.frames else 0.0), last))

    def _frame(self, told: dict[str, Any]) -> None:
        self.frames.append((float(told["metadata"]["timestamp"]), base64.b64decode(told["data"])))
        if self.session:
            self.session.send("Page.screencastFrameAck", {"sessionId": told["sessionId"]})


def caption(page: "Page", text: str, chapter: str, width: int, file: Path) -> None:
    """The caption's strip as a picture, drawn by the same browser."""
    page.set_viewport_size({"width": width, "height": CAPTION_PX})
    page.set_content(
        f"<style>body{{margin:0;height:{CAPTION_PX}px;background:#0f141a;color:#fff;display:flex;"
        "flex-direction:column;justify-content:center;padding:0 28px;box-sizing:border-box;"
        "font:20px/1.3 'Open Sans',sans-serif}small{color:#9fb3c8;font-size:13px}</style>"
        f"<small>{html.escape(chapter)}</small><div>{html.escape(text)}</div>"
    )
    page.screenshot(path=str(file))


def segment(
    frames: list[tuple[float, bytes]], strip: Path, least_s: float, folder: Path, file: Path
) -> float:
    """One scene as a film: its frames for as long as they stood, the last one until the caption is read.

    Returns its length in seconds.
    """
    folder.mkdir(parents=True)
    lines, total = [], 0.0
    for number, (at, picture) in enumerate(frames):
        name = folder / f"{number:05}.jpg"
        name.write_bytes(picture)
        following = frames[number + 1][0] if number + 1 < len(frames) else at
        shown = max(0.0, following - at) if number + 1 < len(frames) else max(LAST_FRAME_S, least_s - total)
        total += shown
        lines.append(f"file '{name}'\nduration {shown:.4f}")
    # The concat demuxer takes the last duration only if the file is named once more.
    lines.append(f"file '{name}'")
    listing = folder / "frames.txt"
    listing.write_text("\n".join(lines), encoding="utf-8")
    over = f"[0:v]fps={RATE},scale=1280:720[page];[1:v]fps={RATE}[words];[page][words]vstack"
    ffmpeg([
        "-f", "concat", "-safe", "0", "-i", str(listing), "-loop", "1", "-i", str(strip),
        "-filter_complex", over, "-t", f"{total:.3f}", "-an", *CODECS[file.suffix], str(file),
    ])  # fmt: skip
    return total


def joined(segments: list[Path], film: Path) -> None:
    listing = segments[0].with_name("segments.txt")
    listing.write_text("".join(f"file '{one}'\n" for one in segments), encoding="utf-8")
    ffmpeg(["-f", "concat", "-safe", "0", "-i", str(listing), "-c", "copy", str(film)])


def ffmpeg(arguments: list[str]) -> None:
    """Raises Unavailable where it is missing or fails, with its last words."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise Unavailable("ffmpeg is not installed; it makes the film (Debian: apt install ffmpeg).")
    ended = subprocess.run(  # noqa: S603 - our own command line
        [program, "-v", "error", "-y", *arguments], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise Unavailable(f"ffmpeg failed: {(ended.stderr.strip().splitlines() or ['without a word'])[-1]}")
