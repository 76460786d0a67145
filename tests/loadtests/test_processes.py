"""What processes use is read from the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from loadtests.processes import Cores, cpu_seconds, parents, resident_kib, tree


def fake_proc(folder: Path, stats: dict[int, str]) -> Path:
    for pid, stat in stats.items():
        (folder / str(pid)).mkdir()
        (folder / str(pid) / "stat").write_text(stat)
    (folder / "meminfo").write_text("")
    return folder


def test_a_name_with_brackets_and_spaces_does_not_hide_the_parent(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, {7: "7 (a (b) c) S 3 7 7 0", 8: "8 (node) R 7 7 7 0"})
    assert parents(proc) == {7: 3, 8: 7}


def test_a_process_that_ends_while_it_is_read_is_left_out(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, {7: "7 (node) S 3 7 7 0"})
    (proc / "9").mkdir()
    assert parents(proc) == {7: 3}


def test_a_tree_is_a_process_and_all_its_descendants_and_nobody_else() -> None:
    assert tree(10, {10: 1, 11: 10, 12: 11, 20: 1, 21: 20}) == {10, 11, 12}


def test_our_own_children_are_in_our_tree() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert {os.getpid(), child.pid} <= tree(os.getpid())
    finally:
        child.communicate()


def test_cpu_is_what_the_process_itself_would_say() -> None:
    before = cpu_seconds([os.getpid()]), time.process_time()
    while time.process_time() - before[1] < 0.05:
        pass
    used = cpu_seconds([os.getpid()]) - before[0]
    assert 0.05 <= used < 1.0


def test_a_process_that_is_gone_has_used_nothing_and_holds_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert cpu_seconds([child.pid]) == 0.0
    assert resident_kib([child.pid]) == 0


def test_resident_memory_is_added_up(tmp_path: Path) -> None:
    for pid, text in ((1, "Name:\ta\nVmRSS:\t    100 kB\n"), (2, "Name:\tb\nVmRSS:\t 20 kB\nVmSwap:\t 5 kB\n")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_text(text)
    assert resident_kib([1, 2, 3], tmp_path) == 120


def test_what_is_started_meanwhile_is_on_the_servers_core() -> None:
    allowed, cores = os.sched_getaffinity(0), Cores()
    code = "import os; print(os.sched_getaffinity(0))"
    try:
        with cores.of_server():
            told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert told.strip() == str({cores.server})
        assert os.sched_getaffinity(0) == {cores.generator}
    finally:
        os.sched_setaffinity(0, allowed)
