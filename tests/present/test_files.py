"""Output files are written whole or not at all."""

import os

import pytest

from pertoken.present.files import write_whole


def test_a_file_is_written_and_written_over(tmp_path):
    place = tmp_path / "out.csv"
    write_whole(place, b"one")
    write_whole(str(place), b"two")
    assert place.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    place = tmp_path / "out.csv"
    place.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(place, b"new")
    assert place.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_directory_that_is_not_there_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no" / "out.csv", b"")


def test_a_link_is_followed(tmp_path):
    place, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(place)
    write_whole(link, b"x")
    assert link.is_symlink()
    assert place.read_bytes() == b"x"
