"""The rig of the virtual machine itself: a cache that is never used in part, archives that unpack to what went in, and a status
that tells a failed test from a broken rig."""
import concurrent.futures
import io
import multiprocessing
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from vm import cache, contents, machine          # noqa: E402: found by the line above
from vm.archive import Archive                   # noqa: E402

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])


def _take_slowly(folder, into, counts):
    """In a process of its own: takes a thing whose making lasts long enough for the others to come."""
    def build(made):
        with open(counts, "ab") as f:
            f.write(b"x")
        (made / "half").write_bytes(b"1")
        time.sleep(0.3)
        (made / "whole").write_bytes(b"2")
    with mock.patch.object(cache, "FOLDER", pathlib.Path(folder)):
        cache.take("thing", "k", build, into, lambda words: None)
    return sorted(p.name for p in pathlib.Path(into).iterdir())


class Cache(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory(prefix="vm-cache-")
        self.addCleanup(self.work.cleanup)
        self.folder, self.into = pathlib.Path(self.work.name, "cache"), pathlib.Path(self.work.name, "into")
        patch = mock.patch.object(cache, "FOLDER", self.folder)
        patch.start()
        self.addCleanup(patch.stop)
        self.made = 0

    def build(self, folder):
        self.made += 1
        (folder / "a").write_bytes(b"a" * 100)
        (folder / "b").write_bytes(b"b")

    def take(self, key="k", build=None):
        cache.take("thing", key, build or self.build, self.into, lambda words: None)
        return (self.into / "a").read_bytes()

    def test_what_is_whole_is_made_once(self):
        self.assertEqual(self.take(), b"a" * 100)
        self.assertEqual(self.take(), b"a" * 100)
        self.assertEqual(self.made, 1)

    def test_what_is_broken_is_made_again(self):
        breaks = [lambda f: (f / "a").unlink(), lambda f: os.truncate(f / "a", 99), lambda f: (f / "b").write_bytes(b"c"),
                  lambda f: (f / cache.LIST).unlink(), lambda f: (f / cache.LIST).write_text("{"), lambda f: (f / "c").write_bytes(b"")]
        self.take()
        for count, broken in enumerate(breaks, 2):
            broken(self.folder / "thing-k")
            self.assertEqual(self.take(), b"a" * 100)
            self.assertEqual(self.made, count)

    def test_another_key_is_another_thing_and_the_old_one_goes(self):
        self.take()
        self.take("l")
        self.assertEqual([p.name for p in self.folder.glob("thing-*")], ["thing-l"])

    def test_what_could_not_be_made_is_not_there(self):
        def fails(folder):
            (folder / "a").write_bytes(b"half")
            raise RuntimeError("no compiler")
        with self.assertRaisesRegex(RuntimeError, "no compiler"):
            self.take(build=fails)
        self.assertEqual(list(self.folder.glob("*thing-*")), [])
        self.assertEqual(self.take(), b"a" * 100)

    def test_what_makes_nothing_has_failed(self):
        with self.assertRaises(RuntimeError):
            self.take(build=lambda folder: None)

    def test_what_an_interrupted_making_left_is_removed(self):
        (self.folder / ".thing-left").mkdir(parents=True)
        self.take()
        self.assertEqual(list(self.folder.glob(".thing-*")), [])

    def test_several_at_once_make_it_once(self):
        counts = pathlib.Path(self.work.name, "counts")
        with concurrent.futures.ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as pool:
            taken = [pool.submit(_take_slowly, self.folder, self.into / str(n), counts) for n in range(4)]
            for result in taken:
                self.assertEqual(result.result(), sorted([cache.LIST, "half", "whole"]))
        self.assertEqual(counts.read_bytes(), b"x")


class Unpacked(unittest.TestCase):
    def test_an_archive_unpacks_to_what_went_in(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            packed = io.BytesIO()
            archive = Archive(packed)
            archive.data("a/b/c.txt", b"123", 0o755)
            archive.data("/a/odd", b"12345")
            archive.data("a/odd", b"a name is written once")
            archive.link("a/link", "b/c.txt")
            archive.folder("empty")
            archive.end()
            subprocess.run([str(contents.BUSYBOX), "cpio", "-i", "-d"], input=packed.getvalue(), cwd=folder, check=True,
                           capture_output=True)
            self.assertEqual((folder / "a/b/c.txt").read_bytes(), b"123")
            self.assertEqual(stat.S_IMODE((folder / "a/b/c.txt").stat().st_mode), 0o755)
            self.assertEqual((folder / "a/odd").read_bytes(), b"12345")
            self.assertEqual(os.readlink(folder / "a/link"), "b/c.txt")
            self.assertTrue((folder / "empty").is_dir())


class Statuses(unittest.TestCase):
    """Each starts a machine for some seconds."""

    @classmethod
    def setUpClass(cls):
        why = machine.unable()
        if why:
            raise unittest.SkipTest(f"no virtual machine runs here: {why}")
        cls.image = machine.prepare(BUILD, BUILD / "vm", lambda words: print(words, file=sys.stderr))
        cls.work = tempfile.TemporaryDirectory(prefix="vm-")
        cls.addClassCleanup(cls.work.cleanup)

    def boot(self, image=None, test="test_soft", **options):
        return machine.boot(self.image[0], image or self.image[1], pathlib.Path(self.work.name), test, **options)

    def test_a_test_that_cannot_be_loaded_is_a_broken_rig(self):
        outcome = self.boot(test="no_such_test")
        self.assertEqual(outcome.status, machine.BROKEN)
        self.assertIn("no_such_test", str(outcome.results))

    def test_a_kernel_that_panics_is_a_broken_rig(self):
        empty = pathlib.Path(self.work.name, "empty.cpio")
        with open(empty, "wb") as file:
            Archive(file).end()
        outcome = self.boot(image=empty)
        self.assertEqual(outcome.status, machine.BROKEN)
        self.assertIn("panic", outcome.why())

    def test_a_guest_without_end_is_ended(self):
        self.assertEqual(self.boot(timeout_s=2).status, 124)

    def test_no_test_of_that_name_has_not_passed(self):
        outcome = self.boot(only="no_such_test")
        self.assertNotEqual(outcome.status, 0)
