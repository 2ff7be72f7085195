from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.customers.decoding import decode, guess_encoding
from personalization.errors import InputError


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param("Jürgen Groß aus Köln zahlt 5 €", "cp1252", id="German"),
        pytest.param("Émile Zoé, façade de Noël", "cp1252", id="French"),
        pytest.param("São João da Conceição", "cp1252", id="Portuguese"),
        pytest.param("£2.55", "cp1252", id="one pound sign"),
        pytest.param("Łukasz Żak z Wrocławia i Gdańska", "cp1250", id="Polish, Windows"),
        pytest.param("Łukasz Żak ze Śląska i Gdańska", "iso8859_2", id="Polish, ISO"),
        pytest.param("Иван Петров, Москва", "cp1251", id="Russian, Windows"),
        pytest.param("Иван Петров, Москва", "koi8_r", id="Russian, KOI8"),
        pytest.param("Γιώργος Παπαδόπουλος, Αθήνα", "cp1253", id="Greek"),
        pytest.param("Şükrü Ağaoğlu, İstanbul", "cp1254", id="Turkish"),
        pytest.param("Jürgen Müller aus Köln", "cp850", id="German, DOS"),
        pytest.param("Jürgen Müller, François", "mac_roman", id="old Mac"),
        pytest.param("山田太郎 東京都", "cp932", id="Japanese"),
        pytest.param("李小龙 上海市", "gb18030", id="Chinese"),
        pytest.param("김철수 서울시", "euc_kr", id="Korean"),
    ],
)
def test_an_encoding_is_told_by_its_letters(text: str, encoding: str) -> None:
    assert guess_encoding(text.encode(encoding)) == encoding
    assert decode(text.encode(encoding)).data.decode() == text + "\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(b"\xef\xbb\xbfid\n", "utf-8-sig", id="UTF-8 with a mark"),
        pytest.param("\ufeffid\n".encode("utf-16-le"), "utf-16-le", id="UTF-16 of Excel"),
        pytest.param("\ufeffid\n".encode("utf-16-be"), "utf-16-be", id="UTF-16, big end first"),
        pytest.param("id,name\n".encode("utf-16-le"), "utf-16-le", id="UTF-16 without a mark"),
        pytest.param("Zoë\n".encode(), "utf-8", id="UTF-8 without a mark"),
        pytest.param(b"plain\n", "utf-8", id="ASCII"),
    ],
)
def test_marks_and_strict_utf8_come_before_any_guess(data: bytes, encoding: str) -> None:
    decoded = decode(data)

    assert (decoded.encoding, decoded.is_certain) == (encoding, True)
    assert not decoded.data.startswith(b"\xef\xbb\xbf")


def test_a_guess_is_said_to_be_one() -> None:
    assert not decode("Jürgen".encode("cp1252")).is_certain


def test_a_file_that_two_programs_wrote_keeps_the_letters_of_both() -> None:
    data = "Zoë\nJosé\n".encode() + "Jürgen\n".encode("cp1252")

    assert decode(data).data.decode() == "Zoë\nJosé\nJürgen\n"


def test_bytes_that_an_encoding_does_not_have_are_never_replaced() -> None:
    decoded = decode(b"caf\xe9 \x81\x8d end\n")

    assert "\ufffd" not in decoded.data.decode()


def test_the_user_may_say_what_the_encoding_is() -> None:
    data = "Kovács Győző".encode("cp1250")

    assert decode(data, "cp1250").data.decode() == "Kovács Győző\n"


@pytest.mark.parametrize("encoding", ["ascii", "no-such-encoding"])
def test_what_cannot_be_read_as_the_user_says_is_an_error(encoding: str) -> None:
    with pytest.raises(InputError, match=f"cannot be read as {encoding}"):
        decode("Zoë".encode(), encoding)


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        pytest.param("a\r\nb\rc\n", "a\nb\nc\n", id="line ends of three systems"),
        pytest.param("no end", "no end\n", id="last line without an end"),
        pytest.param("a\u00a0b", "a b\n", id="no-break space"),
        pytest.param("a\u200bb\ufeffc\u00ad", "abc\n", id="marks that nobody sees"),
        pytest.param("Zoe\u0308", "Zoë\n", id="a letter in two parts"),
    ],
)
def test_text_is_tidied(text: str, tidy: str) -> None:
    assert decode(text.encode()).data.decode() == tidy


@given(st.binary())
def test_any_bytes_become_text(data: bytes) -> None:
    """Whatever comes, it is text or an error in words, never a crash."""
    try:
        decode(data).data.decode()
    except InputError as error:
        assert "Save it as UTF-8" in str(error)  # noqa: PT017 - not every file is an error
