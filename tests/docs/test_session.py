"""Pages are run as they stand, and what is wrong with one is said with file and line."""

from pathlib import Path

import pytest

from docs.session import PageWrong, matches, run


def page(folder: Path, text: str) -> Path:
    file = folder / "page.md"
    file.write_text(text)
    return file


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", ""),
        ("one", "one\n"),
        ("0x... block ...", "0xab12 block 7\n"),
        ("one\n...\nfour", "one\ntwo\nthree\nfour\n"),
        ("one\n...", "one\n"),
        ("...", ""),
        ("padded", "padded   \n"),
    ],
)
def test_an_output_matches_what_the_page_shows(expected: str, printed: str) -> None:
    assert matches(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", "one\n"),
        ("one", ""),
        ("one", "one\ntwo\n"),
        ("one ... three", "one\nthree\n"),
        ("a.c", "abc\n"),
        ("one\n...\nfour", "one\ntwo\n"),
    ],
)
def test_an_output_that_differs_does_not_match(expected: str, printed: str) -> None:
    assert not matches(expected, printed)


def test_blocks_share_one_shell_and_run_in_order(tmp_path: Path, checkout: Path) -> None:
    text = "```sh\nexport A=1\nfor I in 1 2; do\n  echo $I\ndone\n```\n\n"
    text += "```console\n$ echo \\\n  $A\n1\n```\n"

    assert run(page(tmp_path, text), checkout).count("\n1\n") == 2


def test_a_here_document_is_one_command(tmp_path: Path, checkout: Path) -> None:
    text = "```sh\ncat > a.txt <<'EOF'\none\nEOF\n```\n```console\n$ cat a.txt\none\n```\n"

    run(page(tmp_path, text), checkout)


def test_programs_are_run_or_saved_under_their_name(tmp_path: Path, checkout: Path) -> None:
    text = "```python\n# one.py\nprint(\"it's 1\")\n```\n```console\n$ python one.py\nit's 1\n```\n"
    text += "```python\nprint(6 * 7)\n```\n"

    assert "42" in run(page(tmp_path, text), checkout)


def test_servers_get_ports_of_their_own_and_are_waited_for(tmp_path: Path, checkout: Path) -> None:
    text = (
        "```sh\nweb() { python3 -m http.server --bind 127.0.0.1 $3; }\nweb serve --port 1 &\n```\n"
    )
    text += "```sh\npython3 -c 'import urllib.request as web\n"
    text += 'print(web.urlopen("http://127.0.0.1:1/").status)\'\n```\n'

    assert "200" in run(page(tmp_path, text), checkout)


def test_what_a_server_prints_is_compared_with_the_port_of_the_page(
    tmp_path: Path, checkout: Path
) -> None:
    text = (
        "```sh\nweb() { python3 -m http.server --bind 127.0.0.1 $3; }\nweb serve --port 1 &\n```\n"
        "```console\n$ echo at 127.0.0.1:1\nat 127.0.0.1:1\n```\n"
    )

    output = run(page(tmp_path, text), checkout)

    assert "at 127.0.0.1:1\n" not in output


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Hello.\n\n```sh\ntrue\nfalse\n```\n", r"page.md:5: exit code 1"),
        ("```sh\ntrue\n\nfalse && true\ntrue\n```\n", r"page.md:4: exit code 1"),
        ("```console\n$ echo one\ntwo\n```\n", r"(?s)page.md:2: another output.*two.*one"),
        ("```console\n$ echo one\n$ echo two\n```\n", r"page.md:2: another output"),
        ("\n```python\nraise SystemExit(3)\n```\n", r"page.md:3: exit code 3"),
        ("```sh\ntrue\nexit 0\ntrue\n```\n", r"page.md:3: exit code 0"),
        ("```text\nfalse\n```\n", r"page.md: there is nothing to run"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    text: str, wrong: str, tmp_path: Path, checkout: Path
) -> None:
    with pytest.raises(PageWrong, match=wrong):
        run(page(tmp_path, text), checkout)


def test_blocks_of_another_kind_are_only_read(tmp_path: Path, checkout: Path) -> None:
    text = "```sh\nfalse\n```\n```sh session\necho done\n```\n"

    assert "done" in run(page(tmp_path, text), checkout, ["sh session"])
