"""Small pictures and sounds of every kind that is shown, made here."""

import io
import struct
import wave

from PIL import Image

FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes


def picture(kind: str = "PNG", colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2), colour).save(file, kind)
    return file.getvalue()


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return file.getvalue()


FILES = {
    "png": picture("PNG"),
    "jpg": picture("JPEG"),
    "gif": picture("GIF"),
    "webp": picture("WEBP"),
    "wav": wav(),
    "mp3": FRAME * 2,
    "ogg": b"OggS\0\2" + bytes(40),
    "m4a": struct.pack(">I", 24) + b"ftypM4A \0\0\0\0M4A mp42" + bytes(40),
}
